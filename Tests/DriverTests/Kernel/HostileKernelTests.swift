#if os(Linux)
    import Glibc
    import Testing
    import WeftDrivers
    import WeftModel
    import WeftSandbox

    /// Kernels that mean harm, or have gone wrong: each is contained and said clearly, and the next one runs as ever.
    @Suite(.serialized, .enabled(if: !KernelHost.backends.isEmpty)) struct HostileKernelTests {
        private static let faults: Set<Int32> = [128 + 4, 128 + 6, 128 + 7, 128 + 8, 128 + 11]

        private func expectFault(
            _ backend: KernelBackend, _ body: String, before: String = "", _ location: SourceLocation = #_sourceLocation
        ) async throws {
            let host = try await KernelHost.shared(backend)
            let outcome = try await host.run(body, before: before)
            guard case .exited(let status) = outcome.end else {
                Issue.record("it ended as \(outcome.end)", sourceLocation: location)
                return
            }
            #expect(Self.faults.contains(status), "\(status): \(outcome.errors)", sourceLocation: location)
            #expect(outcome.errors.contains("weft"), "\(outcome.errors)", sourceLocation: location)
            #expect(try await host.isUsable(), sourceLocation: location)
        }

        // MARK: memory

        @Test(arguments: KernelHost.backends) func writingFarOutsideABufferIsAFault(_ backend: KernelBackend)
            async throws
        {
            try await expectFault(backend, "for (long i = 0; i < 1L << 40; i += 1024) x[i] = 1;")
        }

        @Test(arguments: KernelHost.backends) func writingJustPastABufferIsAFault(_ backend: KernelBackend) async throws
        {
            // 1024 integers are a page.
            try await expectFault(backend, "for (int i = 0; i < 1040; i++) ((volatile int *)x)[i] = 1;".device(backend))
        }

        @Test(arguments: KernelHost.backends) func readingBeforeABufferIsAFault(_ backend: KernelBackend) async throws {
            try await expectFault(backend, "x[0] = ((volatile int *)x)[-4];".device(backend))
        }

        @Test(arguments: KernelHost.backends) func aWildPointerIsAFault(_ backend: KernelBackend) async throws {
            try await expectFault(backend, "*(volatile int *)0x10 = 1; x[0] = 1;".device(backend))
        }

        @Test(arguments: KernelHost.backends) func buffersLargerThanTheLimitAreNotMade(_ backend: KernelBackend)
            async throws
        {
            let host = try await KernelHost.shared(backend)
            let outcome = try await host.run("x[0] = 1;", count: 1 << 36)
            #expect(outcome.failure?.kind == .outOfMemory)
            #expect(outcome.failure?.message.contains("274877906944") == true, "\(outcome.end)")
            #expect(try await host.isUsable())
        }

        @Test(arguments: KernelHost.backends) func privateMemoryWithoutEndIsContained(_ backend: KernelBackend)
            async throws
        {
            let host = try await KernelHost.shared(backend)
            let body = "int big[1 << 28]; for (int i = 0; i < 1 << 28; i++) big[i] = i + x[0]; x[0] = big[x[1] & 1023];"
            let outcome = try await host.run(body, memoryBytes: 256 << 20, timeout: .seconds(30))
            #expect(outcome.end != .exited(0), "\(outcome.errors)")
            #expect(try await host.isUsable())
        }

        @Test(arguments: KernelHost.backends) func localMemoryWithoutEndIsContained(_ backend: KernelBackend)
            async throws
        {
            let host = try await KernelHost.shared(backend)
            let kind = backend == .opencl ? "__local" : "__shared__"
            let body =
                "\(kind) int big[1 << 28]; for (int i = 0; i < 1 << 28; i++) big[i] = i + x[0]; x[0] = big[x[1] & 1023];"
            let outcome = try await host.run(body, memoryBytes: 256 << 20, timeout: .seconds(30))
            #expect(outcome.end != .exited(0), "\(outcome.errors)")
            #expect(try await host.isUsable())
        }

        // MARK: time

        @Test(arguments: KernelHost.backends) func aKernelWithoutEndIsEndedByItsTime(_ backend: KernelBackend)
            async throws
        {
            let host = try await KernelHost.shared(backend)
            let clock = ContinuousClock()
            let begin = clock.now
            let outcome = try await host.run(
                "while (((volatile int *)x)[0] == 0) {}".device(backend), timeout: .seconds(4))
            #expect(outcome.failure?.kind == .timedOut, "\(outcome.end)")
            #expect(begin.duration(to: clock.now) < .seconds(20))
            #expect(try await host.isUsable())
        }

        @Test(arguments: KernelHost.backends) func aThousandThreadsWithoutEndAreEnded(_ backend: KernelBackend)
            async throws
        {
            let host = try await KernelHost.shared(backend)
            let body = "while (((volatile int *)x)[1] == 0) x[0]++;".device(backend)
            let outcome = try await host.run(body, grid: 64, block: 256, timeout: .seconds(4))
            #expect(outcome.failure?.kind == .timedOut, "\(outcome.end)")
            #expect(try await host.isUsable())
        }

        @Test(arguments: KernelHost.backends) func aKernelThatIsRevokedStops(_ backend: KernelBackend) async throws {
            let host = try await KernelHost.shared(backend)
            let running = Task { try await host.run("while (((volatile int *)x)[0] == 0) {}".device(backend)) }
            // Whether it still compiles or runs by then: it ends.
            try await Task.sleep(for: .seconds(2))
            running.cancel()
            #expect(try await running.value.end == .cancelled)
            #expect(try await host.isUsable())
        }

        // MARK: files of the host

        @Test(arguments: KernelHost.backends) func filesOfTheHostCannotBeIncluded(_ backend: KernelBackend) async throws
        {
            let host = try await KernelHost.shared(backend)
            let secret = host.host.folder + "/secret"
            let file = try #require(fopen(secret, "w"))
            fputs("NEVERSEEN\n", file)
            fclose(file)
            let machine =
                String(decoding: try ProducedFile(reading: "/etc/hostname").read(offset: 0, length: 64), as: UTF8.self)
                .split(separator: "\n").first.map(String.init) ?? ""
            for path in [secret, "/etc/hostname", "/etc/shadow", "/proc/1/environ", "/root/.bashrc", "/work/../order"] {
                let outcome = try await host.run("x[0] = 1;", before: "#include \"\(path)\"")
                let said = (outcome.failure?.message ?? "") + outcome.errors
                #expect(outcome.failure?.kind == .notExecutable, "\(path): \(outcome.end)")
                #expect(!said.contains("NEVERSEEN"), "\(path)")
                #expect(machine.count < 3 || !said.contains(machine), "\(path): \(said)")
                #expect(!said.contains("root:"), "\(path)")
            }
            #expect(try await host.isUsable())
        }

        @Test(arguments: KernelHost.backends) func anAssemblerBringsInNoFileOfTheHost(_ backend: KernelBackend)
            async throws
        {
            let host = try await KernelHost.shared(backend)
            let secret = host.host.folder + "/secret-of-bytes"
            let file = try #require(fopen(secret, "w"))
            fputs("NEVERSEEN", file)
            fclose(file)
            let outcome = try await host.run(
                "x[0] = 1;", before: "__asm__(\".incbin \\\"\(secret)\\\"\");")
            // PoCL says that there is no such file behind the wall, and goes on without it.
            let isMissed = outcome.errors.contains("Could not find incbin file")
            #expect(outcome.failure?.kind == .notExecutable || isMissed, "\(outcome.end): \(outcome.errors)")
            #expect(!outcome.errors.contains("NEVERSEEN") && outcome.failure?.message.contains("NEVERSEEN") != true)
            #expect(try await host.isUsable())
        }

        // MARK: compilers

        @Test(arguments: KernelHost.backends) func aBombOfMacrosIsContained(_ backend: KernelBackend) async throws {
            let host = try await KernelHost.shared(backend)
            var bomb = "#define B0 x[0]++;\n"
            for level in 1...32 { bomb += "#define B\(level) B\(level - 1) B\(level - 1)\n" }
            let outcome = try await host.run("B32", before: bomb, memoryBytes: 192 << 20, timeout: .seconds(20))
            let kind = try #require(outcome.failure?.kind)
            #expect([.timedOut, .outOfMemory, .notExecutable, .outOfDisk].contains(kind), "\(outcome.end)")
            #expect(try await host.isUsable())
        }

        @Test(arguments: KernelHost.backends) func aSourceThatIncludesItselfIsContained(_ backend: KernelBackend)
            async throws
        {
            let host = try await KernelHost.shared(backend)
            let outcome = try await host.run(
                "x[0] = 1;", before: "#include __FILE__\n#include __FILE__", memoryBytes: 192 << 20,
                timeout: .seconds(20))
            #expect(outcome.failure != nil, "\(outcome.end)")
            #expect(try await host.isUsable())
        }

        @Test func aBombOfTemplatesIsContained() async throws {
            guard KernelHost.backends.contains(.emulated) else { return }
            let host = try await KernelHost.shared(.emulated)
            let bomb = """
                template <unsigned long N> struct Bomb {
                    static constexpr unsigned long value = Bomb<2 * N>::value + Bomb<2 * N + 1>::value;
                };
                """
            let outcome = try await host.run(
                "x[0] = Bomb<1>::value;", before: bomb, memoryBytes: 192 << 20, timeout: .seconds(20))
            let kind = try #require(outcome.failure?.kind)
            #expect([.timedOut, .outOfMemory, .notExecutable].contains(kind), "\(outcome.end)")
            #expect(try await host.isUsable())
        }

        @Test(arguments: KernelHost.backends) func aLogWithoutEndIsCutOff(_ backend: KernelBackend) async throws {
            let host = try await KernelHost.shared(backend)
            let lines = (0..<20_000).map { "nonsense\($0) more;" }.joined(separator: "\n")
            let outcome = try await host.run("x[0] = 1;", before: lines, timeout: .seconds(30))
            #expect(outcome.failure != nil)
            #expect(outcome.failure?.message.utf8.count ?? .max < 8192)
            #expect(outcome.errors.utf8.count < 256 << 10)
            #expect(try await host.isUsable())
        }

        @Test(arguments: KernelHost.backends) func aSourceOfNoiseIsRefusedInWords(_ backend: KernelBackend) async throws
        {
            let host = try await KernelHost.shared(backend)
            var state: UInt64 = 7
            let noise = (0..<4096).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 33)
            }
            let outcome = try await host.run(String(decoding: noise, as: UTF8.self), host.program())
            #expect(outcome.failure?.kind == .notExecutable, "\(outcome.end)")
            let message = outcome.failure?.message ?? ""
            #expect(message.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || $0.value >= 0x20 })
            #expect(try await host.isUsable())
        }

        // MARK: output

        @Test(arguments: KernelHost.backends) func printingWithoutEndIsBounded(_ backend: KernelBackend) async throws {
            let host = try await KernelHost.shared(backend)
            let outcome = try await host.run(
                "for (int i = 0; i < 1 << 30; i++) printf(\"a line that is long enough to fill a pipe soon: %d\\n\", i);",
                before: backend == .opencl ? "" : "#include <stdio.h>", timeout: .seconds(8))
            #expect(outcome.report.standardOutput.sizeBytes <= 64 << 20)
            if let failure = outcome.failure { #expect(failure.kind.isPayloadsOwn, "\(failure)") }
            #expect(try await host.isUsable())
        }

        @Test(arguments: KernelHost.backends) func outputsLargerThanTheDiskLimitAreStopped(
            _ backend: KernelBackend
        ) async throws {
            let host = try await KernelHost.shared(backend)
            let outcome = try await host.run("x[0] = 1;", count: 16 << 20, diskBytes: 8 << 20)
            #expect(outcome.end != .exited(0), "\(outcome.end)")
            #expect(try await host.isUsable())
        }

        @Test(arguments: KernelHost.backends) func dividingByNothingIsAFaultOrANumber(_ backend: KernelBackend)
            async throws
        {
            let host = try await KernelHost.shared(backend)
            let outcome = try await host.run("x[0] = 7 / ((volatile int *)x)[1];".device(backend))
            guard case .exited(let status) = outcome.end else {
                Issue.record("it ended as \(outcome.end)")
                return
            }
            #expect(status == 0 || Self.faults.contains(status), "\(status)")
            #expect(try await host.isUsable())
        }
    }

    extension String {
        /// OpenCL wants to be told where a pointer points.
        fileprivate func device(_ backend: KernelBackend) -> String {
            backend == .opencl ? replacing("(volatile int *)", with: "(volatile __global int *)") : self
        }
    }
#endif
