#if os(Linux)
    import Glibc
    import Testing
    import WeftDrivers
    import WeftModel

    /// Source for each processor, assembled in the sandbox and run.
    @Suite(.serialized) struct AssemblyDriverTests {
        struct Shared: Sendable {
            let host: DriverHost
            let driver: AssemblyDriver
        }

        static let shared = Task {
            let host = try await DriverHost()
            return Shared(
                host: host,
                driver: AssemblyDriver(
                    process: host.process, toolchain: AssemblyToolchain.find(),
                    stateDirectory: host.folder + "/assembly"))
        }

        /// Writes its first argument's first four bytes and ends with 5.
        static func source(_ architecture: String) -> String {
            switch architecture {
            case "arm64":
                """
                .globl _start
                _start:
                    ldr x1, [sp, #16]
                    mov x0, #1
                    mov x2, #4
                    mov x8, #64
                    svc #0
                    mov x0, #5
                    mov x8, #93
                    svc #0

                """
            case "riscv64":
                """
                .globl _start
                _start:
                    ld a1, 16(sp)
                    li a0, 1
                    li a2, 4
                    li a7, 64
                    ecall
                    li a0, 5
                    li a7, 93
                    ecall

                """
            default:
                """
                .globl _start
                _start:
                    mov 16(%rsp), %rsi
                    mov $1, %edi
                    mov $4, %edx
                    mov $1, %eax
                    syscall
                    mov $5, %edi
                    mov $60, %eax
                    syscall

                """
            }
        }

        private func assemble(
            _ source: String, for architecture: String? = nil, named name: String = "main.s",
            files: [DriverHost.File] = [], arguments: [String] = [], memoryBytes: Int64 = 128 << 20,
            timeout: Duration = .seconds(30)
        ) async throws -> DriverHost.Outcome {
            let shared = try await Self.shared.value
            let workspace = try shared.host.makeWorkspace(files + [.init(name, source)])
            let native = try #require(ProgramArchitecture.native?.rawValue)
            let outcome = try await shared.host.run(
                .assembly(
                    sourcePath: workspace.payloadDirectory + "/" + name, architecture: architecture ?? native,
                    arguments: arguments),
                on: shared.driver, memoryBytes: memoryBytes, timeout: timeout, in: workspace)
            #expect(access(workspace.payloadDirectory + ".build", F_OK) != 0, "the build leaves nothing behind")
            return outcome
        }

        @Test func sourceForEachProcessorIsAssembledLinkedAndRun() async throws {
            let shared = try await Self.shared.value
            #expect(!shared.driver.architectures.isEmpty)
            for architecture in shared.driver.architectures {
                for _ in 0..<2 {  // the second time from what is kept
                    let outcome = try await assemble(
                        Self.source(architecture), for: architecture, arguments: ["word", "x"])
                    #expect(outcome.end == .exited(5), "\(architecture): \(outcome.end)")
                    #expect(outcome.output == "word")
                }
            }
        }

        @Test func theProbeTriesEachProcessor() async throws {
            let shared = try await Self.shared.value
            let answer = await shared.driver.probe()
            guard case .available(let version, let startup, let enforced, _, let architectures) = answer else {
                return #expect(Bool(false), "\(answer)")
            }
            #expect(!version.isEmpty && architectures == shared.driver.architectures)
            #expect(startup > .zero && enforced.contains(.time))
            let none = AssemblyDriver(
                process: shared.host.process, toolchain: nil, stateDirectory: shared.host.folder + "/none")
            guard case .unavailable(_, let hint) = await none.probe() else { return #expect(Bool(false)) }
            #expect(hint.contains("clang"))
        }

        @Test func errorsComeBackWithTheLinesOfTheSubmittersFile() async throws {
            let outcome = try await assemble(
                ".globl _start\n_start:\n    nonsense %rax\n    .include \"gone.inc\"\n", named: "src/hello.s")
            #expect(outcome.failure?.kind == .notExecutable)
            let message = outcome.failure?.message ?? ""
            #expect(message.contains("src/hello.s:3:"), "\(message)")
            #expect(message.contains("src/hello.s:4:"), "\(message)")
            #expect(!message.contains("weft-source") && !message.contains("/.weft"), "\(message)")
            #expect(outcome.errors.contains("src/hello.s:3:"))
            let included = try await assemble(
                ".include \"part.inc\"\n", named: "src/hello.s",
                files: [.init("src/part.inc", "ok:\n\n    wrong wrong\n")])
            #expect(included.failure?.message.contains("src/part.inc:3:") == true, "\(included.end)")
            let entry = try await assemble(".globl main\nmain: nop\n")
            #expect(entry.failure?.kind == .notExecutable)
            #expect(entry.failure?.message.contains("_start") == true, "\(entry.end)")
        }

        @Test func filesOfTheJobCanBeIncludedAndTheirChangeIsSeen() async throws {
            for text in ["first", "other"] {
                let outcome = try await assemble(
                    """
                    .globl _start
                    _start:
                        lea data(%rip), %rsi
                        mov $5, %edx
                        mov $1, %edi
                        mov $1, %eax
                        syscall
                        xor %edi, %edi
                        mov $60, %eax
                        syscall
                    data: .incbin "data/text"

                    """, for: "x86_64", files: [.init("data/text", text)])
                #expect(outcome.end == .exited(0), "\(outcome.end)")
                #expect(outcome.output == text)
            }
        }

        @Test(arguments: [
            "/etc/shadow", "/root/.bashrc", "/proc/1/environ", "/dev/mem", "/var/log/dpkg.log",
            "/.weft/toolchain/../../etc/shadow",
        ])
        func filesOfTheHostAreNotIncluded(path: String) async throws {
            for directive in ["incbin", "include"] {
                let outcome = try await assemble(
                    Self.source("x86_64") + "\n.\(directive) \"\(path)\"\n", for: "x86_64", arguments: ["word"])
                // The init's environment is empty, or not readable.
                if path.hasPrefix("/proc"), outcome.end == .exited(5) { continue }
                #expect(outcome.failure?.kind == .notExecutable, "\(directive) \(path): \(outcome.end)")
            }
        }

        @Test func endlessAndHugeSourcesEndAtALimit() async throws {
            let sources = [
                ".macro again\n again\n.endm\nagain\n",
                ".rept 2000000000\n .quad 1\n.endr\n",
                ".rept 100000000\n .ascii \"0123456789012345678901234567890123456789\"\n.endr\n",
                ".globl _start\n_start: nop\n.fill 0x7fffffffff, 8, 1\n",
                ".incbin \"/dev/zero\"\n", ".incbin \"/dev/urandom\"\n", ".include \"/dev/zero\"\n",
                ".globl _start\n_start: nop\n.bss\n.zero 0x7fffffffffff\n",
                ".include \"/work/weft-source.s\"\n",
            ]
            for source in sources {
                let outcome = try await assemble(source, timeout: .seconds(4))
                switch outcome.end {
                case .failed(let failure):
                    #expect(failure.kind.isPayloadsOwn, "\(source): \(failure)")
                    #expect(failure.message.utf8.count < 4096)
                case .exited(let status): #expect(status != 0, "\(source)")
                case .cancelled: #expect(Bool(false), "\(source)")
                }
            }
        }

        @Test func anAssembledProgramReachesNoMoreThanAnyOther() async throws {
            // socket(AF_INET), then the end with the error's number.
            let outcome = try await assemble(
                """
                .globl _start
                _start:
                    mov $2, %edi
                    mov $1, %esi
                    xor %edx, %edx
                    mov $41, %eax
                    syscall
                    neg %eax
                    mov %eax, %edi
                    mov $60, %eax
                    syscall

                """, for: "x86_64")
            #expect(outcome.end == .exited(EACCES))
        }

        @Test func cancellingWhileItIsAssembledLeavesNothing() async throws {
            let running = Task {
                try await assemble(".rept 2000000000\n .quad 1\n.endr\n", memoryBytes: 4 << 30)
            }
            try await Task.sleep(for: .milliseconds(150))
            running.cancel()
            #expect(try await running.value.end == .cancelled)
        }

        @Test func gnuToolsDoWhereThereIsNoOther() async throws {
            guard let toolchain = AssemblyToolchain.findGNU(), let native = toolchain.architectures.first else {
                return
            }
            let shared = try await Self.shared.value
            let driver = AssemblyDriver(
                process: shared.host.process, toolchain: toolchain, stateDirectory: shared.host.folder + "/gnu")
            for (source, end) in [(Self.source(native.rawValue), RunEnd.exited(5)), (" nonsense\n", nil)] {
                let workspace = try shared.host.makeWorkspace([.init("main.s", source)])
                let outcome = try await shared.host.run(
                    .assembly(
                        sourcePath: workspace.payloadDirectory + "/main.s", architecture: native.rawValue,
                        arguments: ["word"]),
                    on: driver, in: workspace)
                if let end {
                    #expect(outcome.end == end, "\(outcome.end)")
                } else {
                    #expect(outcome.failure?.message.contains("main.s:1:") == true, "\(outcome.end)")
                }
            }
        }

        @Test func unknownProcessorsAreNamedInTheRefusal() async throws {
            let outcome = try await assemble("nop\n", for: "z80")
            #expect(outcome.failure?.message.contains("riscv64") == true)
        }
    }
#endif
