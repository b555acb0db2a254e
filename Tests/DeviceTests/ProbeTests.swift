import Foundation
import Testing
import WeftDevices
import WeftModel

/// Libraries that are not there, see nothing, fail, lie, crash or hang: each is said to be so, and the rest goes on.
@Suite struct ProbeTests {
    private func ask(_ body: String, limit: Duration = .seconds(10)) async throws -> (BackendReport, [DeviceReport]) {
        let machine = try FakeMachine()
        let program = try machine.script("probe", body)
        let probes = DeviceProbes([.init(backend: "cuda", arguments: [program])], limit: limit)
        return try #require(await probes.ask().first)
    }

    @Test func devicesOfALibraryAreListed() async throws {
        let (backend, devices) = try await ask(
            """
            echo '{"state":"ready","driver":"580.65","devices":[{"index":0,"kind":"gpu","vendor":"NVIDIA Corporation",\
            "name":"NVIDIA H200","memory_bytes":150754820096,"capability":"9.0","architecture":"sm_90",\
            "pci":"00000000:65:00.0","compute_units":132,"fp16":true}]}'
            """)
        #expect(backend.state == .ready && backend.deviceCount == 1 && backend.reason == nil)
        let device = try #require(devices.first)
        #expect(device.vendor == "nvidia" && device.model == "NVIDIA H200" && device.pciAddress == "0000:65:00.0")
        #expect(device.capability?.text == "9.0" && device.computeUnits == 132 && device.hasHalves == true)
        #expect(device.backends == [.init(name: "cuda", index: 0)] && device.driver == "580.65")
    }

    @Test func aLibraryThatIsMissingOrSeesNothingIsSaidToBeSo() async throws {
        let (missing, _) = try await ask(#"echo '{"state":"no-library","reason":"libcuda.so.1 is not there"}'"#)
        #expect(missing.state == .noLibrary && missing.reason == "libcuda.so.1 is not there")
        let (blind, _) = try await ask(#"echo '{"state":"no-device","reason":"cuInit: 100"}'"#)
        #expect(blind.state == .noDevice && blind.reason == "cuInit: 100")
        let (empty, _) = try await ask(#"echo '{"state":"ready","devices":[]}'"#)
        #expect(empty.state == .noDevice && empty.reason != nil)
    }

    @Test func aLibraryThatHangsIsEndedWithEverythingItStarted() async throws {
        let machine = try FakeMachine()
        let program = try machine.script("probe", "sleep 1000 & echo $! > '\(machine.root)/child'; wait")
        let probes = DeviceProbes([.init(backend: "cuda", arguments: [program])], limit: .milliseconds(500))
        let (backend, devices) = try #require(await probes.ask().first)
        #expect(backend.state == .broken && backend.reason?.contains("hangs") == true && devices.isEmpty)
        let child = try #require(
            Int32(
                try String(contentsOfFile: machine.root + "/child", encoding: .utf8).trimmingCharacters(in: .newlines)))
        // A killed process stays until its parent has seen its end; nothing of it runs.
        let state = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
        #expect(state == nil || state?.contains(") Z") == true)
    }

    @Test func aLibraryThatCrashesIsSaidToBeBroken() async throws {
        let (backend, _) = try await ask("kill -SEGV $$")
        #expect(backend.state == .broken && backend.reason?.contains("crashed (signal 11)") == true, "\(backend)")
    }

    /// As when it was just installed, and another thread of its writer is about to start something.
    @Test func aProgramThatIsStillBeingWrittenIsWaitedFor() async throws {
        let machine = try FakeMachine()
        let program = try machine.script("probe", #"echo '{"state":"no-device","reason":"it ran"}'"#)
        let writer = try #require(FileHandle(forWritingAtPath: program))
        let probes = DeviceProbes([.init(backend: "cuda", arguments: [program])])
        async let answers = probes.ask()
        try await Task.sleep(for: .milliseconds(100))
        try writer.close()
        #expect(await answers.first?.backend.reason == "it ran")
    }

    @Test func aProgramThatStaysOpenForWritingIsSaidToBeBusy() async throws {
        let machine = try FakeMachine()
        let program = try machine.script("probe", "true")
        let writer = try #require(FileHandle(forWritingAtPath: program))
        let (backend, _) = try #require(
            await DeviceProbes([.init(backend: "cuda", arguments: [program])]).ask().first)
        try writer.close()
        #expect(backend.state == .broken && backend.reason?.contains("Text file busy") == true, "\(backend)")
    }

    @Test(arguments: ["echo nonsense", "echo '{'", "exit 3", "echo '[1]'", "true", "echo '{\"devices\":7}'"])
    func whatIsNoAnswerIsSaidToBeBroken(body: String) async throws {
        let (backend, devices) = try await ask(body)
        #expect(backend.state == .broken && backend.reason?.isEmpty == false && devices.isEmpty)
    }

    @Test func aFloodOfOutputIsCutOff() async throws {
        let (backend, _) = try await ask("head -c 30000000 /dev/zero | tr '\\0' x; head -c 1000000 /dev/zero >&2")
        #expect(backend.state == .broken && (backend.reason?.utf8.count ?? 0) < 300)
    }

    @Test func whatADriverClaimsIsCheckedBeforeItIsBelieved() async throws {
        let (_, devices) = try await ask(
            #"""
            echo '{"state":"ready","devices":[{"kind":"<b>","name":"a\u0000b\u001b[31m","memory_bytes":-5,\
            "capability":"lots","pci":"zz","compute_units":0,"temperature_celsius":1e9,"power_watts":-3}]}' | tr -d '\\\n' 
            """#)
        #expect(devices.count == 1)
        for device in devices {
            #expect(device.kind == "gpu" && device.memoryBytes == nil && device.capability == nil)
            #expect(device.pciAddress == nil && device.computeUnits == nil && device.temperatureCelsius == nil)
            #expect(device.powerWatts == nil)
        }
    }

    @Test func aProgramThatIsNotThereIsSaidToBeSo() async throws {
        let probes = DeviceProbes([.init(backend: "cuda", arguments: ["/nonexistent/weft-kernel"])])
        let (backend, _) = try #require(await probes.ask().first)
        #expect(backend.state == .broken && backend.reason?.contains("cannot be started") == true)
    }

    @Test func oneDeviceThatSeveralLibrariesReachIsListedOnce() async throws {
        let machine = try FakeMachine()
        func probe(_ backend: String, _ device: String) throws -> DeviceProbes.Probe {
            let path = try machine.script(
                backend, "echo '{\"state\":\"ready\",\"devices\":[\(device)]}'")
            return .init(backend: backend, arguments: [path])
        }
        let inspector = machine.inspector([
            try probe(
                "cuda",
                #"{"index":0,"vendor":"nvidia","name":"A","pci":"0000:65:00.0","uuid":"GPU-1"},{"index":1,"vendor":"nvidia","name":"A","pci":"0000:17:00.0"}"#
            ),
            try probe(
                "opencl",
                #"{"index":0,"vendor":"NVIDIA","name":"A"},{"index":1,"vendor":"NVIDIA","name":"A"},{"index":2,"kind":"cpu","vendor":"GenuineIntel","name":"CPU"}"#
            ),
            try probe("nvml", #"{"vendor":"nvidia","name":"A","pci":"00000000:65:00.0","temperature_celsius":55}"#),
        ])
        let devices = await inspector.devices().devices
        #expect(devices.map(\.id) == ["gpu0", "gpu1", "cpu0"])
        #expect(devices.map(\.pciAddress) == ["0000:17:00.0", "0000:65:00.0", nil])
        #expect(devices[1].temperatureCelsius == 55 && devices[1].uuid == "GPU-1")
        #expect(
            devices[0].backends.map(\.name) == ["cuda", "opencl"]
                && devices[1].backends.map(\.name) == ["cuda", "opencl"])
        #expect(devices.map(\.isOffered) == [true, true, false])
    }
}
