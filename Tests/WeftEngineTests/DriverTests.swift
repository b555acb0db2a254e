import Testing
import WeftEngine
import WeftModel

/// Which node gets what, when nodes have several drivers with walls, architectures and limits of their own.
@Suite struct DriverTests {
    private static let process = DriverProfile(
        name: "process", isolation: .process, architectures: ["x86_64"], enforced: [.memory, .time])
    private static let emulating = DriverProfile(
        name: "process", isolation: .process, architectures: ["x86_64", "arm64", "riscv64"], enforced: [.memory, .time])
    private static let vm = DriverProfile(name: "vm", payloads: ["process"], isolation: .vm, enforced: [.memory])
    private static let wasm = DriverProfile(name: "wasm", isolation: .process)
    private static let runsc = DriverProfile(name: "container-gvisor", payloads: ["container"], isolation: .gvisor)

    private func job(_ requirements: Requirements, _ payload: Payload? = nil, replicas: Int = 1) -> JobSpec {
        var wanted = spec(replicas: replicas)
        wanted.requirements = requirements
        if let payload { wanted.payload = payload }
        return wanted
    }

    /// The nodes that a job goes to, in order.
    private func nodes(of step: Step) -> [NodeID] {
        step.actions.compactMap { if case .assign(let node, _) = $0 { node } else { nil } }
    }

    @Test(arguments: [
        (Requirements(isolation: .none), Payload.process(ProcessPayload(command: ["x"])), ["plain", "vm", "all"]),
        (Requirements(isolation: .process), .process(ProcessPayload(command: ["x"])), ["plain", "vm", "all"]),
        (Requirements(isolation: .gvisor), .process(ProcessPayload(command: ["x"])), ["vm", "all"]),
        (Requirements(isolation: .vm), .process(ProcessPayload(command: ["x"])), ["vm", "all"]),
        // The virtual machine does not bound the time: its wall and the other driver's limit are not added up.
        (Requirements(isolation: .vm, enforced: [.time]), .process(ProcessPayload(command: ["x"])), []),
        (Requirements(enforced: [.time]), .process(ProcessPayload(command: ["x"])), ["plain", "vm", "all"]),
        (Requirements(), .wasm(WasmPayload(module: .inline([1]))), ["all"]),
        (Requirements(isolation: .gvisor), .wasm(WasmPayload(module: .inline([1]))), []),
        (Requirements(isolation: .gvisor), .container(ContainerPayload(image: .reference("alpine"))), ["all"]),
        (Requirements(isolation: .vm), .container(ContainerPayload(image: .reference("alpine"))), []),
        (Requirements(architecture: "arm64"), .process(ProcessPayload(command: ["x"])), ["all"]),
        // Drivers of other payloads are named, not asked what they run.
        (Requirements(drivers: ["vm"]), .wasm(WasmPayload(module: .inline([1]))), ["all"]),
        // By the kind of payload, too.
        (Requirements(drivers: ["container"]), .process(ProcessPayload(command: ["x"])), ["all"]),
        (Requirements(drivers: ["vm"]), .process(ProcessPayload(command: ["x"])), ["vm", "all"]),
        // The one that is named runs it, so its wall has to be strong enough.
        (Requirements(drivers: ["process"], isolation: .vm), .process(ProcessPayload(command: ["x"])), []),
        (Requirements(drivers: ["podman"]), .container(ContainerPayload(image: .reference("alpine"))), []),
    ])
    func aJobGoesWhereOneDriverHasAllThatItWants(requirements: Requirements, payload: Payload, expected: [String]) {
        var bench = Bench()
        bench.join("plain") { $0.drivers = [Self.process] }
        bench.join("vm") { $0.drivers = [Self.process, Self.vm] }
        bench.join("all") { $0.drivers = [Self.emulating, Self.vm, Self.wasm, Self.runsc] }
        var wanted = job(requirements, payload)
        wanted.array = ArrayRange(first: 0, count: 9)
        #expect(Set(nodes(of: bench.submit(wanted))) == Set(expected.map { NodeID($0) }))
    }

    @Test func aJobWithMountsGoesOnlyWhereTheyCanBeShown() {
        var bench = Bench()
        bench.join("vm") { $0.drivers = [Self.vm] }
        var wanted = job(Requirements())
        wanted.mounts = [Mount(path: "in", at: "/data")]
        #expect(nodes(of: bench.submit(wanted)).isEmpty)
        #expect(nodes(of: bench.join("old") { $0.drivers = [Self.process] }).isEmpty)
        var driver = Self.process
        driver.mounts = true
        #expect(nodes(of: bench.join("new") { $0.drivers = [driver] }) == [NodeID("new")])
    }

    @Test func nativeNodesComeBeforeThoseThatEmulate() {
        var bench = Bench()
        bench.join("emulator", cpus: 2) { $0.drivers = [Self.emulating] }
        bench.join("native", cpus: 2) { $0.architecture = "arm64" }
        var wanted = job(Requirements(architecture: "arm64"))
        wanted.array = ArrayRange(first: 0, count: 4)
        let placed = nodes(of: bench.submit(wanted))
        #expect(placed == ["native", "native", "emulator", "emulator"].map { NodeID($0) })
    }

    @Test func aSecondReplicaIsEmulatedRatherThanNeverRun() {
        var bench = Bench()
        bench.join("emulator", cpus: 2) { $0.drivers = [Self.emulating] }
        bench.join("native", cpus: 2) { $0.architecture = "arm64" }
        let placed = nodes(of: bench.submit(job(Requirements(architecture: "arm64"), replicas: 2)))
        #expect(placed == ["native", "emulator"].map { NodeID($0) })
    }

    @Test func aNodeThatComesBackWithoutEmulationGetsNoMoreOfIt() {
        var bench = Bench()
        bench.join("a") { $0.drivers = [Self.emulating] }
        var wanted = job(Requirements(architecture: "arm64"))
        wanted.array = ArrayRange(first: 0, count: 3)
        #expect(nodes(of: bench.submit(wanted)) == [NodeID("a")])
        #expect(nodes(of: bench.join("a") { $0.drivers = [Self.process] }).isEmpty)
        #expect(nodes(of: bench.join("a") { $0.architecture = "arm64" }) == [NodeID("a")])
    }

    @Test func theWeakestWallThatIsStrongEnoughIsChosenAndNativeBeforeEmulated() {
        var profile = Bench.profile("a")
        profile.drivers = [Self.vm, Self.emulating, Self.runsc]
        #expect(profile.driver(for: DriverWish(payload: "process"))?.index == 1)
        #expect(profile.driver(for: DriverWish(payload: "process", isolation: .gvisor))?.index == 0)
        #expect(
            profile.driver(for: DriverWish(payload: "process", architecture: "arm64"))
                == DriverChoice(index: 1, isEmulated: true))
        #expect(profile.driver(for: DriverWish(payload: "process", architecture: "sparc")) == nil)
        profile.drivers = [Self.process, Self.runsc]
        #expect(profile.driver(for: DriverWish(payload: "process", enforced: [.disk])) == nil)
        #expect(profile.shortfalls(for: DriverWish(payload: "wasm")) == [.payload])
        #expect(
            profile.shortfalls(for: DriverWish(payload: "process", isolation: .vm, enforced: [.disk, .memory]))
                == [.isolation, .enforced(.disk)])
    }

    @Test func theDriverThatIsNamedRunsIt() {
        var profile = Bench.profile("a")
        profile.drivers = [
            Self.process, DriverProfile(name: "docker", payloads: ["container"], isolation: .process),
            DriverProfile(name: "podman", payloads: ["container"], isolation: .process), Self.vm,
        ]
        #expect(profile.driver(for: DriverWish(payload: "container"))?.index == 1)
        #expect(profile.driver(for: DriverWish(payload: "container", drivers: ["podman"]))?.index == 2)
        #expect(profile.driver(for: DriverWish(payload: "container", drivers: ["podman", "docker"]))?.index == 1)
        #expect(profile.driver(for: DriverWish(payload: "container", drivers: ["vm"]))?.index == 1)
        #expect(profile.driver(for: DriverWish(payload: "process", drivers: ["vm"]))?.index == 3)
        #expect(profile.driver(for: DriverWish(payload: "container", drivers: ["crio"])) == nil)
        #expect(profile.shortfalls(for: DriverWish(payload: "container", drivers: ["crio"])) == [.driver("crio")])
        let strong = DriverWish(payload: "container", isolation: .gvisor, drivers: ["docker"])
        #expect(profile.shortfalls(for: strong) == [.isolation])
        #expect(profile.strongestWall(for: strong) == .process)
    }

    @Test(arguments: [
        ("docker", "driver docker (container): it does not answer", "it does not answer"),
        ("container", "driver docker (container): it does not answer", "it does not answer"),
        ("gvisor", "driver docker-gvisor (container): it has no runtime runsc", "it has no runtime runsc"),
        ("podman", "driver docker (container): it does not answer", nil),
        ("vm", "driver vm: no qemu: install it", "no qemu: install it"),
    ])
    func whatANodeSaysOfADriverIsFound(wanted: String, note: String, reason: String?) {
        var profile = Bench.profile("a")
        profile.notes = ["no GPU", "driver x", note]
        #expect(profile.excuse(for: wanted) == reason)
    }

    // MARK: Explanations

    private func explain(_ spec: JobSpec, _ drivers: [DriverProfile], notes: [String] = []) -> Explanation? {
        var bench = Bench()
        bench.join("a") {
            $0.drivers = drivers
            $0.notes = notes
        }
        bench.submit(spec)
        return bench.engine.explain(JobID(1), task: nil)
    }

    @Test func aMissingDriverIsNamedWithWhatTheNodeSaysOfIt() {
        let payload = Payload.wasm(WasmPayload(module: .inline([1])))
        let explanation = explain(
            job(Requirements(), payload), [Self.process],
            notes: ["no GPU", "driver wasm: libwasmtime.so was not found; make setup-drivers"])
        #expect(explanation?.kind == .neverHere)
        #expect(explanation?.reasons.map(\.field) == ["payload.wasm"])
        #expect(
            explanation?.reasons.map(\.message)
                == ["no driver wasm (a: libwasmtime.so was not found; make setup-drivers)"])
        #expect(explanation?.suggestion == "connect a node with the driver wasm (see `weft doctor` there)")
    }

    @Test func aMissingWallIsNamedWithTheStrongestThereIs() {
        let explanation = explain(
            job(Requirements(isolation: .vm)), [Self.process], notes: ["driver vm: qemu was not found"])
        #expect(explanation?.reasons.map(\.field) == ["requirements.isolation"])
        #expect(
            explanation?.reasons.map(\.message)
                == ["no wall as strong as vm (the strongest is process) (a: qemu was not found)"])
        #expect(
            explanation?.suggestion
                == "lower requirements.isolation to process, or connect a node with a driver for process payloads that "
                + "has the wall vm (see `weft doctor` there)")
    }

    @Test func aMissingArchitectureIsNamed() {
        let assembly = Payload.assembly(AssemblyPayload(source: .inline([1]), architecture: .riscv64))
        let explanation = explain(
            job(Requirements(), assembly), [DriverProfile(name: "assembly", isolation: .process)])
        #expect(explanation?.reasons.map(\.field) == ["payload.assembly.arch"])
        #expect(explanation?.reasons.map(\.message) == ["the architecture is not riscv64, and it is not emulated"])
        #expect(
            explanation?.suggestion == "connect a node that is riscv64 or emulates it (see `weft doctor` there)")
    }

    @Test func whatTheNearestDriverLacksIsNamed() {
        let explanation = explain(job(Requirements(isolation: .vm, enforced: [.time])), [Self.process, Self.vm])
        #expect(explanation?.reasons.map(\.message) == ["no wall as strong as vm (the strongest is process)"])
    }
}
