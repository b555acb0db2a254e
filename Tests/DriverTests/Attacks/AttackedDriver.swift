#if os(Linux)
    import Glibc
    import Synchronization
    import TestEngines
    import Testing
    import WeftDrivers
    import WeftModel
    import WeftSandbox

    /// Every driver that claims a wall, with each of its engines.
    enum AttackedDriver: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case process, assembly, wasm, vm, docker, podman, runc, dockerWithGvisor, gvisor

        var testDescription: String { rawValue }

        /// Those that can be tried here. The others are named, so that nobody takes silence for success.
        static let present = allCases.filter { driver in
            guard let reason = driver.missing else { return true }
            print("attack tests: \(driver.rawValue) skipped: \(reason)")
            return false
        }

        /// Those that run programs for this machine's processor. WebAssembly has attacks of its own (``WasmAttackTests``).
        static let native = present.filter { $0 != .wasm }

        /// Whether payloads have a kernel that is not the machine's.
        var hasOwnKernel: Bool { self == .vm || self == .dockerWithGvisor || self == .gvisor }

        private var missing: String? {
            if case .failure = AttackBinary.path { return "cc cannot compile a static program here" }
            switch self {
            case .process: return nil
            case .assembly:
                #if arch(x86_64)
                    return AssemblyToolchain.find() == nil ? "there is no assembler" : nil
                #else
                    return "its source is written for x86-64"
                #endif
            case .wasm: return WasmProgram.isAvailable ? nil : "clang, wasi-libc or wasmtime is missing"
            case .vm: return VMTestAssets.found == nil ? "qemu, a kernel or weft-guest is missing" : nil
            case .docker: return TestedEngine.present.contains(.docker) ? nil : "there is no Docker"
            case .podman: return TestedEngine.present.contains(.podman) ? nil : "there is no Podman"
            case .runc, .gvisor:
                let runtime: RuncDriver.Runtime = self == .runc ? .runc : .runsc
                return ContainerSuite.RuncTests.runtimes.contains(runtime) ? nil : "\(runtime.rawValue) is missing"
            case .dockerWithGvisor:
                let isThere =
                    TestedEngine.present.contains(.docker) && ContainerSuite.RuncTests.runtimes.contains(.runsc)
                return isThere ? nil : "there is no Docker with runsc"
            }
        }
    }

    /// The attack program, compiled once.
    enum AttackBinary {
        static let path: Result<String, any Error> = Result {
            let folder = try ContainerTestFolder.shared.get().makeDirectory()
            try writeContainerText("\(folder)/attack.c", AttackProgram.source)
            try containerShell("cc -O1 -w -static -o \(folder)/attack \(folder)/attack.c && strip \(folder)/attack")
            return "\(folder)/attack"
        }

        static func bytes() throws -> [UInt8] {
            let file = try ProducedFile(reading: path.get())
            return try file.read(offset: 0, length: Int(file.sizeBytes))
        }

        /// Source for the assembly driver that becomes the program: it is in it, byte for byte, and executed from memory.
        static let assembly = """
            .globl _start
            _start:
                mov $319, %eax              # memfd_create, closed when something is executed
                lea name(%rip), %rdi
                mov $1, %esi
                syscall
                mov %eax, %r12d
                lea program(%rip), %r13
                lea program_end(%rip), %r14
            1:  mov %r12d, %edi
                mov %r13, %rsi
                mov %r14, %rdx
                sub %r13, %rdx
                jz 2f
                mov $1, %eax                # write
                syscall
                test %rax, %rax
                jle 3f
                add %rax, %r13
                jmp 1b
            2:  mov $322, %eax              # execveat
                mov %r12d, %edi
                lea nothing(%rip), %rsi
                lea 8(%rsp), %rdx
                mov (%rsp), %rcx
                lea 16(%rsp,%rcx,8), %r10
                mov $0x1000, %r8d
                syscall
            3:  mov $127, %edi
                mov $60, %eax
                syscall
            .section .rodata
            name:
                .ascii "attack"
            nothing:
                .byte 0
            program:
                .incbin "attack"
            program_end:

            """
    }

    /// A driver, and what its runs need.
    final class AttackHost: Sendable {
        let kind: AttackedDriver
        let driver: any Driver
        /// A worker's data directory, as far as payloads may look for it.
        let data: String
        let root: WorkspaceRoot
        private let sequence = Mutex<UInt64>(0)

        static let resources = Resources(cpuMillis: 1000, memoryBytes: 256 << 20, diskBytes: 64 << 20)
        static let processCount: Int64 = 64

        private static let hosts = Mutex<[AttackedDriver: Task<AttackHost, any Error>]>([:])

        /// One for all tests.
        static func shared(_ kind: AttackedDriver) async throws -> AttackHost {
            let task = hosts.withLock { hosts in
                let task = hosts[kind] ?? Task { try await AttackHost(kind) }
                hosts[kind] = task
                return task
            }
            return try await task.value
        }

        private init(_ kind: AttackedDriver) async throws {
            self.kind = kind
            switch kind {
            case .process, .assembly, .vm:
                let host = try await DriverHost(emulated: false)
                let process = ProcessDriver(wall: .sandbox(host.launcher), processCount: Self.processCount)
                data = host.folder
                root = host.root
                switch kind {
                case .assembly:
                    driver = AssemblyDriver(
                        process: process, toolchain: AssemblyToolchain.find(), stateDirectory: data + "/assembly")
                case .vm:
                    driver = VMDriver(
                        process: process, assets: .success(try #require(VMTestAssets.found)),
                        stateDirectory: data + "/vm")
                default: driver = process
                }
            case .wasm:
                let host = try await WasmHost()
                driver = host.driver
                root = host.root
                data = host.directory
                DriverHost.remember(data)
                _ = try host.file(try WasmProgram.strain.get(), named: "strain.wasm")
            case .docker, .podman, .dockerWithGvisor:
                let host = try ContainerHost(
                    kind == .podman ? .podman : .docker, owner: "attacks\(kind.rawValue.utf8.count)",
                    processCount: Self.processCount, wall: kind == .dockerWithGvisor ? .gvisor : .process)
                driver = host.driver
                root = host.root
                data = host.folder
            case .runc, .gvisor:
                let host = try await ContainerSuite.RuncTests.Host(
                    kind == .runc ? .runc : .runsc, owner: "attacks", processCount: Self.processCount)
                driver = host.driver
                root = host.root
                data = host.folder
            }
            // So that only walls keep payloads out, not modes.
            try containerShell("chmod 755 \(data); printf key-of-the-worker > \(data)/identity.key")
        }

        struct Outcome: Sendable {
            var report: RunReport
            var workspace: Workspace
            var end: RunEnd { report.end }
            var failure: AttemptFailure.Kind? { report.failure?.kind }
            var output: String { DriverHost.text(report.standardOutput) }
            var errors: String { report.errorText }
        }

        func run(
            _ arguments: [String], resources: Resources = AttackHost.resources, timeout: Duration = .seconds(60),
            reuse: String? = nil
        ) async throws -> Outcome {
            let number = sequence.withLock {
                $0 += 1
                return $0
            }
            let workspace = try root.makeWorkspace(for: containerAttempt(number))
            func put(_ name: String, _ bytes: [UInt8]) throws {
                try workspace.write(bytes, to: try workspace.prepareInput(name), isExecutable: true)
            }
            let payload: RunPayload
            switch kind {
            case .process, .vm:
                try put("attack", try AttackBinary.bytes())
                payload = .process(command: ["./attack"] + arguments)
            case .assembly:
                try put("attack", try AttackBinary.bytes())
                try put("main.s", Array(AttackBinary.assembly.utf8))
                payload = .assembly(
                    sourcePath: workspace.payloadDirectory + "/main.s", architecture: "x86_64", arguments: arguments)
            case .wasm:
                payload = .wasm(modulePath: data + "/strain.wasm", arguments: arguments, mode: WasmMode())
            case .docker, .podman, .runc, .dockerWithGvisor, .gvisor:
                payload = .container(
                    image: .archive(path: try ContainerTestFolder.savedImage), command: ["attack"] + arguments)
            }
            let order = RunOrder(payload, resources: resources, timeout: timeout, reuse: reuse)
            let report = await driver.run(order, in: workspace) { _ in true }
            return Outcome(report: report, workspace: workspace)
        }
    }
#endif
