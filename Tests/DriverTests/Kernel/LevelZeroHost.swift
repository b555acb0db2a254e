#if os(Linux)
    import FakeLevelZero
    import Glibc
    import Testing
    import WeftDevices
    import WeftDrivers
    import WeftModel

    /// A driver for SPIR-V whose device is a fake one.
    struct LevelZeroHost: Sendable {
        let fake: FakeLevelZero
        let kernels: KernelHost

        static let isPossible = access("/usr/bin/cc", X_OK) == 0

        /// A suite has one of its own: its tests run one after the other, and begin by saying what they want of the device.
        init(hasWall: Bool = true) async throws {
            var template = Array("/tmp/weft-fake-library-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            DriverHost.remember(folder)
            chmod(folder, 0o755)
            fake = try FakeLevelZero(in: folder)
            kernels = try await KernelHost(
                .levelZero, environment: [KernelTools.librariesVariable: folder], hasWall: hasWall)
        }

        func close() async { await kernels.close() }

        /// One launch of a kernel over integers, which become the output `x`.
        static func program(
            _ entry: String, count: Int64, grid: Int64 = 1, block: Int64 = 1, _ others: KernelArgument...
        ) -> KernelProgram {
            KernelProgram(
                languages: [.spirv], buffers: [KernelBuffer(name: "x", type: .int32, shape: [count], outputPath: "x")],
                launches: [
                    KernelLaunch(
                        entry: entry, grid: KernelSize(grid), block: KernelSize(block),
                        arguments: [.buffer("x")] + others)
                ])
        }

        /// `weft_probe` over one integer.
        static let small = program("weft_probe", count: 1, .integer(.int32, 41))

        /// Runs it with the device as it is set.
        func runSmall(devices: [GrantedDevice] = [], timeout: Duration = .seconds(60)) async throws
            -> DriverHost.Outcome
        {
            try await kernels.run(FakeLevelZero.module("weft_probe"), Self.small, devices: devices, timeout: timeout)
        }

        /// Whether an honest kernel runs as ever once the device is well.
        func isUsable() async throws -> Bool {
            try fake.set()
            let outcome = try await runSmall()
            return try outcome.end == .exited(0) && kernels.integers("x", in: outcome.workspace) == [41]
        }

        /// The fake's device of this number, as the worker's probes tell of it.
        static func grant(_ index: Int) -> GrantedDevice {
            GrantedDevice(
                DeviceReport(
                    id: "gpu\(index)", kind: "gpu", vendor: "intel", model: "Fake GPU \(index)",
                    pciAddress: "0000:\(String(0x3a + index, radix: 16)):00.1",
                    backends: [.init(name: "level-zero", index: index)]))
        }
    }
#endif
