package import Logging
import Synchronization
import WeftComparators
import WeftCoordinator
import WeftDrivers
package import WeftModel
import WeftSandbox
package import WeftStorage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Programs of comparators in sandboxes of this machine: ffmpeg for videos, and what submitters have uploaded.
///
/// Each comparison has a directory of its own with copies of the two outputs in it, no network, and ``Bounds``. What programs
/// say on standard error is in the log of this process, at the level `debug`.
package final class SandboxedComparators: ComparatorPrograms {
    /// What one run may use.
    package struct Bounds: Sendable, Hashable {
        package var cpuMillis: Int64 = 1000
        package var memoryBytes: Int64 = 1 << 30
        /// Besides the outputs and the program.
        package var diskBytes: Int64 = 256 << 20
        package var programTime: Duration = .seconds(60)
        /// For each of ffmpeg's looks at one or two videos.
        package var videoTime: Duration = .seconds(300)
        /// A larger output is like nothing.
        package var outputBytes: Int64 = 4 << 30
        /// A larger program does not run.
        package var programBytes: Int64 = 256 << 20

        package init() {}
    }

    private let driver: ProcessDriver
    private let workspaces: WorkspaceRoot
    private let blobs: any BlobStore
    private let bounds: Bounds
    private let logger: Logger
    private let runs = Atomic<UInt64>(0)
    /// Whether ffmpeg was seen to work. It is looked for again until then: installing it takes no restart.
    private let hasFFmpeg = Atomic<Bool>(false)

    /// - Parameters:
    ///   - directory: for files of runs; it is made, and what an earlier process left in it is removed.
    ///   - launcherPath: the `weft-sandbox` executable; nil looks where ``SandboxLauncher/locate()`` does.
    /// - Throws: ``SandboxError`` or ``SystemError`` where no sandbox can be made here.
    package init(
        directory: String, blobs: any BlobStore, bounds: Bounds = Bounds(), launcherPath: String? = nil, logger: Logger
    ) async throws {
        let launcher = try await SandboxLauncher.start(executablePath: launcherPath, stateDirectory: directory)
        var output = OutputBounds()
        output.standardOutputBytes = 64 << 20
        driver = ProcessDriver(wall: .sandbox(launcher), bounds: output, processCount: 64)
        workspaces = try WorkspaceRoot(path: directory + "/runs")
        self.blobs = blobs
        self.bounds = bounds
        self.logger = logger
    }

    package func shutDown() async { await driver.shutDown() }

    package func obstacle(to comparator: OutputComparator) async -> String? {
        guard comparator.needsProgram else { return nil }
        if case .unavailable(let reason, let hint) = await driver.probe() {
            return "the coordinator's machine cannot wall a comparator's program off: \(reason)"
                + (hint.isEmpty ? "" : "; \(hint)")
        }
        guard case .video = comparator, !hasFFmpeg.load(ordering: .relaxed) else { return nil }
        let report = try? await withRun { workspace in
            await self.run(["ffmpeg", "-version"], in: workspace, for: .seconds(30))
        }
        guard case .exited(0)? = report?.end else {
            return "comparing videos takes ffmpeg, which does not run on the coordinator's machine; "
                + "its operator can install it"
        }
        hasFFmpeg.store(true, ordering: .relaxed)
        return nil
    }

    package func areAlike(
        _ first: BlobReference, _ second: BlobReference, by comparator: OutputComparator
    ) async throws -> Bool {
        guard max(first.sizeBytes, second.sizeBytes) <= bounds.outputBytes else { return false }
        // In one order, whoever answered first: a program need not be symmetric.
        let (left, right) = first.digest <= second.digest ? (first, second) : (second, first)
        let comparison: Comparison?
        do {
            comparison = try await withRun { workspace in
                try await self.place(left.digest, "left", in: workspace)
                try await self.place(right.digest, "right", in: workspace)
                switch comparator {
                case .video(let rule): return try await self.compare(rule, in: workspace)
                case .command(let rule): return try await self.compare(rule, in: workspace)
                case .sha256, .exit, .numeric, .metric, .image:
                    preconditionFailure("\(comparator.name) compares bytes")
                }
            }
        } catch let problem as FormatProblem {
            logger.debug("an output cannot be compared", metadata: ["problem": "\(problem)"])
            return false
        }
        logger.debug(
            "outputs compared",
            metadata: [
                "left": "\(left.digest)", "right": "\(right.digest)", "by": "\(comparator.name)",
                "found": "\(comparison.map { "\($0)" } ?? "nothing")",
            ])
        return comparison?.agrees ?? false
    }

    // MARK: Videos

    private static let left = "/work/left"
    private static let right = "/work/right"

    private func compare(_ rule: VideoRule, in workspace: Workspace) async throws -> Comparison? {
        let leftFrames = try await frames(of: Self.left, in: workspace)
        let rightFrames = try await frames(of: Self.right, in: workspace)
        guard leftFrames == rightFrames else {
            return rule.judge(leftFrames: leftFrames, rightFrames: rightFrames, psnr: nil)
        }
        let arguments = FFmpeg.psnrArguments(left: Self.left, right: Self.right)
        // Pictures of different sizes make it fail.
        let said = try await output(of: ["ffmpeg"] + arguments, in: workspace)
        return rule.judge(leftFrames: leftFrames, rightFrames: rightFrames, psnr: try said.map(FramePSNR.init))
    }

    private func frames(of path: String, in workspace: Workspace) async throws -> Int {
        guard let said = try await output(of: ["ffmpeg"] + FFmpeg.frameCountArguments(path: path), in: workspace) else {
            throw FormatProblem(nil, "ffmpeg cannot read the video")
        }
        return try FFmpeg.frameCount(said)
    }

    /// What a command printed; nil where it did not end with 0.
    private func output(of command: [String], in workspace: Workspace) async throws -> [UInt8]? {
        let report = await run(command, in: workspace, for: bounds.videoTime)
        guard try status(of: report) == 0 else { return nil }
        return try bytes(of: report.standardOutput)
    }

    // MARK: Submitters' programs

    private func compare(_ rule: CommandRule, in workspace: Workspace) async throws -> Comparison? {
        guard let size = try await blobs.size(of: rule.program), size <= bounds.programBytes else { return nil }
        try await place(rule.program, "comparator", isExecutable: true, in: workspace)
        let report = await run(
            ["./comparator"] + rule.arguments + [Self.left, Self.right], in: workspace, for: bounds.programTime)
        guard let status = try status(of: report) else { return nil }
        return rule.judge(exitStatus: status, output: try bytes(of: report.standardOutput))
    }

    // MARK: Runs

    /// Gives `body` a directory of its own, and removes it afterwards.
    private func withRun<Value>(_ body: (Workspace) async throws -> Value) async throws -> Value {
        let number = runs.add(1, ordering: .relaxed).newValue
        return try await workspaces.withWorkspace(named: "comparison-\(number)", body)
    }

    private func place(
        _ digest: Digest, _ name: String, isExecutable: Bool = false, in workspace: Workspace
    ) async throws {
        let path = try workspace.prepareInput(name)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, isExecutable ? 0o755 : 0o644)
        guard descriptor >= 0 else { throw SystemError("cannot create \(path)") }
        defer { close(descriptor) }
        guard let size = try await blobs.size(of: digest) else { throw BlobError.missing(digest) }
        var offset: Int64 = 0
        while offset < size {
            let piece = try await blobs.read(digest, offset: offset, length: Int(min(4 << 20, size - offset)))
            guard !piece.isEmpty else { throw BlobError.damaged(digest) }
            try piece.withUnsafeBytes { try writeAll(descriptor, $0) }
            offset += Int64(piece.count)
        }
        guard fchmod(descriptor, isExecutable ? 0o555 : 0o444) == 0 else { throw SystemError("cannot protect \(path)") }
    }

    private func run(_ command: [String], in workspace: Workspace, for time: Duration) async -> RunReport {
        let resources = Resources(
            cpuMillis: bounds.cpuMillis, memoryBytes: bounds.memoryBytes,
            // What is written there counts, and so do the copies.
            diskBytes: bounds.diskBytes + 2 * bounds.outputBytes + bounds.programBytes)
        return await driver.run(
            RunOrder(.process(command: command), resources: resources, timeout: time), in: workspace,
            log: { [logger] piece in
                guard piece.isStandardError else { return true }
                logger.debug(
                    "a comparator's program says", metadata: ["text": "\(String(decoding: piece.bytes, as: UTF8.self))"]
                )
                return true
            })
    }

    /// nil where the program was past its bounds, or is none. Throws where the machine failed.
    private func status(of report: RunReport) throws -> Int32? {
        switch report.end {
        case .exited(let status): return status
        case .failed(let failure) where failure.kind.isPayloadsOwn:
            logger.debug("a comparator's program failed", metadata: ["reason": "\(failure.message)"])
            return nil
        case .failed(let failure): throw failure
        case .cancelled: throw CancellationError()
        }
    }

    private func bytes(of output: CapturedOutput) throws -> [UInt8] {
        switch output {
        case .memory(let bytes): return bytes
        case .file(let path, let size):
            return try ProducedFile(reading: path).read(offset: 0, length: Int(size))
        }
    }
}
