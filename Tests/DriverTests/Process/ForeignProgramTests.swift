#if os(Linux)
    import Glibc
    import Testing
    import WeftDrivers
    import WeftModel
    import WeftSandbox

    /// Programs for other processors, under the emulators of this machine.
    @Suite(.serialized) struct ForeignProgramTests {
        static let hosts = Task { try await DriverHost() }

        private func host() async throws -> DriverHost { try await Self.hosts.value }

        /// Those that this machine has an emulator for; `scripts/setup-drivers.sh` installs them.
        private func foreign(_ host: DriverHost) -> [ProgramArchitecture] {
            [.arm64, .riscv64, .arm].filter { $0 != ProgramArchitecture.native && host.process.emulators[$0] != nil }
        }

        @Test func theNativeArchitectureComesFirstAndEmulatedOnesAfter() async throws {
            let host = try await host()
            let architectures = host.process.architectures
            #expect(architectures.first == ProgramArchitecture.native?.rawValue)
            #expect(Set(architectures).count == architectures.count)
            #expect(ProcessDriver(wall: .sandbox(host.launcher)).architectures.count == 1, "none unless found")
            for architecture in foreign(host) {
                #expect((host.process.emulators[architecture]?.startup ?? .zero) > .zero)
            }
        }

        @Test func aForeignProgramGetsArgumentsAndInputAndItsStatusComesBack() async throws {
            let host = try await host()
            for architecture in foreign(host) {
                let program = try CompiledPrograms.build(CompiledPrograms.talker, for: architecture, in: host.folder)
                for name in ["./talker", "/work/talker", "./x/../talker"] {
                    let outcome = try await host.run(
                        .process(command: [name, "one", "two words"], architecture: architecture.rawValue),
                        files: [.init("talker", program), .init("x/y", "")], input: "from input\n")
                    #expect(outcome.end == .exited(7), "\(architecture) \(outcome.end) \(outcome.errors)")
                    #expect(outcome.output == "one\ntwo words\nfrom input\n")
                    #expect(outcome.errors == "complaint\n")
                }
            }
        }

        @Test func aScriptIsRunByItsForeignInterpreter() async throws {
            let host = try await host()
            for architecture in foreign(host) {
                let program = try CompiledPrograms.build(
                    CompiledPrograms.interpreter, for: architecture, in: host.folder)
                let outcome = try await host.run(
                    .process(command: ["./script", "last"], architecture: architecture.rawValue),
                    files: [
                        .init("bin/run", program),
                        .init("script", "#! /work/bin/run  first and second \nrest\n", isExecutable: true),
                    ])
                #expect(outcome.end == .exited(0), "\(outcome.end) \(outcome.errors)")
                #expect(outcome.output == "first and second ./script last \n")
            }
        }

        @Test func aProgramForSomethingElseIsRefused() async throws {
            let host = try await host()
            let arm = TinyProgram.bytes(.arm64)
            let wrong = try await host.run(
                .process(command: ["./arm"], architecture: "riscv64"), files: [.init("arm", arm)])
            #expect(wrong.failure?.kind == .notExecutable)
            #expect(wrong.failure?.message.contains("built for arm64, not for riscv64") == true)
            let native = try await host.run(.process(command: ["true"], architecture: "riscv64"))
            #expect(native.failure?.kind == .notExecutable, "what is looked up in PATH is native")
            let script = try await host.run(
                .process(command: ["./script"], architecture: "riscv64"),
                files: [.init("script", "#!/bin/sh\n", isExecutable: true)])
            #expect(script.failure?.message.contains("/bin/sh") == true)
            let unknown = try await host.run(.process(command: ["true"], architecture: "z80"))
            #expect(unknown.failure?.message.contains("x86_64") == true, "the message says what there is")
            let name = try #require(ProgramArchitecture.native?.rawValue)
            #expect(try await host.run(.process(command: ["true"], architecture: name)).end == .exited(0))
        }

        @Test func withoutAnEmulatorTheNodeRefusesAndSaysWhatItRuns() async throws {
            let host = try await host()
            let driver = ProcessDriver(wall: .sandbox(host.launcher))
            let foreign = ProgramArchitecture.native == ProgramArchitecture.arm64 ? ProgramArchitecture.riscv64 : .arm64
            let outcome = try await host.run(
                .process(command: ["./other"]), on: driver, files: [.init("other", TinyProgram.bytes(foreign))])
            #expect(outcome.failure?.kind == .refused)
            #expect(outcome.failure?.message.contains("qemu-user-static") == true)
        }

        @Test func aProgramThatNeedsALoaderOrPermissionIsNotEmulated() async throws {
            let host = try await host()
            guard let architecture = foreign(host).first else { return }
            let closed = try await host.run(
                .process(command: ["./closed"]),
                files: [.init("closed", TinyProgram.bytes(architecture), isExecutable: false)])
            #expect(closed.failure?.kind == .notExecutable)
            // Its one segment becomes two: the second names a loader.
            var bytes = TinyProgram.bytes(.arm64)
            let segment = Array(bytes[64..<120])
            bytes = Array(bytes[..<64]) + segment + segment + Array(bytes[120...]) + Array("/lib/ld.so\0".utf8)
            bytes[56] = 2
            bytes[120] = 3
            let size = UInt64(bytes.count)
            for index in 0..<8 {
                bytes[128 + index] = UInt8(truncatingIfNeeded: (size - 11) >> (8 * UInt64(index)))
                bytes[152 + index] = index == 0 ? 11 : 0
            }
            let dynamic = try await host.run(.process(command: ["./dynamic"]), files: [.init("dynamic", bytes)])
            #expect(dynamic.failure?.message.contains("/lib/ld.so") == true, "\(dynamic.end)")
            #expect(dynamic.failure?.message.contains("statically") == true)
        }

        @Test func anEmulatedProgramReachesNoMoreThanANativeOne() async throws {
            let host = try await host()
            for architecture in [ProgramArchitecture.native ?? .amd64] + foreign(host).filter({ $0 != .arm }) {
                let program = try CompiledPrograms.build(CompiledPrograms.attacker, for: architecture, in: host.folder)
                let outcome = try await host.run(
                    .process(command: ["./attacker"]), files: [.init("attacker", program)])
                #expect(outcome.end == .exited(0), "\(architecture) \(outcome.end) \(outcome.errors)")
                #expect(!outcome.output.contains("OPEN"), "\(architecture): \(outcome.output)")
                #expect(outcome.output.split(separator: "\n").count == 32)
            }
        }

        @Test func memoryAndTimeAreLimitedUnderAnEmulatorToo() async throws {
            let host = try await host()
            for architecture in foreign(host).filter({ $0 != .arm }) {
                let hog = try CompiledPrograms.build(CompiledPrograms.hog, for: architecture, in: host.folder)
                let memory = try await host.run(
                    .process(command: ["./hog"]), files: [.init("hog", hog)], memoryBytes: 96 << 20)
                #expect(memory.failure?.kind == .outOfMemory, "\(memory.end)")
                let spinner = try CompiledPrograms.build(CompiledPrograms.spinner, for: architecture, in: host.folder)
                let time = try await host.run(
                    .process(command: ["./spinner"]), files: [.init("spinner", spinner)], timeout: .milliseconds(400))
                #expect(time.failure?.kind == .timedOut)
                #expect(time.output == "on\n")
            }
        }
    }
#endif
