import FoundationEssentials
import Synchronization
import Testing
import WeftDrivers
import WeftModel
import WeftSandbox

#if canImport(Glibc)
    import Glibc
#endif

/// How payloads are kept apart from the machine in a test.
enum Wall: String, CaseIterable, Sendable {
    case sandbox, none
}

/// Real programs, behind the sandbox and without it.
@Suite struct ProcessRunTests {
    final class Host: Sendable {
        let directory: TemporaryDirectory
        let root: WorkspaceRoot
        let driver: ProcessDriver
        let pieces = Mutex<[LogBytes]>([])

        init(_ wall: Wall, bounds: OutputBounds = OutputBounds()) async throws {
            directory = try TemporaryDirectory()
            root = try WorkspaceRoot(path: directory.path + "/work")
            switch wall {
            case .none:
                let processes = try await OpenProcesses.start(stateDirectory: directory.path + "/sandbox")
                driver = ProcessDriver(wall: .none(processes), bounds: bounds)
            case .sandbox:
                let launcher = try await SandboxLauncher.start(stateDirectory: directory.path + "/sandbox")
                driver = ProcessDriver(wall: .sandbox(launcher), bounds: bounds)
            }
        }

        func run(
            _ command: [String], timeout: Duration = .seconds(60), standardInputPath: String? = nil, number: UInt64 = 1
        ) async throws -> (report: RunReport, workspace: Workspace) {
            let workspace = try root.makeWorkspace(for: attempt(number))
            let order = RunOrder(
                .process(command: command), environment: ["GREETING": "hello"], standardInputPath: standardInputPath,
                resources: Resources(cpuMillis: 2000, memoryBytes: 256 << 20, diskBytes: 64 << 20), timeout: timeout)
            let report = await driver.run(order, in: workspace) { piece in
                self.pieces.withLock { $0.append(piece) }
                return true
            }
            return (report, workspace)
        }

        func logged(isStandardError: Bool) -> [UInt8] {
            pieces.withLock { pieces in
                var bytes: [UInt8] = []
                for piece in pieces where piece.isStandardError == isStandardError {
                    #expect(piece.offset == UInt64(bytes.count))
                    bytes += piece.bytes
                }
                return bytes
            }
        }

        func close() async { await driver.shutDown() }
    }

    @Test(arguments: Wall.allCases) func aProgramsOutputStatusAndUsageAreReported(wall: Wall) async throws {
        let host = try await Host(wall)
        let (report, _) = try await host.run(["sh", "-c", "echo $GREETING; echo oh >&2; exit 7"])
        #expect(report.end == .exited(7))
        #expect(report.standardOutput == .memory(Array("hello\n".utf8)))
        #expect(String(decoding: report.standardError.bytes(), as: UTF8.self) == "oh\n")
        #expect(host.logged(isStandardError: false) == Array("hello\n".utf8))
        #expect(host.logged(isStandardError: true) == Array("oh\n".utf8))
        #expect((report.usage?.wallMicroseconds ?? 0) > 0)
        await host.close()
    }

    @Test(arguments: Wall.allCases) func nothingOfTheWorkersEnvironmentIsSeen(wall: Wall) async throws {
        setenv("WEFT_TEST_SECRET", "secret", 1)
        let host = try await Host(wall)
        let (report, _) = try await host.run(["env"])
        guard case .memory(let bytes) = report.standardOutput else { return #expect(Bool(false)) }
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("secret"))
        #expect(text.contains("PATH=/usr/local/bin:/usr/bin:/bin\n") && text.contains("GREETING=hello\n"))
        await host.close()
    }

    @Test(arguments: Wall.allCases) func aSignalIsAStatusAndAMissingProgramIsNot(wall: Wall) async throws {
        let host = try await Host(wall)
        #expect(try await host.run(["sh", "-c", "kill -TERM $$"], number: 1).report.end == .exited(143))
        let (missing, _) = try await host.run(["no-such-program"], number: 2)
        guard case .failed(let failure) = missing.end else { return #expect(Bool(false), "\(missing.end)") }
        #expect(failure.kind == .notExecutable)
        await host.close()
    }

    @Test(arguments: Wall.allCases) func timeEndsThePayloadWithItsChildren(wall: Wall) async throws {
        let host = try await Host(wall)
        let seconds = Self.uniqueSeconds()
        let script = "(setsid sleep \(seconds) &); sleep \(seconds) & echo started; wait"
        let (report, _) = try await host.run(["sh", "-c", script], timeout: .milliseconds(500))
        guard case .failed(let failure) = report.end else { return #expect(Bool(false), "\(report.end)") }
        #expect(failure.kind == .timedOut)
        #expect(report.standardOutput == .memory(Array("started\n".utf8)))
        #expect(!Self.isRunning(seconds))
        await host.close()
    }

    @Test(arguments: Wall.allCases) func cancellingEndsThePayloadWithItsChildren(wall: Wall) async throws {
        let host = try await Host(wall)
        let seconds = Self.uniqueSeconds()
        let running = Task {
            try await host.run(["sh", "-c", "sleep \(seconds) & (setsid sleep \(seconds) &); echo up; wait"])
        }
        while host.pieces.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(1)) }
        running.cancel()
        #expect(try await running.value.report.end == .cancelled)
        #expect(!Self.isRunning(seconds))
        await host.close()
    }

    @Test(arguments: Wall.allCases) func aLargeOutputGoesToAFileAndATooLargeOneEndsThePayload(wall: Wall) async throws {
        let host = try await Host(
            wall, bounds: OutputBounds(standardOutputBytes: 2_000_000, standardOutputMemoryBytes: 100_000))
        let (large, _) = try await host.run(["head", "-c", "1500000", "/dev/zero"], number: 1)
        #expect(large.end == .exited(0))
        guard case .file(let path, 1_500_000) = large.standardOutput else { return #expect(Bool(false)) }
        #expect(try ProducedFile(reading: path).sizeBytes == 1_500_000)
        let (endless, _) = try await host.run(["cat", "/dev/zero"], number: 2)
        guard case .failed(let failure) = endless.end else { return #expect(Bool(false), "\(endless.end)") }
        #expect(failure.kind == .outputTooLarge)
        await host.close()
    }

    @Test(arguments: Wall.allCases) func standardInputIsTheFileThatWasPutThere(wall: Wall) async throws {
        let host = try await Host(wall)
        let path = host.directory.path + "/input"
        try Data("from a file".utf8).write(to: URL(fileURLWithPath: path))
        let (report, _) = try await host.run(["cat"], standardInputPath: path)
        #expect(report.standardOutput == .memory(Array("from a file".utf8)))
        await host.close()
    }

    @Test(arguments: Wall.allCases) func outputsAreRegularFilesAndNothingElse(wall: Wall) async throws {
        let host = try await Host(wall)
        let script = """
            mkdir -p d/e; printf good > d/e/f; ln -s /etc/passwd link; ln -s d dirlink; mkfifo pipe; mkdir dir
            """
        let (report, workspace) = try await host.run(["sh", "-c", script])
        #expect(report.end == .exited(0))
        guard case .file(let file) = try workspace.findOutput("d/e/f") else { return #expect(Bool(false)) }
        #expect(try file.read(offset: 0, length: 100) == Array("good".utf8))
        func isUnsuitable(_ path: String) throws -> Bool {
            if case .unsuitable = try workspace.findOutput(path) { true } else { false }
        }
        for path in ["link", "dirlink/e/f", "pipe", "dir"] { #expect(try isUnsuitable(path), "\(path)") }
        guard case .missing = try workspace.findOutput("d/nothing") else { return #expect(Bool(false)) }
        for path in ["../x", "/etc/passwd", "a//b", ".", ""] {
            #expect(throws: AttemptFailure.self) { try workspace.findOutput(path) }
        }
        await host.close()
    }

    @Test(arguments: Wall.allCases) func aWorkspaceIsRemovedWhateverThePayloadLeft(wall: Wall) async throws {
        let host = try await Host(wall)
        let script = """
            mkdir closed; touch closed/x; chmod 0 closed; i=0
            while [ $i -lt 150 ]; do mkdir d; cd d; touch a; i=$((i + 1)); done
            """
        let (report, workspace) = try await host.run(["sh", "-c", script])
        #expect(report.end == .exited(0))
        try await host.root.remove(workspace)
        #expect(try host.directory.names(in: "work").isEmpty)
        await host.close()
    }

    @Test func whatADeadWorkerLeftIsSweptAtTheStart() throws {
        let directory = try TemporaryDirectory()
        let root = try WorkspaceRoot(path: directory.path + "/work")
        let workspace = try root.makeWorkspace(for: attempt(1))
        try workspace.write([1], to: try workspace.prepareInput("a/b/c"), isExecutable: false)
        #expect(throws: (any Error).self) { try root.makeWorkspace(for: attempt(1)) }
        _ = try WorkspaceRoot(path: directory.path + "/work")
        #expect(try directory.names(in: "work").isEmpty)
    }

    @Test func logsThatNobodyTakesAreCountedAndNoOutputIsLost() async throws {
        let host = try await Host(.none)
        let workspace = try host.root.makeWorkspace(for: attempt(1))
        let dropped = Mutex<[UInt64]>([])
        let order = RunOrder(
            .process(command: ["sh", "-c", "echo one; sleep 0.2; echo two"]), timeout: .seconds(60))
        let report = await host.driver.run(order, in: workspace) { piece in
            dropped.withLock { dropped in
                dropped.append(piece.dropped)
                return dropped.count > 1
            }
        }
        #expect(report.standardOutput == .memory(Array("one\ntwo\n".utf8)))
        #expect(dropped.withLock { $0 } == [0, 4])
    }

    @Test func aDaemonIsGoneWhenTheRunReturnsAndOtherRunsAreNot() async throws {
        let host = try await Host(.none)
        let mine = Self.uniqueSeconds()
        let theirs = Self.uniqueSeconds()
        let neighbour = Task {
            let script = "(setsid sleep \(theirs) &); echo up; while :; do sleep 1; done"
            return try await host.run(["sh", "-c", script], number: 1)
        }
        while host.pieces.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(1)) }
        // Twice forked, in a session of its own, with nothing of its environment left.
        let script = """
            (setsid sh -c 'env -i sleep \(mine) > /dev/null 2>&1 &' &)
            while ! pgrep -f 'sleep \(mine)' > /dev/null; do sleep 0.01; done
            """
        let (report, _) = try await host.run(["sh", "-c", script], number: 2)
        #expect(report.end == .exited(0))
        #expect(!Self.isRunning(mine))
        #expect(Self.isRunning(theirs))
        neighbour.cancel()
        #expect(try await neighbour.value.report.end == .cancelled)
        #expect(!Self.isRunning(theirs))
        await host.close()
    }

    @Test func withoutAWallManySessionsAreGoneWhenTheirTimeIsUp() async throws {
        let host = try await Host(.none)
        let seconds = Self.uniqueSeconds()
        let script = """
            i=0
            while [ $i -lt 100 ]; do
                (setsid sh -c 'sleep \(seconds) & sleep \(seconds)' &)
                i=$((i + 1))
            done
            sleep \(seconds)
            """
        let (report, _) = try await host.run(["sh", "-c", script], timeout: .milliseconds(500))
        guard case .failed(let failure) = report.end else { return #expect(Bool(false), "\(report.end)") }
        #expect(failure.kind == .timedOut)
        #expect(!Self.isRunning(seconds))
        await host.close()
    }

    #if os(Linux)
        @Test(arguments: [false, true]) func whenAHelperIsKilledItsPayloadsGoToo(isCell: Bool) async throws {
            let directory = try TemporaryDirectory()
            let root = try WorkspaceRoot(path: directory.path + "/work")
            let processes = try await OpenProcesses.start(stateDirectory: directory.path + "/state")
            let driver = ProcessDriver(wall: .none(processes))
            let seconds = Self.uniqueSeconds()
            let running = Task {
                let workspace = try root.makeWorkspace(for: attempt(1))
                let command = ["sh", "-c", "(setsid sleep \(seconds) &); sleep \(seconds)"]
                return await driver.run(RunOrder(.process(command: command)), in: workspace) { _ in true }
            }
            while !Self.isRunning(seconds) { try await Task.sleep(for: .milliseconds(1)) }
            let helper = try #require(processes.processIdentifier)
            kill(isCell ? try #require(Self.child(of: helper)) : helper, SIGKILL)
            guard case .failed = try await running.value.end else { return #expect(Bool(false)) }
            if isCell { #expect(!Self.isRunning(seconds)) }
            while Self.isRunning(seconds) { try await Task.sleep(for: .milliseconds(1)) }
            // The next run gets another.
            let workspace = try root.makeWorkspace(for: attempt(2))
            let report = await driver.run(RunOrder(.process(command: ["true"])), in: workspace) { _ in true }
            #expect(report.end == .exited(0))
            await driver.shutDown()
        }

        private static func child(of process: Int32) -> Int32? {
            let text = FileManager.default.contents(atPath: "/proc/\(process)/task/\(process)/children") ?? Data()
            return String(decoding: text, as: UTF8.self).split(separator: " ").first.flatMap { Int32($0) }
        }
    #endif

    /// No other `sleep` on this machine takes so long.
    private static func uniqueSeconds() -> String { "1234.\(UInt32.random(in: 1_000_000...9_999_999))" }

    /// Whether a `sleep` of so many seconds runs anywhere on this machine.
    private static func isRunning(_ seconds: String) -> Bool {
        let processes: [String]
        do { processes = try FileManager.default.contentsOfDirectory(atPath: "/proc") } catch { return true }
        return processes.contains { process in
            guard Int(process) != nil,
                let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline")
            else { return false }
            return [UInt8](line).starts(with: Array("sleep\0\(seconds)\0".utf8))
        }
    }
}
