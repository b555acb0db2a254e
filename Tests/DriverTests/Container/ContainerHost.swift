#if os(Linux)
    import Glibc
    import Synchronization
    import TestEngines
    import Testing
    import WeftDrivers
    import WeftModel

    /// A container driver on an engine that a test started, and workspaces for it.
    final class ContainerHost: Sendable {
        let engine: TestedEngine
        let driver: ContainerDriver
        let options: ContainerOptions
        let root: WorkspaceRoot
        /// What workspaces are in.
        let folder: String
        let pieces = Mutex<[LogBytes]>([])
        private let lease = Mutex<UInt64>(0)

        init(
            _ engine: TestedEngine, owner: String = "tests", bounds: OutputBounds = OutputBounds(),
            processCount: Int64 = 64, wall: ContainerDriver.Wall = .process, credentialsPath: String? = nil
        ) throws {
            self.engine = engine
            let shared = try ContainerTestFolder.shared.get()
            var options = ContainerOptions(
                owner: owner, stateDirectory: shared.path + "/state", processCount: processCount, bounds: bounds,
                credentialsPath: credentialsPath)
            options.digest = Self.digest
            self.options = options
            driver = ContainerDriver(engine: try engine.start(), options: options, wall: wall)
            folder = try shared.makeDirectory()
            root = try WorkspaceRoot(path: folder + "/work")
        }

        struct Outcome: Sendable {
            var report: RunReport
            var output: String
            var errors: String
            var workspace: Workspace
            var end: RunEnd { report.end }

            var failure: AttemptFailure.Kind? {
                guard case .failed(let failure) = report.end else { return nil }
                return failure.kind
            }
        }

        @Sendable static func digest(_ path: String) throws -> Digest {
            try #require(Digest(text: containerShellOutput("sha256sum \(path)").prefix(64)))
        }

        static let resources = Resources(cpuMillis: 1000, memoryBytes: 64 << 20, diskBytes: 32 << 20)

        func makeWorkspace() throws -> Workspace {
            let number = lease.withLock {
                $0 += 1
                return $0
            }
            return try root.makeWorkspace(for: containerAttempt(number))
        }

        func run(
            _ command: [String], image: ContainerImage? = nil, resources: Resources = ContainerHost.resources,
            timeout: Duration = .seconds(60), input: String? = nil, files: [String: String] = [:],
            environment: [String: String] = [:], mounts: [Mount] = []
        ) async throws -> Outcome {
            let workspace = try makeWorkspace()
            for (path, text) in files {
                try workspace.write(Array(text.utf8), to: try workspace.prepareInput(path), isExecutable: false)
            }
            for mount in mounts { try workspace.prepareDirectory(mount.path) }
            if let input { try writeContainerText(workspace.standardInputPath, input) }
            let archive = ContainerImage.archive(path: try ContainerTestFolder.savedImage)
            let order = RunOrder(
                .container(image: image ?? archive, command: command), environment: environment,
                standardInputPath: input == nil ? nil : workspace.standardInputPath, resources: resources,
                timeout: timeout, mounts: mounts)
            let report = await driver.run(order, in: workspace) { piece in
                self.pieces.withLock { $0.append(piece) }
                return true
            }
            var output: [UInt8] = []
            switch report.standardOutput {
            case .memory(let bytes): output = bytes
            case .file(let path, _): output = Array((readContainerText(path) ?? "").utf8)
            }
            return Outcome(
                report: report, output: String(decoding: output, as: UTF8.self),
                errors: String(decoding: report.standardError.bytes(), as: UTF8.self), workspace: workspace)
        }

        func script(
            _ script: String, resources: Resources = ContainerHost.resources, timeout: Duration = .seconds(60)
        ) async throws -> Outcome {
            try await run(["sh", "-c", script], resources: resources, timeout: timeout)
        }

        /// What the engine has of this worker's.
        func containers() -> String {
            guard let command = engine.daemon?.command else { return "" }
            return containerShellOutput("\(command) ps -aq --filter label=weft.worker=\(options.owner)")
        }
    }

    func containerAttempt(_ number: UInt64) -> AttemptID {
        AttemptID(
            task: TaskID(job: JobID(1), index: UInt32(number)), replica: 0, lease: LeaseID(epoch: 1, sequence: number))
    }
#endif
