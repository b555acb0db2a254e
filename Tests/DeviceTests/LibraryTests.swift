import Foundation
import Testing
import WeftDevices

/// The real program against libraries of NVIDIA's management interface that were built to misbehave.
@Suite struct LibraryTests {
    /// Beside the tests' own program.
    private static let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent("weft-hardware").path

    private static func installed() -> String {
        // The test runner may be another program than the one that was built.
        for path in [program, FileManager.default.currentDirectoryPath + "/.build/release/weft-hardware"]
        where FileManager.default.isExecutableFile(atPath: path) { return path }
        return "weft-hardware"
    }

    private func ask(_ source: String?, limit: Duration = .seconds(10)) async throws -> (BackendReport, [DeviceReport])
    {
        let machine = try FakeMachine()
        if let source { try machine.library("libnvidia-ml.so.1", source) }
        let probes = DeviceProbes(
            [.init(backend: "nvml", arguments: [Self.installed(), "nvml"])],
            environment: ["WEFT_DEVICE_LIBRARIES": machine.root], limit: limit)
        return try #require(await probes.ask().first)
    }

    private static let ready = """
        int nvmlInit_v2(void) { return 0; }
        int nvmlDeviceGetCount_v2(unsigned *count) { *count = 1; return 0; }
        """

    @Test func withoutTheLibraryItIsSaidToBeMissing() async throws {
        let (backend, devices) = try await ask(nil)
        #expect(backend.state == .noLibrary && devices.isEmpty)
        #expect(backend.reason?.contains("libnvidia-ml.so.1") == true)
    }

    @Test func aLibraryWithoutAFunctionIsNoLibrary() async throws {
        let (backend, _) = try await ask("int unrelated;")
        #expect(backend.state == .noLibrary || backend.state == .broken)
    }

    @Test func aDriverThatIsNotLoadedMeansNoDevice() async throws {
        let (backend, _) = try await ask(
            """
            int nvmlInit_v2(void) { return 9; }
            int nvmlDeviceGetCount_v2(unsigned *count) { return 1; }
            int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) { return 1; }
            """)
        #expect(backend.state == .noDevice && backend.reason == "NVIDIA's driver is not loaded")
    }

    @Test func aLibraryThatReturnsErrorsIsBroken() async throws {
        let (backend, _) = try await ask(
            """
            int nvmlInit_v2(void) { return 999; }
            int nvmlDeviceGetCount_v2(unsigned *count) { return 999; }
            int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) { return 999; }
            const char *nvmlErrorString(int code) { return "Unknown Error"; }
            """)
        #expect(backend.state == .broken && backend.reason == "nvmlInit: 999 (Unknown Error)")
    }

    @Test func aLibraryThatHangsWhileItIsOpenedIsBroken() async throws {
        let (backend, _) = try await ask(
            "#include <unistd.h>\n__attribute__((constructor)) static void hang(void) { for (;;) pause(); }",
            limit: .milliseconds(800))
        #expect(backend.state == .broken && backend.reason?.contains("hangs") == true)
    }

    @Test func aLibraryThatCrashesIsBroken() async throws {
        let (backend, _) = try await ask(
            """
            int nvmlInit_v2(void) { return *(volatile int *)0; }
            int nvmlDeviceGetCount_v2(unsigned *count) { return 0; }
            int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) { return 0; }
            """)
        #expect(backend.state == .broken && backend.reason?.contains("crashed") == true)
    }

    @Test func aGPUThatIsLostIsListedWithItsFault() async throws {
        let (backend, devices) = try await ask(
            Self.ready + "int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) { return 15; }")
        #expect(backend.state == .ready)
        #expect(devices.first?.fault == "the GPU is lost: it has fallen off the bus")
    }

    @Test func temperatureAndPowerAreRead() async throws {
        let (_, devices) = try await ask(
            Self.ready + """

                #include <string.h>
                int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) { *device = (void *)1; return 0; }
                int nvmlDeviceGetName(void *device, char *name, unsigned bytes) { strcpy(name, "Fake \\"GPU\\""); return 0; }
                int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *value) { *value = 61; return 0; }
                int nvmlDeviceGetPowerUsage(void *device, unsigned *value) { *value = 250500; return 0; }
                int nvmlDeviceGetMemoryInfo(void *device, unsigned long long *memory) {
                    memory[0] = 1ull << 34, memory[1] = 1, memory[2] = 1ull << 30;
                    return 0;
                }
                int nvmlDeviceGetCudaComputeCapability(void *device, int *major, int *minor) { *major = 8, *minor = 6; return 0; }
                """)
        let device = try #require(devices.first)
        #expect(device.model == "Fake \"GPU\"" && device.temperatureCelsius == 61 && device.powerWatts == 250.5)
        #expect(device.memoryBytes == 1 << 34 && device.memoryUsedBytes == 1 << 30)
        #expect(device.capability?.text == "8.6" && device.architecture == "sm_86" && device.utilizationPercent == nil)
        #expect(device.backends.isEmpty)
    }
}
