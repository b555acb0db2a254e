import FakeLevelZero
import Foundation
import Testing
import WeftDevices
import WeftModel

/// The real programs against libraries that were built to misbehave.
@Suite struct LibraryTests {
    /// Beside the tests' own program, or in the build's folder: the test runner may be another program.
    private static func installed(_ name: String) -> String {
        let folders = [
            URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path,
            FileManager.default.currentDirectoryPath + "/.build/release",
        ]
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) } ?? name
    }

    private func ask(_ source: String?, limit: Duration = .seconds(10)) async throws -> (BackendReport, [DeviceReport])
    {
        let program = Self.installed("weft-hardware")
        return try await ask([program, "nvml"], "nvml", "libnvidia-ml.so.1", source, limit)
    }

    private func askCUDA(_ source: String?, limit: Duration = .seconds(10)) async throws -> (
        BackendReport, [DeviceReport]
    ) {
        try await ask([Self.installed("weft-kernel"), "probe", "cuda"], "cuda", "libcuda.so.1", source, limit)
    }

    private func ask(
        _ arguments: [String], _ backend: String, _ library: String, _ source: String?, _ limit: Duration
    ) async throws -> (BackendReport, [DeviceReport]) {
        let machine = try FakeMachine()
        if let source { try machine.library(library, source) }
        return try await ask(arguments, backend, in: machine.root, limit)
    }

    private func ask(
        _ arguments: [String], _ backend: String, in folder: String, _ limit: Duration = .seconds(10)
    ) async throws -> (BackendReport, [DeviceReport]) {
        let probes = DeviceProbes(
            [.init(backend: backend, arguments: arguments)], environment: ["LD_LIBRARY_PATH": folder], limit: limit)
        return try #require(await probes.ask().first)
    }

    // MARK: CUDA

    @Test func withoutCUDAItsLibraryIsSaidToBeMissing() async throws {
        let (backend, devices) = try await askCUDA(nil)
        // Where there is a GPU, there is one.
        guard backend.state != .ready else { return }
        #expect([.noLibrary, .noDevice].contains(backend.state) && devices.isEmpty && backend.reason != nil)
    }

    @Test func aCUDALibraryWithoutADeviceIsSaidToSeeNone() async throws {
        let (backend, devices) = try await askCUDA(Self.cuda(initialises: 100))
        #expect(backend.state == .noDevice && devices.isEmpty && backend.reason != nil)
    }

    @Test func aCUDALibraryThatReturnsErrorsIsSaidToFail() async throws {
        let (backend, devices) = try await askCUDA(Self.cuda(initialises: 999))
        #expect(backend.state != .ready && devices.isEmpty && backend.reason != nil)
    }

    @Test func aCUDALibraryThatHangsIsSaidToHang() async throws {
        let (backend, devices) = try await askCUDA(
            "#include <unistd.h>\nint cuInit(unsigned flags) { for (;;) pause(); }\n" + Self.symbols, limit: .seconds(1)
        )
        #expect(backend.state == .broken && devices.isEmpty)
        #expect(backend.reason?.contains("hangs") == true)
    }

    @Test func aCUDALibraryThatCrashesIsSaidToCrash() async throws {
        let (backend, _) = try await askCUDA(
            "int cuInit(unsigned flags) { return *(volatile int *)0; }\n" + Self.symbols)
        #expect(backend.state == .broken && backend.reason?.contains("crashed") == true)
    }

    private static func cuda(initialises code: Int) -> String {
        "int cuInit(unsigned flags) { return \(code); }\n" + symbols
    }

    /// Everything else that a program may look for, and nothing that works.
    private static let symbols = [
        "cuDeviceGetCount", "cuDeviceGet", "cuDeviceGetName", "cuDeviceGetAttribute", "cuDeviceTotalMem_v2",
        "cuDeviceGetPCIBusId", "cuDeviceGetUuid", "cuDeviceGetUuid_v2", "cuDriverGetVersion", "cuGetErrorName",
        "cuGetErrorString", "cuCtxCreate_v2", "cuCtxDestroy_v2", "cuCtxSetCurrent", "cuCtxSynchronize",
        "cuDevicePrimaryCtxRetain", "cuDevicePrimaryCtxRelease_v2", "cuModuleLoadData", "cuModuleLoadDataEx",
        "cuModuleGetFunction", "cuModuleGetGlobal_v2", "cuModuleUnload", "cuMemAlloc_v2", "cuMemFree_v2",
        "cuMemcpyHtoD_v2", "cuMemcpyDtoH_v2", "cuMemsetD8_v2", "cuLaunchKernel", "cuMemGetInfo_v2", "cuMemHostAlloc",
        "cuFuncSetAttribute", "cuFuncGetAttribute", "cuCtxGetLimit", "cuCtxSetLimit", "cuStreamCreate",
        "cuStreamSynchronize", "cuEventCreate", "cuEventRecord", "cuEventSynchronize", "cuEventElapsedTime",
    ].map { "int \($0)(void) { return 999; }\n" }.joined()

    // MARK: Level Zero

    private func askLevelZero(_ settings: [String]? = nil) async throws -> (BackendReport, [DeviceReport]) {
        let machine = try FakeMachine()
        if let settings { try FakeLevelZero(in: machine.root).set(settings) }
        return try await ask([Self.installed("weft-kernel"), "probe", "level-zero"], "level-zero", in: machine.root)
    }

    @Test func withoutLevelZeroItsLoaderIsSaidToBeMissing() async throws {
        let (backend, devices) = try await askLevelZero()
        // Where there is a GPU, there is one.
        guard backend.state != .ready else { return }
        #expect([.noLibrary, .noDevice].contains(backend.state) && devices.isEmpty && backend.reason != nil)
    }

    @Test func devicesOfLevelZeroAreListedAsTheirDriverTellsOfThem() async throws {
        let (backend, devices) = try await askLevelZero(["devices 2", "npu 1"])
        #expect(backend.state == .ready && backend.deviceCount == 2 && backend.library == "libze_loader.so.1")
        #expect(devices.map(\.model) == ["Fake GPU 0", "Fake GPU 1"])
        #expect(devices.map(\.pciAddress) == ["0000:3a:00.1", "0000:3b:00.1"])
        let device = try #require(devices.first)
        #expect(device.kind == "gpu" && device.vendor == "intel" && device.memoryBytes == 1 << 30)
        #expect(device.architecture == "12.60.7" && device.driver == "17002029" && device.computeUnits == 192)
        #expect(device.clockMegahertz == 2100 && device.hasHalves == true && device.hasDoubles == false)
        #expect(device.backends == [.init(name: "level-zero", index: 0, version: "Level Zero 1.3")])
    }

    @Test(arguments: [
        (["drivers 0"], BackendReport.State.noDevice, "no drivers"),
        (["devices 0", "npu 1"], .noDevice, "takes SPIR-V"),
        (["fail zeInit 78000001"], .noDevice, "no drivers"),
        (["fail zeDriverGet 70000001"], .broken, "zeDriverGet: the device hung"),
        (["fail zeDeviceGet 7ffffffe"], .broken, "0x7ffffffe"),
        (["crash zeDeviceGetMemoryProperties"], .broken, "crashed"),
    ]) func whatLevelZeroLacksIsSaid(settings: [String], state: BackendReport.State, words: String) async throws {
        let (backend, devices) = try await askLevelZero(settings)
        #expect(backend.state == state && devices.isEmpty)
        #expect(backend.reason?.contains(words) == true, "\(backend.reason ?? "")")
    }

    /// Facts that a driver does not know are left out, and the device is listed all the same.
    @Test func aLevelZeroDriverThatKnowsLittleHasItsDevicesListed() async throws {
        let (backend, devices) = try await askLevelZero([
            "fail zeDevicePciGetPropertiesExt 78000003", "fail zeDeviceGetMemoryProperties 78000003",
            "fail zeDriverGetExtensionProperties 78000003", "fail zeDriverGetProperties 78000003",
        ])
        let device = try #require(devices.first)
        #expect(backend.state == .ready && device.model == "Fake GPU 0" && device.pciAddress == nil)
        #expect(device.memoryBytes == nil && device.architecture == nil && device.driver == nil)
    }

    @Test func aLevelZeroLoaderThatLacksFunctionsIsBroken() async throws {
        let machine = try FakeMachine()
        try machine.library("libze_loader.so.1", "int zeInit(unsigned flags) { return 0; }")
        let (backend, devices) = try await ask(
            [Self.installed("weft-kernel"), "probe", "level-zero"], "level-zero", in: machine.root)
        #expect(backend.state == .broken && devices.isEmpty && backend.reason?.contains("lacks zeDriverGet") == true)
    }

    // MARK: NVML

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
