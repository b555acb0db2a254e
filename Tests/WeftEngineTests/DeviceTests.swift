import Testing
import WeftEngine
import WeftModel

@Suite struct DeviceTests {
    private static let gib: Int64 = 1 << 30

    private func gpu(
        _ id: String, _ gibibytes: Int64? = 16, vendor: String = "nvidia", capability: String? = "8.0",
        fault: String = ""
    ) -> DeviceProfile {
        DeviceProfile(
            id: id, kind: "gpu", vendor: vendor, model: "G", memoryBytes: gibibytes.map { $0 * Self.gib },
            capability: capability.flatMap { DeviceCapability($0) }, driver: "1", fault: fault)
    }

    private func job(_ name: String, tasks: UInt32 = 1, devices: [DeviceRequest]) -> JobSpec {
        var spec = spec(name, tasks: tasks, cpuMillis: 100)
        spec.resources.devices = devices
        return spec
    }

    private func job(_ name: String, tasks: UInt32 = 1, _ devices: DeviceRequest...) -> JobSpec {
        job(name, tasks: tasks, devices: devices)
    }

    private func job(tasks: UInt32 = 1, _ devices: DeviceRequest...) -> JobSpec {
        job("render", tasks: tasks, devices: devices)
    }

    private func want(
        _ count: Int = 1, vendor: String? = nil, memory: Int64? = nil, capability: String? = nil, share: Int64? = nil
    ) -> DeviceRequest {
        DeviceRequest(
            kind: "gpu", count: count, vendor: vendor, memoryBytes: memory.map { $0 * Self.gib },
            capability: capability.flatMap { DeviceCapability($0) }, shareBytes: share.map { $0 * Self.gib })
    }

    @Test func aWholeDeviceIsGivenToOneAttemptAtATime() {
        var bench = Bench()
        bench.join("a", cpus: 4) { $0.devices = [gpu("gpu0"), gpu("gpu1")] }
        #expect(bench.submit(job(tasks: 3, want())).assignments.count == 2)
        #expect(bench.finish(attempt(1, 0, lease: 1), on: "a", answer(1)).assignments == [attempt(1, 2, lease: 3)])
    }

    @Test func sharesFillADeviceAndNoMore() {
        var bench = Bench()
        bench.join("a", cpus: 8) { $0.devices = [gpu("gpu0", 16)] }
        #expect(bench.submit(job(tasks: 5, want(share: 6))).assignments.count == 2)
        // What is shared is not whole any more.
        #expect(bench.submit(job("whole", want())).assignments.isEmpty)
        #expect(bench.submit(job("small", want(share: 4))).assignments.count == 1)
    }

    @Test func twoSharesOfOneAttemptAreOnTwoDevices() {
        var bench = Bench()
        bench.join("a", cpus: 8) { $0.devices = [gpu("gpu0", 16)] }
        bench.submit(job(want(2, share: 1)))
        let explanation = bench.engine.explain(JobID(1), task: nil)
        #expect(explanation?.reasons.map(\.message) == ["too few devices of kind gpu: 2 like that are wanted at once"])
    }

    @Test func theSmallestDeviceThatWillDoIsTaken() {
        var bench = Bench()
        bench.join("a", cpus: 8) { $0.devices = [gpu("gpu0", 80), gpu("gpu1", 16)] }
        #expect(bench.submit(job(want())).assignments.count == 1)
        #expect(bench.submit(job("large", want(memory: 40))).assignments.count == 1)
    }

    @Test func requestsThatCompeteForOneDeviceAreBothMet() {
        var bench = Bench()
        bench.join("a", cpus: 8) { $0.devices = [gpu("gpu0", 16), gpu("gpu1", 24, vendor: "amd")] }
        // Anybody's would be nvidia's, which the second request has to have.
        let step = bench.submit(job(want(), want(vendor: "nvidia")))
        #expect(step.assignments.count == 1)
    }

    @Test func whatIsMissingIsSaid() {
        func explain(_ request: DeviceRequest) -> Explanation? {
            var bench = Bench()
            bench.join("a", cpus: 4) {
                $0.devices = [gpu("gpu0", 16), gpu("gpu1", nil, vendor: "intel", capability: nil)]
            }
            bench.submit(job(request))
            return bench.engine.explain(JobID(1), task: nil)
        }
        #expect(explain(want(vendor: "amd"))?.reasons.map(\.message) == ["no amd gpu"])
        let memory = explain(want(vendor: "nvidia", memory: 40))
        #expect(memory?.reasons.map(\.message) == ["no nvidia gpu with 40960MiB of memory (the most is 16384MiB)"])
        #expect(
            memory?.suggestion
                == "lower the memory of gpu in resources.devices to 16384MiB, or connect a node that has more")
        #expect(memory?.reasons.map(\.field) == ["resources.devices"])
        let capability = explain(want(vendor: "nvidia", capability: "9.0"))
        #expect(capability?.reasons.map(\.message) == ["no nvidia gpu with capability 9.0 (the highest is 8.0)"])
        #expect(
            explain(want(3))?.reasons.map(\.message) == ["too few devices of kind gpu: 3 like that are wanted at once"])
        #expect(
            explain(want(vendor: "intel", memory: 1))?.reasons.map(\.message) == [
                "no intel gpu with 1024MiB of memory (how much there is cannot be told)"
            ])
    }

    @Test func aDeviceOutOfUseIsNotGivenAndItsFaultIsTold() {
        var bench = Bench()
        bench.join("a", cpus: 4) { $0.devices = [gpu("gpu0", fault: "Xid 79")] }
        #expect(bench.submit(job(want())).assignments.isEmpty)
        #expect(
            bench.engine.explain(JobID(1), task: nil)?.reasons.map(\.message) == [
                "no device of kind gpu (a: gpu0 is out of use: Xid 79)"
            ])
    }

    @Test func aLostDeviceTakesNoMoreAndItsAttemptGoesElsewhere() {
        var bench = Bench()
        bench.join("a", cpus: 4) { $0.devices = [gpu("gpu0")] }
        #expect(bench.submit(job(tasks: 2, want())).assignments == [attempt(1, 0, lease: 1)])
        bench.join("b", cpus: 4) { $0.devices = [gpu("gpu0")] }
        // The second task has gone to the other node meanwhile; the first one's is retried there once that is free.
        var profile = Bench.profile("a", cpus: 4, owner: "")
        profile.devices = [gpu("gpu0", fault: "it has fallen off the bus")]
        bench.handle(.nodeProfiled(NodeID("a"), session: bench.session(of: NodeID("a")), profile))
        bench.finish(
            attempt(1, 0, lease: 1), on: "a", nil, failure: AttemptFailure(.nodeLost, "its device gpu0 was lost"))
        let step = bench.finish(attempt(1, 1, lease: 2), on: "b", answer(1))
        #expect(step.actions.placed.map(\.node) == [NodeID("b")])
        #expect(step.assignments.map(\.task.index) == [0])
    }

    @Test func amongFreeNodesTheFasterOneIsGivenWhatNamesDevices() {
        var bench = Bench()
        for (name, speed) in [("slow", 1000), ("fast", 90_000), ("middle", 50_000)] as [(String, Int64)] {
            bench.join(name, cpus: 4) {
                $0.devices = [gpu("gpu0")]
                $0.benchmark = HardwareBenchmark(
                    fingerprint: "f", measuredAt: Instant(microseconds: 1), processor: ProcessorBenchmark(),
                    devices: [DeviceBenchmark(id: "gpu0", backend: "cuda", singleMegaflops: speed)])
            }
        }
        let placed = bench.submit(job(tasks: 3, want())).actions.placed
        #expect(placed.map(\.node) == [NodeID("fast"), NodeID("middle"), NodeID("slow")])
    }

    @Test func kindsOfWhichANodeTellsOnlyTheNumberAreGivenByNumber() {
        var bench = Bench()
        bench.join("a", cpus: 8) { $0.capacity.devices = [DeviceRequest(kind: "gpu", count: 2)] }
        #expect(bench.submit(job(tasks: 3, want())).assignments.count == 2)
        bench.submit(job("certain", want(vendor: "nvidia")))
        #expect(bench.engine.explain(JobID(2), task: nil)?.reasons.map(\.message) == ["no nvidia gpu"])
    }

    @Test func equalDevicesMakeOneHardwareClass() {
        var profile = Bench.profile("a", cpus: 1, owner: "")
        profile.devices = [gpu("gpu0")]
        var other = profile
        other.devices = [gpu("gpu7")]
        #expect(profile.hardwareClass == other.hardwareClass)
        other.devices[0].driver = "2"
        #expect(profile.hardwareClass != other.hardwareClass)
    }
}
