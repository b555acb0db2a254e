#if os(Linux)
    import Glibc
    import Synchronization
    import Testing
    import WeftDrivers
    import WeftModel
    import WeftSandbox

    /// A launcher, workspaces and a folder of their own, for tests that run programs.
    final class DriverHost: Sendable {
        /// What a run ended with, and what it said.
        struct Outcome: Sendable {
            var report: RunReport
            var output: String
            var errors: String
            var workspace: Workspace
            var end: RunEnd { report.end }
            var failure: AttemptFailure? { if case .failed(let failure) = report.end { failure } else { nil } }
        }

        let folder: String
        let launcher: SandboxLauncher
        let root: WorkspaceRoot
        let process: ProcessDriver
        private let sequence = Mutex<UInt64>(0)

        init(emulated: Bool = true) async throws {
            var template = Array("/tmp/weft-driver-tests-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            Self.remember(folder)
            launcher = try await SandboxLauncher.start(stateDirectory: folder + "/state")
            root = try WorkspaceRoot(path: folder + "/work", payloadUser: nil)
            let wall = ProcessDriver.Wall.sandbox(launcher)
            let emulators = emulated ? await Emulators.find(wall: wall, directory: folder + "/state") : .none
            process = ProcessDriver(wall: wall, emulators: emulators)
        }

        /// Hosts that many tests share last until the test process ends; their folders go with it.
        private static let folders = Mutex<[String]>([])

        /// The folder is removed when the tests end.
        static func remember(_ folder: String) {
            let isFirst = folders.withLock { folders in
                folders.append(folder)
                return folders.count == 1
            }
            guard isFirst else { return }
            atexit {
                for folder in DriverHost.folders.withLock({ $0 }) { _ = system("rm -rf '\(folder)'") }
            }
        }

        /// Ends the launcher and removes the folder.
        func close() async {
            await launcher.shutdown()
            _ = system("rm -rf '\(folder)'")
        }

        struct File {
            var path: String
            var bytes: [UInt8]
            var isExecutable = true

            init(_ path: String, _ bytes: [UInt8], isExecutable: Bool = true) {
                self.path = path
                self.bytes = bytes
                self.isExecutable = isExecutable
            }

            init(_ path: String, _ text: String, isExecutable: Bool = false) {
                self.init(path, Array(text.utf8), isExecutable: isExecutable)
            }
        }

        func makeWorkspace(_ files: [File] = []) throws -> Workspace {
            let number = sequence.withLock {
                $0 += 1
                return $0
            }
            let task = TaskID(job: JobID(1), index: UInt32(number))
            let workspace = try root.makeWorkspace(
                for: AttemptID(task: task, replica: 0, lease: LeaseID(epoch: 1, sequence: number)))
            for file in files {
                let path = try workspace.prepareInput(file.path)
                try workspace.write(file.bytes, to: path, isExecutable: file.isExecutable)
            }
            return workspace
        }

        func run(
            _ payload: RunPayload, on driver: (any Driver)? = nil, files: [File] = [], input: String? = nil,
            environment: [String: String] = [:], memoryBytes: Int64 = 256 << 20, diskBytes: Int64 = 64 << 20,
            cpuMillis: Int64 = 2000, timeout: Duration = .seconds(60), in workspace: Workspace? = nil
        ) async throws -> Outcome {
            let workspace = try workspace ?? makeWorkspace(files)
            if let input {
                try workspace.write(Array(input.utf8), to: workspace.standardInputPath, isExecutable: false)
            }
            let order = RunOrder(
                payload, environment: environment, standardInputPath: input == nil ? nil : workspace.standardInputPath,
                resources: Resources(cpuMillis: cpuMillis, memoryBytes: memoryBytes, diskBytes: diskBytes),
                timeout: timeout)
            let report = await (driver ?? process).run(order, in: workspace) { _ in true }
            return Outcome(
                report: report, output: Self.text(report.standardOutput),
                errors: String(decoding: report.standardError.bytes(), as: UTF8.self), workspace: workspace)
        }

        static func text(_ output: CapturedOutput) -> String {
            switch output {
            case .memory(let bytes): return String(decoding: bytes, as: UTF8.self)
            case .file(let path, let size):
                guard let file = try? ProducedFile(reading: path) else { return "" }
                return String(decoding: (try? file.read(offset: 0, length: Int(size))) ?? [], as: UTF8.self)
            }
        }

        /// A declared output's text; nil when it is not there.
        func produced(_ path: String, in workspace: Workspace) throws -> String? {
            guard case .file(let file) = try workspace.findOutput(path) else { return nil }
            return String(decoding: try file.read(offset: 0, length: Int(file.sizeBytes)), as: UTF8.self)
        }
    }
#endif
