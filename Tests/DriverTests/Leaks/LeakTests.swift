#if os(Linux)
    import Glibc
    import MachineState
    import TestEngines
    import Testing
    import WeftDrivers
    import WeftModel
    import WeftSandbox

    /// Whatever ends a payload, and whenever: nothing of it is left. `make leaks` runs many rounds, `make test` a sample.
    @Suite(.serialized, .enabled(if: geteuid() == 0, "control groups and mounts are looked at as root"))
    struct LeakTests {
        /// Another seed, other rounds: `WEFT_LEAKS_SEED`.
        private static let seed = getenv("WEFT_LEAKS_SEED").flatMap { UInt64(String(cString: $0)) } ?? 1

        /// Rounds on a host of their own; then the host goes, and nothing of it may be left either.
        private func inspect(
            _ name: String, emulated: Bool = false, _ make: @Sendable (DriverHost) async throws -> LeakSubject?
        ) async throws {
            // Made once for the whole process.
            let scope = MachineScope(kept: [
                .init("the runtime's own", .descriptor, most: 2) { $0.name.contains("[timerfd]") }
            ])
            let before = MachineState(scope)
            guard try await Self.rounds(name, emulated, make) else { return }
            let left = try await MachineState.leftovers(since: before, in: scope, patience: .seconds(10))
            #expect(left.isEmpty, "\(name) left when it was shut down:\n\(left.joined(separator: "\n"))")
        }

        /// A function of its own, so that nothing of the host is referred to any more when it returns.
        private static func rounds(
            _ name: String, _ emulated: Bool, count: Int = leakRounds,
            _ make: (DriverHost) async throws -> LeakSubject?
        ) async throws -> Bool {
            let host = try await DriverHost(emulated: emulated)
            guard let subject = try await make(host) else {
                print("leaks: \(name): skipped, this machine lacks what it takes")
                await host.close()
                return false
            }
            try await LeakRounds(subject, seed: seed).run(count)
            await subject.driver.shutDown()
            await host.close()
            return true
        }

        private func scope(_ host: DriverHost, engines: [MachineScope.Engine] = []) -> MachineScope {
            MachineScope(
                marks: [host.folder], folders: [host.folder], engines: engines, kept: Self.spareCells)
        }

        /// Two empty cells of each set of limits wait for the first task of the next job, eight in all.
        private static let spareCells: [MachineScope.Kept] = [
            .init("spare cells", .process, most: 9) { $0.detail.contains("weft-sandbox") },
            // One for each hierarchy.
            .init("spare cells", .controlGroup, most: 8 * 6) { $0.name.contains("/weft-") },
            .init("spare cells", .networkNamespace, most: 9) { $0.detail == "weft-sandbox" },
            // A cell has its socket, and files of its control groups that are read after each run.
            .init("spare cells", .descriptor, most: 8 * 12) {
                $0.name.hasPrefix("socket") || $0.name.contains("/sys/fs/cgroup/")
            },
        ]

        private func subject(
            _ name: String, _ host: DriverHost, _ driver: any Driver, _ payloads: [LeakSubject.Payload],
            startup: Duration, width: Int = 3
        ) -> LeakSubject {
            LeakSubject(
                name: name, driver: driver, root: host.root, payloads: payloads, startup: startup, width: width,
                scope: scope(host))
        }

        @Test func processesLeaveNothing() async throws {
            try await inspect("process") { host in
                subject(
                    "process", host, host.process, LeakPayloads.shell(reuses: true), startup: .milliseconds(5),
                    width: 4)
            }
        }

        @Test func emulatedProgramsLeaveNothing() async throws {
            try await inspect("emulated", emulated: true) { host in
                let foreign: [ProgramArchitecture] = [.arm64, .riscv64].filter {
                    $0 != ProgramArchitecture.native && host.process.emulators[$0] != nil
                }
                guard !foreign.isEmpty else { return nil }
                let payloads = try foreign.flatMap { architecture in
                    LeakPayloads.programs(
                        try CompiledPrograms.build(LeakPayloads.program, for: architecture, in: host.folder),
                        architecture: architecture.rawValue)
                }
                return subject("emulated", host, host.process, payloads, startup: .milliseconds(30))
            }
        }

        @Test func openProcessesLeaveNothing() async throws {
            try await inspect("open") { host in
                let open = ProcessDriver(
                    wall: .none(try await OpenProcesses.start(stateDirectory: host.folder + "/state")))
                // Without a wall there is no limit on the disk, nor a shared memory of its own.
                let payloads = LeakPayloads.shell(reuses: false).filter {
                    !["hoarder", "shared", "locked"].contains($0.name)
                }
                return subject("open", host, open, payloads, startup: .milliseconds(3))
            }
        }

        @Test(.enabled(if: ProgramArchitecture.native == .amd64)) func assemblyLeavesNothing() async throws {
            try await inspect("assembly") { host in
                guard let toolchain = AssemblyToolchain.find() else { return nil }
                let driver = AssemblyDriver(
                    process: host.process, toolchain: toolchain, stateDirectory: host.folder + "/assembly")
                let sources = [
                    ("end", LeakPayloads.endingSource), ("spin", LeakPayloads.endlessSource),
                    ("fork", LeakPayloads.forkingSource), ("wrong", "no such instruction\n"),
                ]
                let payloads = try sources.map { name, text in
                    let path = host.folder + "/\(name).s"
                    try writeContainerText(path, text)
                    return LeakSubject.Payload(
                        name: name, payload: .assembly(sourcePath: path, architecture: "x86_64", arguments: []),
                        ends: name == "end" || name == "wrong")
                }
                return subject("assembly", host, driver, payloads, startup: .milliseconds(60))
            }
        }

        @Test func modulesLeaveNothing() async throws {
            try await inspect("wasm") { host in
                guard WasmHost.hasWasmtime else { return nil }
                let driver = try WasmDriver(process: host.process, cacheDirectory: host.folder + "/wasm") {
                    String(shellOutput("sha256sum \($0)").prefix(64))
                }
                let modules = [
                    ("hello", TinyModule.hello), ("endless", .endless), ("flood", .flood), ("greedy", .greedy),
                    ("trap", .trap),
                ]
                var payloads: [LeakSubject.Payload] = []
                for (name, module) in modules {
                    let path = host.folder + "/\(name).wasm"
                    try writeBytes(module.bytes, to: path)
                    let ends = name != "endless" && name != "flood"
                    for mode in [WasmMode(), WasmMode(isDeterministic: true)] {
                        payloads.append(
                            .init(
                                name: name, payload: .wasm(modulePath: path, arguments: [], mode: mode), ends: ends,
                                reuse: name == "hello" ? "key" : nil))
                    }
                }
                var subject = subject("wasm", host, driver, payloads, startup: .milliseconds(10), width: 4)
                // One compiled module for each module and way to run it.
                subject.scope.kept.append(
                    .init("compiled modules", .file, most: 2 * modules.count) { $0.name.contains("/wasm/") })
                return subject
            }
        }

        @Test(.enabled(if: LeakMachine.assets != nil, "qemu, a kernel or weft-guest is missing"))
        func machinesLeaveNothing() async throws {
            try await inspect("vm") { host in
                let assets = try #require(LeakMachine.assets)
                let driver = VMDriver(
                    process: host.process, assets: .success(assets), stateDirectory: host.folder + "/vm")
                guard case .available(_, let startup, _, _, _) = await driver.probe() else { return nil }
                let payloads = LeakPayloads.shell(["sh", "-c"], reuses: false)
                return subject("vm", host, driver, payloads, startup: startup, width: 2)
            }
        }

        @Test(arguments: TestEngine.present) func containersLeaveNothing(engine: TestEngine) async throws {
            try await beforehand(engine, .process)
            try await inspect(engine.rawValue) { host in try container(engine, .process, host) }
        }

        @Test(arguments: TestEngine.present.filter { $0 == .docker && RuncDriver.isInstalled(.runsc) })
        func containersUnderGvisorLeaveNothing(engine: TestEngine) async throws {
            try await beforehand(engine, .gvisor)
            try await inspect("gvisor") { host in try container(engine, .gvisor, host) }
        }

        /// What lasts until the test process ends, and what an engine makes with its first container and keeps: the parents
        /// of all control groups to come.
        private func beforehand(_ engine: TestEngine, _ wall: ContainerDriver.Wall) async throws {
            _ = try engine.start()
            _ = try ContainerTestFolder.savedImage
            _ = try await Self.rounds("\(engine.rawValue), once", false, count: 1) { host in
                try container(engine, wall, host)
            }
        }

        private func container(
            _ engine: TestEngine, _ wall: ContainerDriver.Wall, _ host: DriverHost
        ) throws -> LeakSubject? {
            let socket = try engine.start()
            let daemon = try #require(engine.daemon)
            var options = ContainerOptions(owner: "leaks", stateDirectory: host.folder + "/state", processCount: 64)
            options.digest = ContainerHost.digest
            let driver = ContainerDriver(engine: socket, options: options, wall: wall)
            let payloads = LeakPayloads.containers(try ContainerTestFolder.savedImage)
            var subject = subject(
                wall == .gvisor ? "gvisor" : engine.rawValue, host, driver, payloads,
                startup: .milliseconds(wall == .gvisor ? 700 : 400))
            subject.scope.engines = [.init(name: engine.rawValue, command: try #require(daemon.command))]
            subject.scope.marks.append(daemon.folder)
            subject.scope.kept.append(
                .init("the archive's image, unpacked by the engine", .image, most: 2) { _ in true })
            return subject
        }

        @Test(arguments: [RuncDriver.Runtime.runc, .runsc].filter { RuncDriver.isInstalled($0) })
        func containersWithoutAnEngineLeaveNothing(runtime: RuncDriver.Runtime) async throws {
            guard ContainerTestFolder.hasBusybox else {
                return print("leaks: \(runtime.rawValue): skipped, no busybox")
            }
            _ = try ContainerTestFolder.savedImage
            try await inspect(runtime.rawValue) { host in
                // One unpacked image is kept on purpose, and there after the rounds that come first.
                var options = ContainerOptions(owner: "leaks", stateDirectory: host.folder + "/state", processCount: 64)
                options.digest = ContainerHost.digest
                let driver = RuncDriver(
                    runtime: runtime, processes: try await OpenProcesses.start(stateDirectory: host.folder + "/state"),
                    options: options, name: runtime.rawValue)
                return subject(
                    runtime.rawValue, host, driver,
                    LeakPayloads.containers(try ContainerTestFolder.savedImage),
                    startup: .milliseconds(runtime == .runsc ? 400 : 150))
            }
        }
    }

    private func writeBytes(_ bytes: [UInt8], to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        try #require(file >= 0)
        defer { close(file) }
        try #require(write(file, bytes, bytes.count) == bytes.count)
    }

    enum LeakMachine {
        static let assets = try? VMAssets.find(
            kernelFolders: [getenv("WEFT_VM_KERNEL").map { String(cString: $0) }, ".build/drivers/kernel"]
                .compactMap(\.self))
    }
#endif
