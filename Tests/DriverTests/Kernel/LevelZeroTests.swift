#if os(Linux)
    import FakeLevelZero
    import Testing
    import WeftDrivers
    import WeftModel

    /// Kernels in SPIR-V that mean well, on a fake device: what Weft asks of Level Zero, and in which order. That a real device does
    /// the same is not shown by it.
    @Suite(.serialized, .enabled(if: LevelZeroHost.isPossible)) struct LevelZeroTests {
        private static let shared = Task { try await LevelZeroHost() }

        private static func saxpy(launches: Int) -> KernelProgram {
            let launch = KernelLaunch(
                entry: "saxpy", grid: KernelSize(4), block: KernelSize(2),
                arguments: [.real(.float32, 0.5), .buffer("x"), .buffer("y")])
            return KernelProgram(
                languages: [.spirv],
                buffers: [
                    KernelBuffer(name: "x", type: .float32, shape: [8], inputPath: "x.npy"),
                    KernelBuffer(
                        name: "y", type: .float32, shape: [2, 4], inputPath: "y.raw", outputPath: "out/y.npy"),
                ], launches: Array(repeating: launch, count: launches))
        }

        @Test func aKernelComputesWithBuffersAndScalars() async throws {
            let host = try await Self.shared.value
            try host.fake.set()
            let outcome = try await host.kernels.run(
                FakeLevelZero.module("other", "saxpy"), Self.saxpy(launches: 3), files: KernelDriverTests.files)
            #expect(outcome.end == .exited(0), "\(outcome.end): \(outcome.errors)")
            guard case .file(let file) = try outcome.workspace.findOutput("out/y.npy") else {
                Issue.record("there is no output")
                return
            }
            let numbers = KernelDriverTests.bytes((0..<8).map { 1.5 * Float($0) + 10 })
            #expect(try file.read(offset: 0, length: 4096) == KernelDriverTests.npy("<f4", "(2, 4)", numbers))
        }

        @Test func launchesRunInTheirOrder() async throws {
            let host = try await Self.shared.value
            try host.fake.set()
            var program = LevelZeroHost.program("digit", count: 1, .integer(.int32, 1))
            program.launches += [2, 3, 4].map { number in
                KernelLaunch(
                    entry: "digit", grid: KernelSize(1), block: KernelSize(1),
                    arguments: [.buffer("x"), .integer(.int32, number)])
            }
            let outcome = try await host.kernels.run(FakeLevelZero.module("digit"), program)
            #expect(try host.kernels.integers("x", in: outcome.workspace) == [1234], "\(outcome.errors)")
        }

        @Test func groupsHaveLocalMemoryWhoseSizeTheLaunchSays() async throws {
            let host = try await Self.shared.value
            try host.fake.set()
            let program = LevelZeroHost.program("reversed", count: 512, grid: 4, block: 128, .local(bytes: 512))
            let outcome = try await host.kernels.run(FakeLevelZero.module("reversed"), program)
            #expect(outcome.end == .exited(0), "\(outcome.end): \(outcome.errors)")
            let expected: [Int32] = (0..<512).map { position in
                let block = position / 128
                return Int32(block * 128 + 127 - position % 128)
            }
            #expect(try host.kernels.integers("x", in: outcome.workspace) == expected)
        }

        /// More than what passes to the device at once.
        @Test func largeBuffersArriveWhole() async throws {
            let host = try await Self.shared.value
            try host.fake.set()
            let count = 5_000_000
            let numbers = (0..<count).map { Float($0) }
            let program = KernelProgram(
                languages: [.spirv],
                buffers: [
                    KernelBuffer(name: "x", type: .float32, shape: [1], inputPath: "x.raw"),
                    KernelBuffer(
                        name: "y", type: .float32, shape: [Int64(count)], inputPath: "y.raw", outputPath: "z.raw"),
                ],
                launches: [
                    KernelLaunch(
                        entry: "saxpy", grid: KernelSize(1), block: KernelSize(1),
                        arguments: [.real(.float32, 2), .buffer("x"), .buffer("y")])
                ])
            let files = [
                DriverHost.File("x.raw", KernelDriverTests.bytes([8]), isExecutable: false),
                DriverHost.File("y.raw", numbers.withUnsafeBytes { Array($0) }, isExecutable: false),
            ]
            let outcome = try await host.kernels.run(
                FakeLevelZero.module("saxpy"), program, files: files, diskBytes: 128 << 20)
            guard case .file(let file) = try outcome.workspace.findOutput("z.raw") else {
                Issue.record("there is no output: \(outcome.end), \(outcome.errors)")
                return
            }
            let expected: [Float] = [16] + numbers.dropFirst()
            #expect(try file.read(offset: 0, length: 4 * count + 1) == expected.withUnsafeBytes { Array($0) })
        }

        @Test func aModuleInTheOtherByteOrderIsTaken() async throws {
            let host = try await Self.shared.value
            try host.fake.set()
            let module = FakeLevelZero.module("weft_probe", isBigEndian: true)
            let outcome = try await host.kernels.run(module, LevelZeroHost.small)
            #expect(try host.kernels.integers("x", in: outcome.workspace) == [41], "\(outcome.end): \(outcome.errors)")
        }

        @Test func anOwnersSecondRunTakesTheNativeBinary() async throws {
            let host = try await LevelZeroHost()
            func modules(_ settings: String...) async throws -> [String] {
                try host.fake.set(["trace 1"] + settings)
                let outcome = try await host.kernels.run(
                    FakeLevelZero.module("weft_probe"), LevelZeroHost.small, owner: "somebody")
                #expect(try host.kernels.integers("x", in: outcome.workspace) == [41], "\(outcome.errors)")
                #expect(names(in: outcome.workspace.payloadDirectory) == ["x"])
                return outcome.errors.split(separator: "\n").compactMap { line in
                    line.hasPrefix("ze: module ") ? String(line.split(separator: " ")[2]) : nil
                }
            }
            #expect(host.kernels.driver.cachedBytes == 0)
            #expect(try await modules() == ["spirv"])
            #expect(host.kernels.driver.cachedBytes > 0)
            #expect(try await modules() == ["native"])
            // Another device than the one it was made for, or another driver.
            #expect(try await modules("generation 2") == ["native", "spirv"])
            await host.close()
        }

        @Test func whereBuffersCanBeLargeTheCompilerIsToldSo() async throws {
            let host = try await Self.shared.value
            try host.fake.set(["trace 1"])
            #expect(try await host.runSmall().errors.contains("ze: module spirv on device 0, flags none"))
            try host.fake.set(["trace 1", "allocation 8589934592"])
            #expect(
                try await host.runSmall().errors.contains("flags -ze-opt-greater-than-4GB-buffer-required"))
        }

        /// What computes nothing, or takes no SPIR-V, is passed over.
        @Test func theFirstDeviceThatTakesSPIRVIsTheOneOfAJobThatAsksForNone() async throws {
            let host = try await Self.shared.value
            try host.fake.set(["trace 1", "npu 1", "devices 2", "drivers 2"])
            let outcome = try await host.runSmall()
            #expect(outcome.end == .exited(0) && outcome.errors.contains("on device 0,"), "\(outcome.errors)")
        }

        /// In the sandbox there is the granted device alone; outside of it, it is found among the machine's.
        @Test(arguments: [true, false]) func theDeviceThatWasGrantedIsTheOneThatComputes(hasWall: Bool) async throws {
            let host = try await LevelZeroHost(hasWall: hasWall)
            try host.fake.set(["trace 1", "devices \(hasWall ? 1 : 3)"])
            let outcome = try await host.runSmall(devices: [LevelZeroHost.grant(1), LevelZeroHost.grant(2)])
            #expect(outcome.end == .exited(0), "\(outcome.end): \(outcome.errors)")
            #expect(outcome.errors.contains("on device \(hasWall ? 0 : 1),"), "\(outcome.errors)")
            try host.fake.set(["devices 1"])
            let missing = try await host.runSmall(devices: [LevelZeroHost.grant(2)])
            #expect(hasWall ? missing.end == .exited(0) : missing.failure?.kind == .sandboxFailed, "\(missing.end)")
            await host.close()
        }

        @Test func theProbeSaysWhatThereIsAndTriesItOut() async throws {
            let host = try await Self.shared.value
            try host.fake.set()
            guard case .available(let version, _, let enforced, let isolation, _) = await host.kernels.driver.probe()
            else {
                Issue.record("it is not available")
                return
            }
            #expect(version == "Fake GPU 0, Level Zero 1.3, driver 17002029")
            #expect(enforced.contains(.time) && isolation == .process && host.kernels.driver.name == "level-zero")
            guard case .available? = await host.kernels.driver.probeFurther() else {
                Issue.record("a kernel does not run")
                return
            }
            try host.fake.set(["build-fails 1"])
            guard case .unavailable(let reason, _)? = await host.kernels.driver.probeFurther() else {
                Issue.record("a kernel runs that cannot be built")
                return
            }
            #expect(reason.contains("does not run here"), "\(reason)")
        }
    }
#endif
