import Foundation
import Synchronization
import Testing
import WeftDevices
import WeftDrivers
import WeftModel
import WeftWire
import WeftWorker

@Suite struct DeviceTests {
    private static func gpu(_ number: Int, fault: String? = nil) -> DeviceReport {
        DeviceReport(
            id: "gpu\(number)", kind: "gpu", vendor: "nvidia", model: "G", memoryBytes: 16 << 30,
            capability: DeviceCapability("9.0"), driver: "580", pciAddress: "0000:0\(number):00.0",
            uuid: "GPU-\(number)", backends: [.init(name: "cuda", index: number)], fault: fault)
    }

    private static func watch(
        _ devices: DeviceReport..., faults: @escaping @Sendable () -> [String: String] = { [:] },
        interval: Duration = .seconds(3600)
    ) -> DeviceWatch {
        DeviceWatch(
            find: {
                .init(
                    devices: devices,
                    backends: [.init(name: "hip", state: .broken, reason: "its library hangs")], absent: [])
            }, faults: faults, interval: interval)
    }

    private func wanting(_ number: UInt64, _ devices: DeviceRequest...) -> TestOrder {
        var test = order(number)
        test.order.job = JobID(number)
        test.attempt = AttemptID(
            task: TaskID(job: JobID(number), index: 0), replica: 0, lease: LeaseID(epoch: 1, sequence: number))
        test.order.resources.devices = devices
        return test
    }

    /// Prints which devices it has, once the gate lets it.
    private static func teller(_ gate: Gate? = nil) -> ScriptedDriver {
        ScriptedDriver { order, _, _ in
            await gate?.pass()
            let names = order.devices.map { "\($0.device.id)=\($0.memoryBytes ?? 0)" }
            let text = (names + [order.environment["CUDA_VISIBLE_DEVICES"] ?? "unset"]).joined(separator: " ")
            return RunReport(end: .exited(0), standardOutput: .memory(Array(text.utf8)))
        }
    }

    private func profile(_ end: CoordinatorEnd, where isMeant: @escaping (NodeProfile) -> Bool) async throws
        -> NodeProfile
    {
        try await end.next { message in
            guard case .profile(let wire) = message.body, let profile = try? NodeProfile(wire: wire), isMeant(profile)
            else {
                return nil
            }
            return profile
        }
    }

    /// A coordinator that has heard of the devices, in the greeting or after it.
    private func linked(_ fixture: Fixture) async throws -> (CoordinatorEnd, NodeProfile) {
        let end = await fixture.answer()
        let greeted = try NodeProfile(wire: try await end.letIn().profile)
        if !greeted.devices.isEmpty { return (end, greeted) }
        return (end, try await profile(end) { !$0.devices.isEmpty })
    }

    @Test func aWorkerTellsItsDevicesTheirNumberAndWhatIsBroken() async throws {
        let fixture = try await Fixture(devices: Self.watch(Self.gpu(0), Self.gpu(1), Self.gpu(2, fault: "Xid 79")))
        try await fixture.run {
            let (_, profile) = try await linked(fixture)
            #expect(profile.devices.map(\.id) == ["gpu0", "gpu1", "gpu2"])
            #expect(profile.devices.map(\.isUsable) == [true, true, false])
            #expect(profile.capacity.devices == [DeviceRequest(kind: "gpu", count: 2)])
            #expect(profile.notes.contains("devices: hip: its library hangs"))
        }
    }

    @Test(arguments: [
        ("exec sleep 1000", "hangs"), ("kill -SEGV $$", "crashed"), ("echo rubbish; exit 9", "ended the program"),
    ])
    func aLibraryThatMisbehavesKeepsNoWorkerFromWorking(body: String, what: String) async throws {
        let directory = try TemporaryDirectory()
        let program = directory.path + "/probe"
        try Data("#!/bin/sh\n\(body)\n".utf8).write(to: URL(fileURLWithPath: program))
        #expect(chmod(program, 0o755) == 0)
        let inspector = HardwareInspector(
            root: directory.path,
            probes: DeviceProbes([.init(backend: "cuda", arguments: [program])], limit: .milliseconds(700)),
            environment: [:])
        let fixture = try await Fixture(devices: .ofThisMachine(inspector))
        try await fixture.run {
            let end = await fixture.answer()
            let isSaid = { (profile: NodeProfile) in profile.notes.contains { $0.hasPrefix("devices: cuda: ") } }
            let greeted = try NodeProfile(wire: try await end.letIn().profile)
            let told = isSaid(greeted) ? greeted : try await profile(end, where: isSaid)
            #expect(told.notes.contains { $0.contains(what) }, "\(told.notes)")
            #expect(told.devices.isEmpty)
            try await end.assign(order(1))
            #expect(try await end.finished().completion?.exitStatus == 0)
        }
    }

    @Test func attemptsArePinnedToDevicesOfTheirOwn() async throws {
        let gate = Gate()
        let fixture = try await Fixture(driver: Self.teller(gate), devices: Self.watch(Self.gpu(0), Self.gpu(1)))
        try await fixture.run {
            let (end, _) = try await linked(fixture)
            try await end.assign(wanting(1, DeviceRequest(kind: "gpu", count: 1)))
            try await end.assign(wanting(2, DeviceRequest(kind: "gpu", count: 1)))
            await gate.waitForArrivals(2)
            await gate.open()
            let first = try await end.finished().standardOutputText
            let second = try await end.finished().standardOutputText
            let all = 16 << 30
            #expect(Set([first, second]) == ["gpu0=\(all) GPU-0", "gpu1=\(all) GPU-1"])
        }
    }

    @Test func aThirdAttemptWaitsUntilADeviceIsFree() async throws {
        let gate = Gate()
        let fixture = try await Fixture(driver: Self.teller(gate), devices: Self.watch(Self.gpu(0)))
        try await fixture.run {
            let (end, _) = try await linked(fixture)
            try await end.assign(wanting(1, DeviceRequest(kind: "gpu", count: 1)))
            try await end.assign(wanting(2, DeviceRequest(kind: "gpu", count: 1)))
            await gate.waitForArrivals(1)
            #expect(await gate.arrived == 1)
            await gate.open()
            #expect(try await end.finished().standardOutputText?.hasPrefix("gpu0=") == true)
            #expect(try await end.finished().standardOutputText?.hasPrefix("gpu0=") == true)
        }
    }

    @Test func sharesOfOneDeviceRunSideBySide() async throws {
        let gate = Gate()
        let fixture = try await Fixture(driver: Self.teller(gate), devices: Self.watch(Self.gpu(0)))
        try await fixture.run {
            let (end, _) = try await linked(fixture)
            for number in 1...2 {
                try await end.assign(wanting(UInt64(number), DeviceRequest(kind: "gpu", count: 1, shareBytes: 8 << 30)))
            }
            await gate.waitForArrivals(2)
            await gate.open()
            #expect(try await end.finished().standardOutputText == "gpu0=\(8 << 30) GPU-0")
            #expect(try await end.finished().standardOutputText == "gpu0=\(8 << 30) GPU-0")
        }
    }

    @Test func whatNoDeviceHereIsIsRefusedInWords() async throws {
        let fixture = try await Fixture(driver: Self.teller(), devices: Self.watch(Self.gpu(0)))
        try await fixture.run {
            let (end, _) = try await linked(fixture)
            try await end.assign(wanting(1, DeviceRequest(kind: "gpu", count: 1, vendor: "amd")))
            let report = try await end.finished()
            #expect(report.failureKind == .refused)
            guard case .failed(let failure) = report.outcome else { return }
            #expect(failure.message == "it asks for 1 × amd gpu, which this worker does not have")
        }
    }

    @Test func aDeviceThatADriverLosesGoesOutOfUseBeforeItsAttemptEnds() async throws {
        let driver = ScriptedDriver { order, _, _ in
            RunReport(
                end: .failed(AttemptFailure(.nodeLost, "the device is gone")),
                lostDevices: [order.devices[0].device.id: "CUDA error 46"])
        }
        let fixture = try await Fixture(driver: driver, devices: Self.watch(Self.gpu(0)))
        try await fixture.run {
            let (end, _) = try await linked(fixture)
            try await end.assign(wanting(1, DeviceRequest(kind: "gpu", count: 1)))
            let profile = try await profile(end) { $0.devices.first?.isUsable == false }
            #expect(profile.devices.first?.fault == "CUDA error 46")
            #expect(profile.capacity.devices.isEmpty)
            let report = try await end.finished()
            #expect(report.failureKind == .nodeLost)
        }
    }

    @Test func whatRunsOnADeviceThatTheKernelReportsIsGivenBack() async throws {
        let gate = Gate()
        let isBroken = Mutex(false)
        let driver = ScriptedDriver { order, _, _ in
            if order.devices.first?.device.id == "gpu1" { return RunReport(end: .exited(0)) }
            isBroken.withLock { $0 = true }
            await withTaskCancellationHandler {
                await gate.pass()
            } onCancel: {
                Task { await gate.open() }
            }
            return RunReport(end: Task.isCancelled ? .cancelled : .exited(0))
        }
        let faults: @Sendable () -> [String: String] = {
            isBroken.withLock { $0 } ? ["0000:00:00.0": "its driver reports Xid 79"] : [:]
        }
        let fixture = try await Fixture(
            driver: driver, devices: Self.watch(Self.gpu(0), faults: faults, interval: .milliseconds(50)))
        try await fixture.run {
            let (end, _) = try await linked(fixture)
            try await end.assign(wanting(1, DeviceRequest(kind: "gpu", count: 1)))
            let report = try await end.finished()
            #expect(report.failureKind == .nodeLost)
            guard case .failed(let failure) = report.outcome else { return }
            #expect(failure.message == "its device gpu0 was lost: its driver reports Xid 79")
        }
    }

    @Test func variablesNameTheDevicesThatWereGivenAndNoOthers() {
        let amd = DeviceReport(kind: "gpu", vendor: "amd", model: "R", backends: [.init(name: "hip", index: 3)])
        let variables = [GrantedDevice(amd)].variables
        #expect(variables["ROCR_VISIBLE_DEVICES"] == "3" && variables["CUDA_VISIBLE_DEVICES"] == "-1")
        #expect(([] as [GrantedDevice]).variables.isEmpty)
    }
}
