#if os(Linux)
    import Glibc
    import Testing
    import WeftDrivers
    import WeftModel
    import WeftSandbox

    /// Kernels that mean well.
    @Suite(.serialized, .enabled(if: !KernelHost.backends.isEmpty)) struct KernelDriverTests {
        static func saxpy(_ backend: KernelBackend) -> String {
            backend == .opencl
                ? """
                __kernel void saxpy(float a, __global const float *x, __global float *y) {
                    size_t i = get_global_id(0);
                    y[i] = a * x[i] + y[i] + SHIFT;
                }
                """
                : """
                __global__ void saxpy(float a, const float *x, float *y) {
                    int i = blockIdx.x * blockDim.x + threadIdx.x;
                    y[i] = a * x[i] + y[i] + SHIFT;
                }
                """
        }

        static func program(_ backend: KernelBackend, launches: Int = 1) -> KernelProgram {
            let launch = KernelLaunch(
                entry: "saxpy", grid: KernelSize(4), block: KernelSize(2),
                arguments: [.real(.float32, 0.5), .buffer("x"), .buffer("y")])
            return KernelProgram(
                languages: [backend.language], defines: [KernelDefine(name: "SHIFT", value: "1")],
                buffers: [
                    KernelBuffer(name: "x", type: .float32, shape: [8], inputPath: "x.npy"),
                    KernelBuffer(
                        name: "y", type: .float32, shape: [2, 4], inputPath: "y.raw", outputPath: "out/y.npy"),
                ], launches: Array(repeating: launch, count: launches))
        }

        static func bytes(_ numbers: [Float]) -> [UInt8] { numbers.flatMap { withUnsafeBytes(of: $0) { Array($0) } } }

        static func npy(_ type: String, _ shape: String, _ bytes: [UInt8], order: String = "False") -> [UInt8] {
            var header = "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }"
            while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
            header += "\n"
            let count = UInt16(header.utf8.count)
            return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(count & 0xff), UInt8(count >> 8)] + Array(header.utf8)
                + bytes
        }

        static let files = [
            DriverHost.File("x.npy", npy("<f4", "(8,)", bytes((0..<8).map(Float.init))), isExecutable: false),
            DriverHost.File("y.raw", bytes(Array(repeating: 10, count: 8)), isExecutable: false),
        ]

        @Test(arguments: KernelHost.backends) func aKernelComputesWithBuffersScalarsAndMacros(
            _ backend: KernelBackend
        ) async throws {
            let host = try await KernelHost.shared(backend)
            let outcome = try await host.run(Self.saxpy(backend), Self.program(backend), files: Self.files)
            #expect(outcome.end == .exited(0), "\(outcome.errors)")
            guard case .file(let file) = try outcome.workspace.findOutput("out/y.npy") else {
                Issue.record("there is no output")
                return
            }
            let expected = Self.npy("<f4", "(2, 4)", Self.bytes((0..<8).map { 0.5 * Float($0) + 11 }))
            #expect(try file.read(offset: 0, length: 4096) == expected)
        }

        /// What emulations can be compiled with here.
        static let compilers = (["g++", "clang++"] + (14...23).map { "clang++-\($0)" }).map { "/usr/bin/" + $0 }
            .filter { access($0, X_OK) == 0 }

        @Test(.enabled(if: KernelHost.backends.contains(.emulated)), arguments: compilers)
        func everyCompilerIsSpokenToInItsOwnWords(_ compiler: String) async throws {
            let host = try await KernelHost(.emulated, environment: [KernelTools.compilerVariable: compiler])
            let done = try await host.run("x[0] = 7;")
            #expect(done.end == .exited(0), "\(done.errors)")
            let lines = (0..<100).map { "nonsense\($0) more;" }.joined(separator: "\n")
            let refused = try await host.run(lines)
            #expect(refused.failure?.kind == .notExecutable)
            let said = refused.failure?.message ?? ""
            #expect(said.contains("nonsense0") && !said.contains("nonsense50") && !said.contains("^"), "\(said)")
            await host.close()
        }

        @Test(arguments: KernelHost.backends) func launchesSeeWhatThoseBeforeThemWrote(
            _ backend: KernelBackend
        ) async throws {
            let host = try await KernelHost.shared(backend)
            let outcome = try await host.run(Self.saxpy(backend), Self.program(backend, launches: 3), files: Self.files)
            guard case .file(let file) = try outcome.workspace.findOutput("out/y.npy") else {
                Issue.record("there is no output: \(outcome.end)")
                return
            }
            let expected = Self.bytes((0..<8).map { 1.5 * Float($0) + 13 })
            #expect(try file.read(offset: file.sizeBytes - 32, length: 32) == expected)
        }

        /// Local memory is an argument of OpenCL's kernels, and an array of CUDA's; the launch says how large it is.
        @Test(arguments: KernelHost.backends) func threadsOfABlockShareMemoryWhoseSizeTheLaunchSays(
            _ backend: KernelBackend
        ) async throws {
            let host = try await KernelHost.shared(backend)
            let source =
                backend == .opencl
                ? """
                __kernel void reversed(__global int *x, __local int *kept) {
                    int i = get_local_id(0), count = get_local_size(0);
                    kept[i] = get_global_id(0);
                    barrier(CLK_LOCAL_MEM_FENCE);
                    x[get_global_id(0)] = kept[count - 1 - i];
                }
                """
                : """
                template <class T> __device__ void reverse(T *x) {
                    extern __shared__ T kept[];
                    __shared__ int count;
                    if (threadIdx.x == 0) count = blockDim.x;
                    kept[threadIdx.x] = blockIdx.x * blockDim.x + threadIdx.x;
                    __syncthreads();
                    x[blockIdx.x * blockDim.x + threadIdx.x] = kept[count - 1 - threadIdx.x];
                }
                __global__ void reversed(int *x) { reverse(x); }
                """
            let count = 96 * 128
            var program = host.program(count: Int64(count))
            program.launches = [
                KernelLaunch(
                    entry: "reversed", grid: KernelSize(96), block: KernelSize(128),
                    sharedBytes: backend == .opencl ? 0 : 512,
                    arguments: [.buffer("x")] + (backend == .opencl ? [.local(bytes: 512)] : []))
            ]
            let outcome = try await host.run(source, program)
            #expect(outcome.end == .exited(0), "\(outcome.end): \(outcome.errors)")
            let expected: [Int32] = (0..<count).map { position in
                let block = position / 128
                return Int32(block * 128 + 127 - position % 128)
            }
            #expect(try host.integers("x", in: outcome.workspace) == expected)
        }

        @Test(arguments: KernelHost.backends) func anOwnersSecondRunNeedsNoCompiler(_ backend: KernelBackend)
            async throws
        {
            let host = try await KernelHost(backend)
            let before = host.driver.cachedBytes
            let first = try await host.run("x[0] = 1;", count: 1, owner: "somebody")
            #expect(before == 0 && host.driver.cachedBytes > 0)
            let kept = host.driver.cachedBytes
            let second = try await host.run("x[0] = 1;", count: 1, owner: "somebody")
            #expect(first.end == .exited(0) && second.end == .exited(0), "\(second.errors)")
            #expect(host.driver.cachedBytes == kept)
            // Told by the processor's time: a busy machine makes both runs longer, and neither busier.
            let compiling = try #require(first.report.usage?.cpuMicroseconds)
            let running = try #require(second.report.usage?.cpuMicroseconds)
            #expect(running * 2 < compiling, "\(running) us of processor time, after \(compiling)")
            #expect(try host.integers("x", in: second.workspace) == [1])
            // What was kept is none of the job's files.
            #expect(names(in: first.workspace.payloadDirectory) == ["x"])
            await host.close()
        }

        @Test(arguments: KernelHost.backends) func aSourceThatCannotBeCompiledComesBackWithTheLog(
            _ backend: KernelBackend
        ) async throws {
            let host = try await KernelHost.shared(backend)
            let outcome = try await host.run("x[0] = nonsense;")
            let message = outcome.failure?.message ?? ""
            #expect(outcome.failure?.kind == .notExecutable)
            #expect(message.contains("nonsense") && message.contains("kernel.c"))
            #expect(!message.contains("/tmp") && !message.contains("/weft"), "\(message)")
            #expect(try await host.isUsable())
        }

        @Test(arguments: KernelHost.backends) func callsThatDoNotFitAreRefusedInWords(_ backend: KernelBackend)
            async throws
        {
            let host = try await KernelHost.shared(backend)
            var program = host.program()
            func words(_ change: (inout KernelProgram) -> Void) async throws -> String {
                var changed = program
                change(&changed)
                let head = backend == .opencl ? "__kernel void f(__global int *x)" : "__global__ void f(int *x)"
                let outcome = try await host.run("\(head) { x[0] = 1; }", changed)
                #expect(outcome.failure?.kind == .notExecutable)
                return outcome.failure?.message ?? "\(outcome.end)"
            }
            let entry = try await words { $0.launches[0].entry = "g" }
            #expect(entry.contains("g"), "\(entry)")
            let more = try await words { $0.launches[0].arguments.append(.integer(.int32, 1)) }
            #expect(more.contains("arguments"), "\(more)")
            let scalar = try await words { $0.launches[0].arguments = [.integer(.int32, 1)] }
            #expect(scalar.contains("argument 0"), "\(scalar)")
            program.buffers[0].inputPath = "nowhere"
            let file = try await words { _ in }
            #expect(file.contains("nowhere"), "\(file)")
        }

        @Test func filesThatAreNotWhatTheirBufferIsAreRefused() async throws {
            guard let backend = KernelHost.backends.first else { return }
            let host = try await KernelHost.shared(backend)
            let numbers = Self.bytes((0..<8).map(Float.init))
            let wrong: [(String, [UInt8], String)] = [
                ("of another type", Self.npy("<f8", "(8,)", numbers), "type"),
                ("of another shape", Self.npy("<f4", "(4, 2)", numbers), "shape"),
                (
                    "in Fortran's order, and so of another shape", Self.npy("<f4", "(8, 1)", numbers, order: "True"),
                    "shape"
                ),
                ("with too few numbers", Self.npy("<f4", "(8,)", Array(numbers.dropLast())), "bytes"),
                ("with objects", Self.npy("|O", "(8,)", numbers), "type"),
                ("not NumPy's", numbers, "NumPy"), ("empty", [], "NumPy"),
                ("with an endless header", [0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 127], "NumPy"),
            ]
            for (what, bytes, word) in wrong {
                let files = [DriverHost.File("x.npy", bytes, isExecutable: false), Self.files[1]]
                let outcome = try await host.run(Self.saxpy(backend), Self.program(backend), files: files)
                #expect(outcome.failure?.kind == .notExecutable, "a file \(what): \(outcome.end)")
                #expect(outcome.failure?.message.contains(word) == true, "\(what): \(outcome.failure?.message ?? "")")
            }
        }

        @Test(arguments: KernelHost.backends) func theProbeSaysWhatThereIs(_ backend: KernelBackend) async throws {
            let host = try await KernelHost.shared(backend)
            guard case .available(let version, _, let enforced, let isolation, _) = await host.driver.probe() else {
                Issue.record("it is not available")
                return
            }
            #expect(!version.isEmpty && enforced.contains(.time) && isolation == .process)
            guard case .available? = await host.driver.probeFurther() else {
                Issue.record("a kernel does not run")
                return
            }
        }
    }
#endif
