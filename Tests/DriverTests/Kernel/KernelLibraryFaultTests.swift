#if os(Linux)
    import Glibc
    import Testing
    import WeftDrivers
    import WeftModel

    /// Libraries that are not there, have no device, or are broken: each is found out and said, and nothing else happens.
    @Suite(.serialized, .enabled(if: access("/usr/bin/cc", X_OK) == 0)) struct KernelLibraryFaultTests {
        /// A folder with a library of this name, made of C.
        private static func folder(_ name: String, _ source: String) throws -> String {
            var template = Array("/tmp/weft-fake-library-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            DriverHost.remember(folder)
            chmod(folder, 0o755)
            let file = try #require(fopen(folder + "/fake.c", "w"))
            fputs(source, file)
            fclose(file)
            try #require(system("cc -shared -fPIC -o \(folder)/\(name) \(folder)/fake.c") == 0)
            return folder
        }

        private func reason(_ backend: KernelBackend, _ library: String, _ source: String) async throws -> String {
            let folder = try Self.folder(library, source)
            let host = try await KernelHost(backend, environment: [KernelTools.librariesVariable: folder])
            defer { Task { await host.close() } }
            guard case .unavailable(let reason, _) = await host.driver.probe() else { return "available" }
            return reason
        }

        /// A vendor's library whose first function does this; the others, where there are any, return an error.
        private static func gpu(_ backend: KernelBackend, init code: String) -> (name: String, source: String) {
            let (name, first, others) =
                backend == .hip
                ? (
                    "libamdhip64.so.7", "hipInit",
                    [
                        "hipDriverGetVersion", "hipGetDeviceCount", "hipDeviceGet", "hipDeviceGetName",
                        "hipDeviceTotalMem", "hipDeviceGetPCIBusId", "hipDeviceGetAttribute", "hipCtxCreate",
                        "hipModuleLoadData", "hipModuleGetFunction", "hipMalloc", "hipMemsetD8", "hipMemcpyHtoD",
                        "hipMemcpyDtoH", "hipModuleLaunchKernel", "hipDeviceSynchronize",
                    ]
                )
                : (
                    "libcuda.so.1", "cuInit",
                    [
                        "cuDriverGetVersion", "cuDeviceGetCount", "cuDeviceGet", "cuDeviceGetName",
                        "cuDeviceTotalMem_v2", "cuDeviceGetPCIBusId", "cuDeviceGetAttribute", "cuCtxCreate_v2",
                        "cuModuleLoadData", "cuModuleGetFunction", "cuMemAlloc_v2", "cuMemsetD8_v2",
                        "cuMemcpyHtoD_v2", "cuMemcpyDtoH_v2", "cuLaunchKernel", "cuCtxSynchronize",
                    ]
                )
            return (
                name,
                "#include <unistd.h>\n#include <stdlib.h>\nint \(first)(unsigned flags) { (void)flags; \(code) }\n"
                    + others.map { "int \($0)(void) { return 999; }\n" }.joined()
            )
        }

        private func reason(_ backend: KernelBackend, init code: String) async throws -> String {
            let (name, source) = Self.gpu(backend, init: code)
            return try await reason(backend, name, source)
        }

        private static let vendors: [KernelBackend] = [.cuda, .hip]

        @Test(arguments: vendors) func withoutALibraryThereIsNoDriver(_ backend: KernelBackend) async throws {
            guard access("/usr/lib/x86_64-linux-gnu/libcuda.so.1", F_OK) != 0 else { return }
            guard system("ldconfig -p | grep -q libamdhip64") != 0 || backend == .cuda else { return }
            let host = try await KernelHost(backend, environment: [:])
            guard case .unavailable(let reason, let hint) = await host.driver.probe() else {
                Issue.record("it is available")
                return
            }
            #expect(reason.contains("not installed") && hint.contains(backend == .hip ? "ROCm" : "NVIDIA"))
            await host.close()
        }

        @Test(arguments: vendors, [100, 101]) func aLibraryWithoutADeviceSaysSo(
            _ backend: KernelBackend, code: Int
        ) async throws {
            let reason = try await reason(backend, init: "return \(code);")
            #expect(reason.contains("no device"), "\(reason)")
        }

        @Test(arguments: vendors) func aLibraryThatReturnsErrorsIsSaidToBeBroken(_ backend: KernelBackend) async throws
        {
            let reason = try await reason(backend, init: "return 999;")
            #expect(reason.contains("does not work"), "\(reason)")
        }

        @Test(arguments: vendors) func aLibraryThatCountsNonsenseIsSaidToBeBroken(_ backend: KernelBackend)
            async throws
        {
            let reason = try await reason(backend, init: "return 0;")
            #expect(reason.contains("does not work"), "\(reason)")
        }

        @Test(arguments: vendors) func aLibraryThatHangsIsSaidToHang(_ backend: KernelBackend) async throws {
            let reason = try await reason(backend, init: "for (;;) pause();")
            #expect(reason.contains("hangs"), "\(reason)")
        }

        @Test func aLibraryThatHangsWhileItIsOpenedIsSaidToHang() async throws {
            let source =
                "#include <unistd.h>\n__attribute__((constructor)) static void begin(void) { for (;;) pause(); }\n"
            let reason = try await reason(.opencl, "libOpenCL.so.1", source)
            #expect(reason.contains("hangs"), "\(reason)")
        }

        @Test(arguments: vendors) func aLibraryThatCrashesTakesNobodyAlong(_ backend: KernelBackend) async throws {
            let reason = try await reason(backend, init: "abort();")
            #expect(reason.contains("signal 6"), "\(reason)")
        }

        @Test func aLibraryThatLacksFunctionsIsSaidToBeBroken() async throws {
            let reason = try await reason(.opencl, "libOpenCL.so.1", "int clGetPlatformIDs(void) { return 0; }\n")
            #expect(reason.contains("lacks"), "\(reason)")
        }

        /// What lies where the owner says is passed over where it is no library, and the loader's own path is searched: of CUDA's
        /// library there is none on machines without its driver.
        @Test func aFileThatIsNoLibraryIsSaidToBeNone() async throws {
            let folder = try Self.folder("unused.so", "int nothing;\n")
            try #require(system("echo nonsense > \(folder)/libcuda.so.1") == 0)
            let host = try await KernelHost(.cuda, environment: [KernelTools.librariesVariable: folder])
            switch await host.driver.probe() {
            case .unavailable(let reason, _): #expect(reason.contains("libcuda"), "\(reason)")
            case .available: #expect(system("test -e /proc/driver/nvidia/version") == 0)
            }
            await host.close()
        }

        @Test func aLoaderWithoutDriversSaysSo() async throws {
            let functions = [
                "clGetPlatformInfo", "clGetDeviceIDs", "clGetDeviceInfo", "clCreateContext", "clCreateCommandQueue",
                "clCreateProgramWithSource", "clCreateProgramWithBinary", "clBuildProgram", "clGetProgramInfo",
                "clGetProgramBuildInfo", "clCreateKernel", "clGetKernelInfo", "clGetKernelWorkGroupInfo",
                "clSetKernelArg",
                "clCreateBuffer", "clEnqueueReadBuffer", "clEnqueueMapBuffer", "clEnqueueNDRangeKernel", "clFinish",
            ]
            let source =
                "int clGetPlatformIDs(void) { return -1001; }\n"
                + functions.map { "int \($0)(void) { return 0; }\n" }.joined()
            let reason = try await reason(.opencl, "libOpenCL.so.1", source)
            #expect(reason.contains("no drivers"), "\(reason)")
        }
    }
#endif
