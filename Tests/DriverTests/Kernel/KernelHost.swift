#if os(Linux)
    import Glibc
    import Synchronization
    import Testing
    import WeftDrivers
    import WeftModel
    import WeftSandbox

    /// A kernel driver with its wall and its disk.
    final class KernelHost: Sendable {
        let host: DriverHost
        let driver: KernelDriver

        static let opencl = Task { try await KernelHost(.opencl) }
        static let emulated = Task { try await KernelHost(.emulated) }

        /// The one that tests of this backend share.
        static func shared(_ backend: KernelBackend) async throws -> KernelHost {
            try await (backend == .opencl ? opencl : emulated).value
        }

        /// Whether this machine can run them: OpenCL needs PoCL, the emulation a C++ compiler.
        static let backends: [KernelBackend] = [.opencl, .emulated].filter { backend in
            guard let tools = try? KernelTools.find(backend) else { return false }
            _ = tools
            return backend != .opencl || access("/etc/OpenCL/vendors", R_OK) == 0
        }

        /// - Parameter hasWall: whether the runner is in a sandbox.
        init(_ backend: KernelBackend, environment: [String: String]? = nil, hasWall: Bool = true) async throws {
            host = try await DriverHost(emulated: false)
            let process: ProcessDriver
            if hasWall {
                process = host.process
            } else {
                let wall = try await OpenProcesses.start(stateDirectory: host.folder + "/open")
                process = ProcessDriver(wall: .none(wall))
            }
            let tools = environment.map { environment in
                Result { () throws(KernelTools.Missing) in try KernelTools.find(backend, environment: environment) }
            }
            driver = try KernelDriver(
                backend, process: process, tools: tools, cacheDirectory: host.folder + "/kernels"
            ) { KernelHost.fingerprint($0) }
        }

        func close() async {
            await driver.shutDown()
            await host.close()
        }

        /// FNV-1a: no test here makes two sources collide on purpose.
        private static func fingerprint(_ bytes: [UInt8]) -> String {
            var value: UInt64 = 0xcbf2_9ce4_8422_2325
            for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
            return "\(value)-\(bytes.count)"
        }

        func run(
            _ source: String, _ program: KernelProgram, files: [DriverHost.File] = [], owner: String? = nil,
            memoryBytes: Int64 = 512 << 20, diskBytes: Int64 = 64 << 20, timeout: Duration = .seconds(60)
        ) async throws -> DriverHost.Outcome {
            try await run(
                Array(source.utf8), program, files: files, owner: owner, memoryBytes: memoryBytes, diskBytes: diskBytes,
                timeout: timeout)
        }

        func run(
            _ source: [UInt8], _ program: KernelProgram, files: [DriverHost.File] = [], owner: String? = nil,
            devices: [GrantedDevice] = [], memoryBytes: Int64 = 512 << 20, diskBytes: Int64 = 64 << 20,
            timeout: Duration = .seconds(60)
        ) async throws -> DriverHost.Outcome {
            let workspace = try host.makeWorkspace(files)
            try workspace.write(source, to: workspace.codePath, isExecutable: false)
            let order = RunOrder(
                .kernel(sourcePath: workspace.codePath, program: program),
                resources: Resources(cpuMillis: 1000, memoryBytes: memoryBytes, diskBytes: diskBytes), timeout: timeout,
                owner: owner, devices: devices)
            let report = await driver.run(order, in: workspace) { _ in true }
            return DriverHost.Outcome(
                report: report, output: DriverHost.text(report.standardOutput),
                errors: String(decoding: report.standardError.bytes(), as: UTF8.self), workspace: workspace)
        }

        /// One launch of the kernel `f` over the buffer `x` of `count` integers, which becomes the output `x`.
        func run(
            _ body: String, count: Int64 = 1024, grid: Int64 = 1, block: Int64 = 1, before: String = "",
            memoryBytes: Int64 = 512 << 20, diskBytes: Int64 = 64 << 20, timeout: Duration = .seconds(60),
            owner: String? = nil
        ) async throws -> DriverHost.Outcome {
            let head = driver.backend == .opencl ? "__kernel void f(__global int *x)" : "__global__ void f(int *x)"
            return try await run(
                "\(before)\n\(head) { \(body) }\n", program(count: count, grid: grid, block: block), owner: owner,
                memoryBytes: memoryBytes, diskBytes: diskBytes, timeout: timeout)
        }

        func program(count: Int64 = 1024, grid: Int64 = 1, block: Int64 = 1) -> KernelProgram {
            KernelProgram(
                languages: [driver.backend.language],
                buffers: [KernelBuffer(name: "x", type: .int32, shape: [count], outputPath: "x")],
                launches: [
                    KernelLaunch(
                        entry: "f", grid: KernelSize(grid), block: KernelSize(block), arguments: [.buffer("x")])
                ])
        }

        /// The integers of an output.
        func integers(_ path: String, in workspace: Workspace) throws -> [Int32]? {
            guard case .file(let file) = try workspace.findOutput(path) else { return nil }
            let bytes = try file.read(offset: 0, length: Int(file.sizeBytes))
            return bytes.withUnsafeBytes { pointer in
                (0..<bytes.count / 4).map { pointer.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
            }
        }

        /// Whether an honest kernel still runs as ever.
        func isUsable() async throws -> Bool {
            let outcome = try await run("x[0] = 42;", count: 1)
            return try outcome.end == .exited(0) && integers("x", in: outcome.workspace) == [42]
        }
    }
#endif
