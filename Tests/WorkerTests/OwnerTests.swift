import FoundationEssentials
import Logging
import Synchronization
import Testing
import WeftDevices
import WeftDrivers
import WeftFormats
import WeftModel
import WeftWire
import WeftWorker

/// A machine whose sensors are files of the test's, read by the sensors' own code.
final class FakeMachine: Sendable {
    let directory: TemporaryDirectory
    private struct State {
        var local = LocalTime(weekday: 2, minute: 720)
        var now = Instant(microseconds: 1_700_000_000_000_000)
        var busy: Int64 = 1000
        var idle: Int64 = 1000
    }
    private let state = Mutex(State())

    init() throws {
        directory = try TemporaryDirectory()
        for folder in [
            "sys/class/thermal/thermal_zone0", "sys/class/thermal/thermal_zone1", "sys/class/hwmon/hwmon0",
            "sys/class/power_supply/AC", "sys/class/power_supply/BAT0", "proc", "dev/pts", "data",
        ] {
            try FileManager.default.createDirectory(
                atPath: "\(directory.path)/\(folder)", withIntermediateDirectories: true)
        }
        try write("sys/class/thermal/thermal_zone1/temp", "-274000\n")
        try write("sys/class/hwmon/hwmon0/temp1_input", "30000\n")
        try write("sys/class/power_supply/AC/type", "Mains\n")
        try write("sys/class/power_supply/BAT0/type", "Battery\n")
        try write("sys/class/power_supply/BAT0/status", "Discharging\n")
        try setDegrees(45)
        try setMains(true)
        try pass(ticks: 100, busy: 0)
    }

    func write(_ path: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory.path)/\(path)"), options: .atomic)
    }

    func setDegrees(_ degrees: Int) throws { try write("sys/class/thermal/thermal_zone0/temp", "\(degrees * 1000)\n") }
    func setMains(_ isOn: Bool) throws { try write("sys/class/power_supply/AC/online", isOn ? "1\n" : "0\n") }
    func setLocal(_ local: LocalTime) { state.withLock { $0.local = local } }
    func rules(_ text: String) throws { try write("data/worker.yaml", text) }

    /// Clock ticks of all processors, of which others than the worker use some.
    func pass(ticks: Int64, busy: Int64) throws {
        let line = state.withLock { state in
            state.busy += busy
            state.idle += ticks - busy
            return "cpu  \(state.busy) 0 0 \(state.idle) 0 0 0 0 0 0\n"
        }
        try write("proc/stat", line)
    }

    var sensors: HostSensors {
        HostSensors(
            root: directory.path, now: WorkerEnvironment.system().now, local: { _ in self.state.withLock { $0.local } })
    }
}

/// Everything that a worker says over its link.
final class Heard: Sendable {
    private struct State {
        var profile: NodeProfile?
        var logBytes = 0
        var finished: [AttemptReport] = []
    }
    private let state = Mutex(State())

    var paused: String { state.withLock { $0.profile?.paused ?? "" } }
    var profile: NodeProfile? { state.withLock { $0.profile } }
    var logBytes: Int { state.withLock { $0.logBytes } }
    var finished: [AttemptReport] { state.withLock { $0.finished } }

    func listen(to end: CoordinatorEnd) -> Task<Void, any Error> {
        Task {
            while true {
                let message: Message = try await end.next { $0 }
                switch message.body {
                case .profile(let wire):
                    let profile = try NodeProfile(wire: wire)
                    state.withLock { $0.profile = profile }
                case .log(let chunk): state.withLock { $0.logBytes += chunk.bytes.count }
                case .finished(let wire):
                    let report = try AttemptReport(wire: wire)
                    state.withLock { $0.finished.append(report) }
                default: break
                }
            }
        }
    }
}

/// The real worker with a real payload behind its wall, on a machine whose load, clock and temperature the test has in
/// its hand.
@Suite(.serialized) struct OwnerTests {
    private struct Bench: Sendable {
        var machine: FakeMachine
        var end: CoordinatorEnd
        var heard: Heard
        var hello: NodeProfile
    }

    private func withWorker(
        _ rules: String, _ body: @Sendable (Bench) async throws -> Void
    ) async throws {
        let machine = try FakeMachine()
        try machine.rules(rules)
        let switchboard = Switchboard()
        let worker = try await Worker.open(
            WorkerConfiguration(cpuMillis: 4000, memoryBytes: 4 << 30, diskBytes: 4 << 30),
            in: try DataDirectory(path: machine.directory.path + "/data"), sensors: machine.sensors,
            logger: Logger(label: "test") { _ in SilentLog() },
            drivers: { kit in
                guard case .made(let wall) = kit.wall else { return [] }
                return [ProcessDriver(wall: wall)]
            }, connect: { await switchboard.dial() })
        let running = Task { try await worker.run() }
        let end = CoordinatorEnd(await switchboard.accept(), SigningIdentity())
        let hello = try await end.letIn()
        let heard = Heard()
        let listening = heard.listen(to: end)
        let bench = Bench(machine: machine, end: end, heard: heard, hello: try NodeProfile(wire: hello.profile))
        let result: Result<Void, any Error>
        do { result = .success(try await body(bench)) } catch { result = .failure(error) }
        running.cancel()
        _ = await running.result
        listening.cancel()
        try result.get()
    }

    private func eventually(
        _ what: String, within limit: Duration = .seconds(1), _ location: SourceLocation = #_sourceLocation,
        _ isTrue: () throws -> Bool
    ) async throws {
        let began = ContinuousClock.now
        while try !isTrue() {
            guard ContinuousClock.now - began < limit else {
                Issue.record("\(what): not within \(limit)", sourceLocation: location)
                throw CancellationError()
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        print("owner tests: \(what) after \(ContinuousClock.now - began)")
    }

    private func standsStill(_ bench: Bench) async throws {
        // What was on its way.
        try await Task.sleep(for: .milliseconds(150))
        let before = bench.heard.logBytes
        try await Task.sleep(for: .milliseconds(400))
        #expect(bench.heard.logBytes == before)
    }

    private func startCounting(_ bench: Bench, timeout: Duration = .seconds(60)) async throws {
        try await bench.end.assign(
            order(1, ["sh", "-c", "while true; do echo tick; sleep 0.02; done"], timeout: timeout, isolation: .process))
        try await eventually("the payload counts", within: .seconds(10)) { bench.heard.logBytes > 10 }
    }

    private func goesOn(_ bench: Bench) async throws {
        let before = bench.heard.logBytes
        try await eventually("the payload goes on") { bench.heard.logBytes > before + 10 }
        #expect(bench.heard.paused == "")
        #expect(bench.heard.finished.isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func heatFreezesWithinASecondAndLetsGoOnceItHasCooledDown() async throws {
        try await withWorker("max_temperature: 80\n") { bench in
            #expect(bench.hello.paused == "")
            try await startCounting(bench)
            try bench.machine.setDegrees(85)
            try await eventually("heat pauses") { bench.heard.paused == "it is hotter than 80 °C" }
            try await standsStill(bench)
            try bench.machine.setDegrees(78)
            try await standsStill(bench)
            #expect(bench.heard.paused != "")
            try bench.machine.setDegrees(74)
            try await eventually("cool again") { bench.heard.paused == "" }
            try await goesOn(bench)
        }
    }

    @Test(.timeLimit(.minutes(1))) func theClockThePowerAndAnEditOfTheRulesAreHonouredWithinASecond() async throws {
        try await withWorker("hours: wed 9:00-17:00\nmains_power_only: true\n") { bench in
            try await startCounting(bench)
            bench.machine.setLocal(LocalTime(weekday: 2, minute: 17 * 60))
            try await eventually("hours pause") {
                bench.heard.paused == "it is outside its hours, until wed 09:00"
            }
            try await standsStill(bench)
            bench.machine.setLocal(LocalTime(weekday: 2, minute: 16 * 60))
            try await eventually("within hours") { bench.heard.paused == "" }
            try await goesOn(bench)
            try bench.machine.setMains(false)
            try await eventually("battery pauses") { bench.heard.paused == "it runs on battery" }
            try bench.machine.rules(
                "limits: {cpus: 2}\nsubmitters: [ann]\nrequire_signed_by: [12D3KooWGzBvPDzpGWjRbAJBLGvXbTq3NFs9LhWeUmD4EHd8sJ4N]\n"
            )
            try await eventually("other rules") { bench.heard.paused == "" }
            let profile = try #require(bench.heard.profile)
            #expect(profile.capacity.cpuMillis == 2000)
            #expect(
                profile.submitters == ["ann"]
                    && profile.signers == ["12D3KooWGzBvPDzpGWjRbAJBLGvXbTq3NFs9LhWeUmD4EHd8sJ4N"])
            try bench.machine.rules("limit: {cpus: 1}\n")
            try await eventually("a bad edit is told") {
                bench.heard.profile?.notes.contains { $0.contains(#"did you mean "limits"?"#) } == true
            }
            #expect(bench.heard.profile?.capacity.cpuMillis == 2000, "the last good rules hold")
            try await goesOn(bench)
            // Its owner takes no work of others; the order says whose it is.
            var other = order(2, ["true"], isolation: .process)
            other.order.submitter = "bob"
            try await bench.end.assign(other)
            try await eventually("bob is refused") { bench.heard.finished.first?.failureKind == .refused }
        }
    }

    @Test(.timeLimit(.minutes(1))) func loadOfOthersFreezesWithinASecond() async throws {
        try await withWorker("only_when_idle: {load: 30%}\n") { bench in
            let share = Mutex<Int64>(0)
            let others = Task {
                while !Task.isCancelled {
                    // Four processors' ticks in a twentieth of a second.
                    try bench.machine.pass(ticks: 20, busy: share.withLock { $0 } / 5)
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
            defer { others.cancel() }
            try await startCounting(bench)
            try await goesOn(bench)
            share.withLock { $0 = 100 }
            try await eventually("load pauses") {
                bench.heard.paused == "others use more than 30% of its processors"
            }
            try await standsStill(bench)
            share.withLock { $0 = 0 }
            try await eventually("calm for a while", within: .seconds(6)) { bench.heard.paused == "" }
            try await goesOn(bench)
        }
    }

    @Test(.timeLimit(.minutes(1))) func whatIsFrozenForLongIsHandedBackAndWhatComesMeanwhileIsRefused() async throws {
        try await withWorker("max_temperature: 80\nhand_back_after: 1\n") { bench in
            try await startCounting(bench)
            try bench.machine.setDegrees(90)
            try await eventually("heat pauses") { bench.heard.paused != "" }
            try await bench.end.assign(order(2, ["true"], isolation: .process))
            try await eventually("new work is refused") { bench.heard.finished.first?.failureKind == .refused }
            #expect(bench.heard.finished.count == 1)
            try await eventually("handed back", within: .seconds(3)) { bench.heard.finished.count == 2 }
            let report = bench.heard.finished[1]
            #expect(report.failureKind == .nodeLost)
            guard case .failed(let failure) = report.outcome else { return }
            #expect(failure.message == "its node is paused by its owner: it is hotter than 80 °C")
            let files = OwnerFiles(directory: bench.machine.directory.path + "/data")
            try await eventually("the status says so") { try files.loadStatus()?.frozen == 0 }
        }
    }

    @Test(.timeLimit(.minutes(1))) func aPauseByNameHoldsAndIsConfirmed() async throws {
        try await withWorker("") { bench in
            let files = OwnerFiles(directory: bench.machine.directory.path + "/data")
            try await startCounting(bench)
            try files.write(ManualPause(id: "one"))
            try await eventually("the pause is confirmed") { try files.loadStatus()?.pauseName == "one" }
            #expect(try files.loadStatus()?.frozen == 1)
            try await standsStill(bench)
            #expect(bench.heard.paused == "its owner paused it")
            try files.removePause()
            try await eventually("the end is confirmed") { try files.loadStatus()?.paused == nil }
            try await goesOn(bench)
        }
    }

    @Test func rulesThatMakeNoSenseKeepTheWorkerFromStarting() async throws {
        let machine = try FakeMachine()
        try machine.rules("max_temprature: 80\n")
        await #expect {
            _ = try await Worker.open(
                WorkerConfiguration(), in: try DataDirectory(path: machine.directory.path + "/data"),
                logger: Logger(label: "test") { _ in SilentLog() }, drivers: { _ in [] },
                connect: { throw LinkError.closed })
        } throws: { error in
            "\(error)".contains(#"max_temprature: unknown key; did you mean "max_temperature"?"#)
        }
    }

    @Test func aMachineWithoutSensorsSaysWhatIsMissing() throws {
        let directory = try TemporaryDirectory()
        let readings = HostSensors(root: directory.path, now: WorkerEnvironment.system().now).readAll()
        #expect(readings.temperature == .missing("no temperature sensor is seen here"))
        #expect(readings.isOnMains == .missing("power supplies are not seen here"))
        #expect(readings.inputIdleSeconds == .missing("no terminal and no input device can be seen here"))
        #expect(readings.othersLoadPercent.value == nil)
    }

    @Test func theSensorsReadWhatTheKernelSays() throws {
        let machine = try FakeMachine()
        let now = WorkerEnvironment.system().now()
        #expect(machine.sensors.readAll().inputIdleSeconds == .value(.max), "nobody is at a terminal")
        try machine.write("dev/pts/3", "")
        let readings = machine.sensors.readAll()
        #expect(readings.temperature == .value(45))
        #expect(readings.isOnMains == .value(true))
        #expect((0...5).contains(readings.inputIdleSeconds.value ?? -1), "\(readings.inputIdleSeconds) at \(now)")
        try machine.setMains(false)
        #expect(machine.sensors.readAll().isOnMains == .value(false))
        try machine.write("sys/class/power_supply/BAT0/scope", "Device\n")
        #expect(machine.sensors.readAll().isOnMains == .value(true), "a mouse's battery is none of the machine's")
        try machine.write("sys/class/hwmon/hwmon0/temp1_input", "66000\n")
        #expect(machine.sensors.readAll().temperature == .value(66))
    }
}
