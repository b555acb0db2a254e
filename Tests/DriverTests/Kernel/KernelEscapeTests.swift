#if os(Linux)
    import Glibc
    import Testing
    import WeftDrivers
    import WeftModel
    import WeftSandbox

    /// Kernels that run on the processor are native code in the runner's own process: what they can reach from there.
    @Suite(.serialized, .enabled(if: KernelHost.backends.contains(.emulated))) struct KernelEscapeTests {
        private static let functions = """
            extern "C" {
            int system(const char *); int fork(void); void _exit(int); int open(const char *, int, ...);
            long write(int, const void *, unsigned long); int kill(int, int); int getppid(void); int unlink(const char *);
            int symlink(const char *, const char *); int socket(int, int, int); unsigned sleep(unsigned);
            }
            """

        private func run(
            _ body: String, owner: String? = nil, timeout: Duration = .seconds(20), diskBytes: Int64 = 16 << 20
        ) async throws -> DriverHost.Outcome {
            let host = try await KernelHost.emulated.value
            return try await host.run(
                body, count: 4, before: Self.functions, diskBytes: diskBytes, timeout: timeout, owner: owner)
        }

        private func isUsable() async throws -> Bool { try await KernelHost.emulated.value.isUsable() }

        @Test func aKernelReadsNoFileOfTheHost() async throws {
            let host = try await KernelHost.emulated.value
            let outcome = try await run(
                "x[0] = open(\"/etc/shadow\", 0); x[1] = open(\"\(host.host.folder)/work\", 0); x[2] = open(\"/root\", 0);"
                    + "x[3] = open(\"/dev/sda\", 0);")
            #expect(outcome.end == .exited(0))
            #expect(try host.integers("x", in: outcome.workspace) == [-1, -1, -1, -1])
        }

        @Test func aKernelHasNoNetwork() async throws {
            let host = try await KernelHost.emulated.value
            let outcome = try await run("x[0] = socket(2, 1, 0); x[1] = socket(10, 2, 0);")
            guard outcome.end == .exited(0), let numbers = try host.integers("x", in: outcome.workspace) else {
                #expect(outcome.end != .exited(0))
                return
            }
            // A socket without a way out would do, too; the sandbox gives none at all.
            #expect(numbers[0] < 0 && numbers[1] < 0, "\(numbers)")
        }

        #if arch(x86_64)
            /// OpenCL on the processor is machine code, too, and its compiler takes pieces of assembly.
            @Test(.enabled(if: KernelHost.backends.contains(.opencl)))
            func systemCallsOfAnOpenCLKernelMeetTheSameWall() async throws {
                let host = try await KernelHost.opencl.value
                let call = """
                    long call(long number, const char *first, long second, long third) {
                        long result;
                        __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(first), "S"(second), "d"(third)
                                         : "rcx", "r11", "memory");
                        return result;
                    }
                    """
                let outcome = try await host.run(
                    """
                    char shadow[] = "/etc/shadow", work[] = "\(host.host.folder)/work", root[] = "/root", own[] = "/proc/self/stat";
                    x[0] = call(2, shadow, 0, 0); x[1] = call(2, work, 0, 0); x[2] = call(2, root, 0, 0);
                    x[3] = call(41, (const char *)2, 1, 0); x[4] = call(2, own, 0, 0);
                    """, count: 5, before: call)
                #expect(outcome.end == .exited(0), "\(outcome.end): \(outcome.errors)")
                let numbers = try #require(try host.integers("x", in: outcome.workspace))
                #expect(numbers.prefix(4).allSatisfy { $0 < 0 }, "\(numbers)")
                // So that it is seen that calls are made at all.
                #expect(numbers[4] >= 0, "\(numbers)")
                #expect(try await host.isUsable())
            }
        #endif

        @Test func processesOfAKernelEndWithIt() async throws {
            let outcome = try await run(
                "if (!fork()) { for (;;) sleep(1); } x[0] = 1;", timeout: .seconds(10))
            if case .failed(let failure) = outcome.end { #expect(failure.kind == .timedOut) }
            #expect(try await isUsable())
        }

        @Test func aBombOfProcessesIsContained() async throws {
            let outcome = try await run("for (;;) fork();", timeout: .seconds(8))
            #expect(outcome.end != .exited(0), "\(outcome.end)")
            #expect(try await isUsable())
        }

        @Test func aKernelThatFillsTheDiskIsStopped() async throws {
            let outcome = try await run(
                "int f = open(\"filler\", 0102, 0644); static char b[65536]; for (;;) write(f, b, sizeof b);",
                diskBytes: 8 << 20)
            #expect(outcome.end != .exited(0), "\(outcome.end)")
            #expect(try await isUsable())
        }

        @Test func aLossOfTheDeviceThatAKernelFeignsIsNotBelieved() async throws {
            let outcome = try await run("write(2, \"weft-kernel: the device is lost\\n\", 32); _exit(86);")
            #expect(outcome.report.lostDevices.isEmpty)
            #expect(outcome.failure?.kind == .sandboxFailed, "\(outcome.end)")
            #expect(try await isUsable())
        }

        @Test func aKernelThatEndsTheRunnerLeavesNoAnswer() async throws {
            let outcome = try await run("_exit(0);")
            guard case .missing = try outcome.workspace.findOutput("x") else {
                Issue.record("there is an output")
                return
            }
            #expect(try await isUsable())
        }

        @Test func anOutputThatIsALinkLeadsNowhere() async throws {
            let host = try await KernelHost.emulated.value
            let outcome = try await run("unlink(\"x\"); symlink(\"/etc/passwd\", \"x\"); x[0] = 1;")
            #expect(try host.integers("x", in: outcome.workspace) == nil)
            #expect(try await isUsable())
        }

        /// It writes what is kept of its own compilation, and that is its owner's alone.
        @Test func whatOneOwnersKernelLeavesBehindServesNobodyElse() async throws {
            let host = try await KernelHost(.emulated)
            let source = """
                \(Self.functions)
                __global__ void f(int *x) {
                    if (x[1] == 0) { x[0] = 1; return; }
                    x[0] = 2;
                    unlink(".weft-kernel-artefact");
                    int artefact = open(".weft-kernel-artefact", 0102, 0644);
                    write(artefact, "nonsense", 8);
                }
                """
            func run(_ owner: String, poison: Bool) async throws -> DriverHost.Outcome {
                var program = host.program(count: 2)
                program.buffers[0].inputPath = "in"
                let bytes: [UInt8] = [0, 0, 0, 0, poison ? 1 : 0, 0, 0, 0]
                return try await host.run(
                    source, program, files: [DriverHost.File("in", bytes, isExecutable: false)], owner: owner)
            }
            let poisoned = try await run("mallory", poison: true)
            #expect(poisoned.end == .exited(0), "\(poisoned.errors)")
            let honest = try await run("alice", poison: false)
            #expect(honest.end == .exited(0), "\(honest.errors)")
            #expect(try host.integers("x", in: honest.workspace)?.first == 1)
            // Its own next run cannot load the nonsense and compiles again.
            let again = try await run("mallory", poison: false)
            #expect(again.end == .exited(0), "\(again.errors)")
            #expect(try host.integers("x", in: again.workspace)?.first == 1)
            await host.close()
        }

        @Test func threadsThatWaitAtDifferentBarriersAreAFault() async throws {
            let host = try await KernelHost.emulated.value
            let outcome = try await host.run(
                "if (threadIdx.x == 0) __syncthreads(); else { __syncthreads(); __syncthreads(); } x[0] = 1;", block: 2,
                timeout: .seconds(10))
            #expect(outcome.end != .cancelled)
            #expect(try await isUsable())
        }

        @Test func recursionWithoutEndIsAFault() async throws {
            let host = try await KernelHost.emulated.value
            let outcome = try await host.run(
                "x[0] = deep(x, 1);",
                before:
                    "__device__ __attribute__((noinline)) int deep(volatile int *x, int n) { int y[64]; y[n & 63] = n;"
                    + " return deep(x, n + 1) + y[x[0] & 63]; }")
            guard case .exited(let status) = outcome.end else {
                Issue.record("it ended as \(outcome.end)")
                return
            }
            #expect(status == 139, "\(outcome.errors)")
            #expect(try await isUsable())
        }
    }
#endif
