import Synchronization
import WeftModel
import WeftSandbox

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension VMDriver {
    /// Starts a machine and runs a program of one system call in it: with KVM where that works, or else without.
    package func probe() async -> DriverAvailability {
        let assets: VMAssets
        switch found {
        case .success(let value): assets = value
        case .failure(let missing): return .unavailable(reason: missing.reason, hint: missing.hint)
        }
        guard launcher != nil else {
            return .unavailable(reason: "virtual machines need the sandbox, which this worker does without", hint: "")
        }
        let below = await process.probe()
        guard case .available = below else { return below }
        var last = ""
        for accelerator in Self.candidates {
            do {
                let prepared = try await prepare(assets, accelerator)
                parts.withLock { $0 = prepared }
                let startup = try await tryOut()
                let what = accelerator == .kvm ? "kvm" : "tcg: emulated, no usable KVM"
                return .available(
                    version: "qemu with Linux \(assets.kernelRelease) (\(what))", startup: startup,
                    enforced: Limit.allCases, isolation: .vm)
            } catch {
                last = "\(error)"
            }
        }
        parts.withLock { $0 = nil }
        return .unavailable(reason: "no virtual machine could be started: \(last)", hint: "")
    }

    /// As the probe found them; where nobody has asked, found now.
    func preparedParts() async throws -> Parts {
        if let prepared = parts.withLock({ $0 }) { return prepared }
        if case .unavailable(let reason, _) = await probe() {
            throw AttemptFailure(.refused, reason)
        }
        guard let prepared = parts.withLock({ $0 }) else {
            throw AttemptFailure(.refused, "no virtual machine could be started")
        }
        return prepared
    }

    private static var candidates: [Accelerator] {
        var status = stat()
        guard stat("/dev/kvm", &status) == 0 else { return [.tcg] }
        // Payloads of a root worker run as nobody, who is in no group.
        let isUsable = geteuid() == 0 ? status.st_mode & 0o006 == 0o006 : access("/dev/kvm", R_OK | W_OK) == 0
        return isUsable ? [.kvm, .tcg] : [.tcg]
    }

    private func prepare(_ assets: VMAssets, _ accelerator: Accelerator) async throws -> Parts {
        guard mkdir(stateDirectory, 0o700) == 0 || errno == EEXIST else {
            throw SystemError("cannot create \(stateDirectory)")
        }
        var parts = Parts(
            assets: assets, accelerator: accelerator,
            modules: assets.modulePaths.map { "/weft/modules/\($0.split(separator: "/").last ?? "")" }, applets: [])
        if let busybox = assets.busyboxPath { parts.applets = try await applets(busybox) }
        parts.clockKilohertz = Self.clockKilohertz()
        // Copies: the originals may be for root's eyes only, or be updated.
        try keep(Self.kernelName) { try Self.original(assets.kernelPath).copy(to: $0, mode: 0o644) }
        try keep(Self.commonImageName) { try writeCommonImage($0, assets, parts) }
        return parts
    }

    /// Replaces one of the files that every machine starts from by what `write` puts at the path that it is given.
    private func keep(_ name: String, _ write: (String) throws -> Void) throws {
        let fresh = keptPath(name) + ".new"
        unlink(fresh)
        try write(fresh)
        guard rename(fresh, keptPath(name)) == 0 else { throw SystemError("cannot rename \(fresh)") }
    }

    /// A file of the system's, which may be reached by links.
    static func original(_ path: String) throws -> ProducedFile {
        guard let resolved = realPath(path) else { throw SystemError("cannot find \(path)") }
        return try ProducedFile(reading: resolved)
    }

    private struct ProbeFailure: Error, CustomStringConvertible { var description: String }

    /// The commands that busybox has, by its own word.
    private func applets(_ busybox: String) async throws -> [String] {
        try await withScratch { workspace in
            let order = RunOrder(
                .process(command: []), resources: Resources(cpuMillis: 1000, memoryBytes: 64 << 20, diskBytes: 1 << 20),
                timeout: .seconds(10))
            let report = await process.run(
                PreparedCommand(
                    native: ["/.weft/busybox", "--list"],
                    binds: [SandboxBind(hostPath: busybox, sandboxPath: "/.weft/busybox")]), order, in: workspace
            ) { _ in true }
            guard report.end == .exited(0), case .memory(let bytes) = report.standardOutput else {
                throw ProbeFailure(description: "busybox --list ended as \(report.end)")
            }
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
                .filter { !$0.contains("/") }
        }
    }

    private func tryOut() async throws -> Duration {
        try await withScratch { workspace in
            let path = try workspace.prepareInput("probe")
            try workspace.write(TinyProgram.bytes(.amd64), to: path, isExecutable: true)
            let order = RunOrder(
                .process(command: ["./probe"]),
                resources: Resources(cpuMillis: 1000, memoryBytes: 64 << 20, diskBytes: 1 << 20), timeout: .seconds(20))
            let clock = ContinuousClock()
            let start = clock.now
            let report = await run(order, in: workspace) { _ in true }
            let took = clock.now - start
            guard report.end == .exited(TinyProgram.status) else {
                throw ProbeFailure(description: "a trial ended as \(report.end)")
            }
            return took
        }
    }

    private func withScratch<Result: Sendable>(
        _ body: (Workspace) async throws -> Result
    ) async throws -> Result {
        let root = try WorkspaceRoot(path: stateDirectory + "/scratch")
        let workspace = try root.makeWorkspace(
            for: AttemptID(
                task: TaskID(job: JobID(0), index: 0), replica: 0, lease: LeaseID(epoch: 0, sequence: 0)))
        let result: Result
        do { result = try await body(workspace) } catch {
            try await root.remove(workspace)
            throw error
        }
        try await root.remove(workspace)
        return result
    }

    /// The time stamp counter's pace, which the guest reads as it is. Measured by the guest under emulation, it comes out
    /// wrong often enough for it to hang.
    private static func clockKilohertz() -> Int? {
        guard let file = try? ProducedFile(reading: "/proc/cpuinfo"),
            let bytes = try? file.read(offset: 0, length: 8192)
        else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("cpu MHz") {
            let value = line.split(separator: ":").last?.split(separator: " ").first.flatMap { Double($0) }
            return value.map { Int($0 * 1000) }
        }
        return nil
    }
}
