#if os(Linux)
    import FakeLevelZero
    import Glibc
    import Testing
    import WeftDrivers
    import WeftModel

    /// Modules that are none, calls that do not fit, devices that fail: each is contained and said, and the next run is as ever.
    @Suite(.serialized, .enabled(if: LevelZeroHost.isPossible)) struct LevelZeroFaultTests {
        private static let shared = Task { try await LevelZeroHost() }
        private static let lost = "fail zeCommandQueueSynchronize 70000001"

        @Test func whatIsNoModuleIsRefusedBeforeALibraryIsOpened() async throws {
            let host = try await Self.shared.value
            try host.fake.set(["trace 1"])
            let module = FakeLevelZero.module("weft_probe")
            let wrong: [(String, [UInt8], String)] = [
                ("a text", Array("__kernel void f(__global int *x) {}\n".utf8), "0x07230203"),
                ("nothing", [], "0x07230203"),
                ("the middle of one", Array(module.dropFirst(4)), "0x07230203"),
                ("one that ends within a word", Array(module.dropLast()), "multiple of 4"),
                ("one that ends within its header", Array(module.prefix(16)), "header"),
            ]
            for (what, bytes, word) in wrong {
                let outcome = try await host.kernels.run(bytes, LevelZeroHost.small)
                #expect(outcome.failure?.kind == .notExecutable, "\(what): \(outcome.end)")
                #expect(outcome.failure?.message.contains(word) == true, "\(what): \(outcome.failure?.message ?? "")")
                #expect(!outcome.errors.contains("ze:"), "\(what): \(outcome.errors)")
            }
        }

        @Test func whatSPIRVCannotBeAskedForIsRefusedInWords() async throws {
            let host = try await Self.shared.value
            try host.fake.set()
            var program = LevelZeroHost.small
            program.defines = [KernelDefine(name: "N", value: "1")]
            let outcome = try await host.kernels.run(FakeLevelZero.module("weft_probe"), program)
            #expect(outcome.failure?.kind == .notExecutable && outcome.failure?.message.contains("macros") == true)
            program.defines = []
            program.languages = [.opencl]
            let other = try await host.kernels.run(FakeLevelZero.module("weft_probe"), program)
            #expect(other.failure?.kind == .refused && other.failure?.message.contains("opencl") == true)
        }

        @Test func aModuleThatCannotBeCompiledComesBackWithTheLog() async throws {
            let host = try await Self.shared.value
            try host.fake.set(["build-fails 1", "build-log /tmp/tempfile_7: error: undefined reference to `nonsense'"])
            let outcome = try await host.runSmall()
            let message = outcome.failure?.message ?? ""
            #expect(outcome.failure?.kind == .notExecutable)
            #expect(message.contains("kernel.spv: error: undefined reference to `nonsense'"), "\(message)")
            #expect(!message.contains("/tmp"), "\(message)")
            // What the compiler says of one that it takes is kept, too.
            try host.fake.set(["build-log warning: spilled"])
            let taken = try await host.runSmall()
            #expect(taken.end == .exited(0) && taken.errors.contains("warning: spilled"))
            #expect(try await host.isUsable())
        }

        @Test func callsThatDoNotFitAreRefusedInWords() async throws {
            let host = try await Self.shared.value
            try host.fake.set()
            func words(_ kind: AttemptFailure.Kind = .notExecutable, _ change: (inout KernelLaunch) -> Void)
                async throws
                -> String
            {
                var program = LevelZeroHost.small
                change(&program.launches[0])
                let outcome = try await host.kernels.run(FakeLevelZero.module("weft_probe", "reversed"), program)
                #expect(outcome.failure?.kind == kind, "\(outcome.end): \(outcome.errors)")
                return outcome.failure?.message ?? "\(outcome.end)"
            }
            let entry = try await words { $0.entry = "saxpy" }
            #expect(entry == "the source has no kernel saxpy")
            let more = try await words { $0.arguments.append(.integer(.int32, 1)) }
            #expect(more == "weft_probe takes 2 arguments, not 3")
            let scalar = try await words { $0.arguments[1] = .integer(.int64, 1) }
            #expect(scalar.hasPrefix("argument 1 of weft_probe cannot be a scalar of 8 bytes"), "\(scalar)")
            let buffer = try await words { $0.arguments[0] = .integer(.int64, 1) }
            #expect(buffer.hasPrefix("argument 0 of weft_probe cannot be a scalar of 8 bytes"), "\(buffer)")
            let local = try await words { $0.arguments[0] = .local(bytes: 8) }
            #expect(local.hasPrefix("argument 0 of weft_probe cannot be local memory of 8 bytes"), "\(local)")
            let block = try await words { $0.block = KernelSize(32, 32) }
            #expect(block == "weft_probe cannot have work groups of 32 × 32 × 1 items here")
            let memory = try await words(.outOfMemory) {
                $0.entry = "reversed"
                $0.arguments[1] = .local(bytes: 1 << 20)
            }
            #expect(memory.contains("OUT_OF_DEVICE_MEMORY"), "\(memory)")
            #expect(try await host.isUsable())
        }

        @Test(arguments: ["allocation 16777216", "memory 33554432", "fail zeMemAllocDevice 70000003"])
        func aBufferThatTheDeviceDoesNotHaveIsOutOfMemory(setting: String) async throws {
            let host = try await Self.shared.value
            try host.fake.set([setting])
            let program = LevelZeroHost.program("weft_probe", count: 8 << 20, .integer(.int32, 1))
            let outcome = try await host.kernels.run(FakeLevelZero.module("weft_probe"), program)
            #expect(outcome.failure?.kind == .outOfMemory, "\(outcome.end): \(outcome.errors)")
            #expect(outcome.failure?.message.contains("a buffer cannot be made on the device") == true)
            #expect(try await host.isUsable())
        }

        @Test(arguments: [
            // Before any kernel has begun.
            [lost], ["fail zeContextCreate 70000006"],
            // While they ran, and no process finds the device any more.
            [lost + " 1", "probe.devices 0"], [lost + " 2", "probe.fail zeInit 70000001"],
        ]) func aDeviceThatIsLostIsTakenOutOfUse(settings: [String]) async throws {
            let host = try await Self.shared.value
            try host.fake.set(settings)
            let outcome = try await host.runSmall(devices: [LevelZeroHost.grant(0)])
            #expect(outcome.failure?.kind == .nodeLost, "\(outcome.end): \(outcome.errors)")
            #expect(outcome.report.lostDevices["gpu0"]?.contains("ZE_RESULT_ERROR_DEVICE") == true)
            #expect(try await host.isUsable())
        }

        /// The device says that it is lost when it was reset, too, and the kernel's author could have it taken out of use.
        @Test func aDeviceThatHungOnAKernelIsNotLost() async throws {
            let host = try await Self.shared.value
            try host.fake.set([Self.lost + " 1"])
            let outcome = try await host.runSmall(devices: [LevelZeroHost.grant(0)])
            #expect(outcome.end == .exited(134), "\(outcome.end): \(outcome.errors)")
            #expect(outcome.report.lostDevices.isEmpty && outcome.errors.contains("the device stopped the kernels"))
            #expect(try await host.isUsable())
        }

        @Test func aKernelThatGoesOutsideItsBuffersIsAFault() async throws {
            let host = try await Self.shared.value
            try host.fake.set()
            let program = LevelZeroHost.program("weft_probe", count: 16, grid: 2, block: 16, .integer(.int32, 1))
            let outcome = try await host.kernels.run(
                FakeLevelZero.module("weft_probe"), program, devices: [LevelZeroHost.grant(0)])
            #expect(outcome.end == .exited(134) && outcome.report.lostDevices.isEmpty, "\(outcome.end)")
            #expect(try await host.isUsable())
        }

        @Test func aKernelWithoutEndIsEndedByItsTime() async throws {
            let host = try await Self.shared.value
            try host.fake.set(["hang zeCommandQueueSynchronize"])
            let outcome = try await host.runSmall(timeout: .seconds(2))
            #expect(outcome.failure?.kind == .timedOut, "\(outcome.end)")
            #expect(try await host.isUsable())
        }

        @Test func aDriverThatCrashesTakesNobodyAlong() async throws {
            let host = try await Self.shared.value
            try host.fake.set(["crash zeModuleCreate"])
            #expect(try await host.runSmall().end == .exited(134))
            #expect(try await host.isUsable())
        }

        @Test func aCompilerThatIsMissingIsTheNodesFault() async throws {
            let host = try await Self.shared.value
            try host.fake.set(["fail zeModuleCreate 70020000"])
            let outcome = try await host.runSmall()
            #expect(outcome.failure?.kind == .sandboxFailed, "\(outcome.end)")
            #expect(outcome.failure?.message.contains("a library is missing") == true)
        }

        // MARK: What the probe finds

        private func reason(_ settings: String...) async throws -> String {
            let host = try await Self.shared.value
            try host.fake.set(settings)
            guard case .unavailable(let reason, _) = await host.kernels.driver.probe() else { return "available" }
            return reason
        }

        @Test func withoutTheLoaderThereIsNoDriver() async throws {
            guard system("ldconfig -p | grep -q libze_loader") != 0 else { return }
            let host = try await KernelHost(.levelZero, environment: [:])
            guard case .unavailable(let reason, let hint) = await host.driver.probe() else {
                Issue.record("it is available")
                return
            }
            #expect(reason.contains("not installed") && hint.contains("libze1"))
            await host.close()
        }

        @Test(arguments: ["drivers 0", "devices 0", "fail zeInit 78000001"])
        func aLoaderWithoutADeviceSaysSo(setting: String) async throws {
            let reason = try await reason(setting)
            #expect(reason.contains("level-zero has no device here"), "\(reason)")
        }

        @Test func aLoaderThatShowsOnlyWhatTakesNoSPIRVSaysSo() async throws {
            let reason = try await reason("devices 0", "npu 1")
            #expect(reason.contains("no device") && reason.contains("takes SPIR-V"), "\(reason)")
        }

        @Test(arguments: ["zeInit 7ffffffe", "zeDriverGet 70000001", "zeDeviceGet 70000001"])
        func aLoaderThatReturnsErrorsIsSaidToBeBroken(call: String) async throws {
            let reason = try await reason("fail \(call)")
            #expect(reason.contains("does not work") && reason.contains("ze"), "\(reason)")
        }

        @Test func aLoaderThatHangsIsSaidToHang() async throws {
            let reason = try await reason("hang zeDriverGet")
            #expect(reason.contains("hangs"), "\(reason)")
        }

        @Test func aLoaderThatCrashesIsSaidToCrash() async throws {
            let reason = try await reason("crash zeDeviceGetProperties")
            #expect(reason.contains("signal 6"), "\(reason)")
        }
    }
#endif
