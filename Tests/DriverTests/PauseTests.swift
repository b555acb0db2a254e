#if os(Linux)
    import Glibc
    import Synchronization
    import TestEngines
    import Testing
    import WeftDrivers
    import WeftModel
    import WeftSandbox

    /// Counts what a payload says, as it says it.
    final class Counter: Sendable {
        private let bytes = Mutex(0)
        var value: Int { bytes.withLock { $0 } }
        func take(_ piece: LogBytes) -> Bool {
            bytes.withLock { $0 += piece.bytes.count }
            return true
        }
    }

    /// What every driver owes an owner who wants the machine: the payload stands still, its clock with it, and it can be
    /// ended all the same.
    enum PauseCheck {
        /// Says something about every 50 ms, for about two seconds of running.
        static let script = "i=0; while [ $i -lt 40 ]; do echo tick; sleep 0.05; i=$((i+1)); done"
        static let command = ["sh", "-c", script]
        /// Whose pause is longer than what is left of its time.
        static let timeout = Duration.seconds(6)
        static let pauseTime = Duration.seconds(5)

        private static func wait(_ what: String, _ isTrue: () -> Bool) async throws {
            let end = ContinuousClock.now + .seconds(30)
            while !isTrue() {
                try #require(ContinuousClock.now < end, "\(what)")
                try await Task.sleep(for: .milliseconds(5))
            }
        }

        /// `start` runs the command with this pause and log. `pauseTime` is longer than what is left of its time.
        static func standsStill(
            for pauseTime: Duration = pauseTime,
            _ start: @escaping @Sendable (RunPause, @escaping LogSink) async throws -> RunReport
        ) async throws {
            let pause = RunPause()
            let counter = Counter()
            let clock = ContinuousClock()
            let running = Task { try await start(pause) { counter.take($0) } }
            try await wait("it says something") { counter.value > 10 }
            let began = clock.now
            pause.pause()
            try await Task.sleep(for: .milliseconds(900))
            let before = counter.value
            try await Task.sleep(for: pauseTime - .milliseconds(900))
            #expect(counter.value == before, "it stands still")
            pause.resume()
            try await wait("it goes on") { counter.value > before }
            let report = try await running.value
            #expect(
                report.end == .exited(0),
                "\(report.end) \(String(decoding: report.standardError.bytes(), as: UTF8.self))")
            #expect(clock.now - began > pauseTime)
            #expect(counter.value == 200, "it did all of it")
            #expect((report.usage?.wallMicroseconds ?? 0) > pauseTime.microseconds, "wall time is what passed")
        }

        /// Ends what stands still: nothing of it may be left, and it must not take long.
        static func canBeEnded(
            _ start: @escaping @Sendable (RunPause, @escaping LogSink) async throws -> RunReport
        ) async throws {
            let pause = RunPause()
            let counter = Counter()
            let running = Task { try await start(pause) { counter.take($0) } }
            try await wait("it says something") { counter.value > 10 }
            pause.pause()
            try await Task.sleep(for: .milliseconds(300))
            let began = ContinuousClock.now
            running.cancel()
            #expect(try await running.value.end == .cancelled)
            #expect(ContinuousClock.now - began < .seconds(10))
        }

        static func order(_ payload: RunPayload, _ pause: RunPause, timeout: Duration = timeout) -> RunOrder {
            RunOrder(
                payload, resources: Resources(cpuMillis: 1000, memoryBytes: 64 << 20, diskBytes: 32 << 20),
                timeout: timeout, pause: pause)
        }
    }

    /// Processes and modules.
    @Suite(.serialized) struct PauseTests {
        private static let shared = Task { try await DriverHost(emulated: false) }
        private static let open = Task {
            try await OpenProcesses.start(stateDirectory: try await shared.value.folder + "/open")
        }

        private func process(_ timeout: Duration = PauseCheck.timeout)
            -> @Sendable (RunPause, @escaping LogSink) async throws -> RunReport
        {
            { pause, log in
                let host = try await Self.shared.value
                let order = PauseCheck.order(.process(command: PauseCheck.command), pause, timeout: timeout)
                return await host.process.run(order, in: try host.makeWorkspace(), log: log)
            }
        }

        private func openProcess(_ pause: RunPause, _ log: @escaping LogSink) async throws -> RunReport {
            let driver = ProcessDriver(wall: .none(try await Self.open.value))
            // A child that left its session is stopped as well.
            let script = "setsid -w sh -c '\(PauseCheck.script)'"
            let order = PauseCheck.order(.process(command: ["sh", "-c", script]), pause)
            return await driver.run(order, in: try await Self.shared.value.makeWorkspace(), log: log)
        }

        @Test func aProcessStandsStill() async throws { try await PauseCheck.standsStill(process()) }
        @Test func aFrozenProcessCanBeEnded() async throws { try await PauseCheck.canBeEnded(process()) }
        @Test func aProcessWithoutAWallStandsStill() async throws { try await PauseCheck.standsStill(openProcess) }
        @Test func aStoppedProcessWithoutAWallCanBeEnded() async throws { try await PauseCheck.canBeEnded(openProcess) }

        @Test func whatIsOverItsTimeWithoutThePauseIsEnded() async throws {
            let pause = RunPause()
            let start = process(.milliseconds(1200))
            let counter = Counter()
            let running = Task { try await start(pause) { counter.take($0) } }
            try await Task.sleep(for: .milliseconds(300))
            pause.pause()
            try await Task.sleep(for: .milliseconds(1500))
            pause.resume()
            guard case .failed(let failure) = try await running.value.end else {
                return #expect(Bool(false), "it had less time than it needs")
            }
            #expect(failure.kind == .timedOut)
        }

        @Test func whatIsPausedBeforeItBeginsBeginsLater() async throws {
            let pause = RunPause()
            pause.pause()
            let counter = Counter()
            let start = process()
            let running = Task { try await start(pause) { counter.take($0) } }
            try await Task.sleep(for: .milliseconds(700))
            #expect(counter.value == 0)
            pause.resume()
            #expect(try await running.value.end == .exited(0))
        }

        @Test(.enabled(if: WasmHost.hasWasmtime)) func aModuleStandsStillAndItsTimeDoesNotRun() async throws {
            let host = try await WasmHost()
            let path = try host.file(TinyModule.endless.bytes, named: "endless")
            let pause = RunPause()
            var order = host.order(path, timeout: .seconds(2))
            order.pause = pause
            let endless = order
            let clock = ContinuousClock()
            let began = clock.now
            let running = Task { try await host.run(endless) }
            try await Task.sleep(for: .milliseconds(800))
            pause.pause()
            try await Task.sleep(for: .seconds(3))
            pause.resume()
            let report = try await running.value
            #expect(report.failure?.kind == .timedOut)
            #expect(clock.now - began > .milliseconds(4800), "the pause is not its time")
            #expect((report.usage?.cpuMicroseconds ?? 0) < 2_400_000, "it stood still")
            await host.close()
        }
    }

    extension ContainerSuite {
        @Suite(.serialized) struct ContainerPauseTests {
            @Test(arguments: TestedEngine.present) func aContainerStandsStillAndCanBeEnded(engine: TestedEngine)
                async throws
            {
                let host = try ContainerHost(engine)
                let image = ContainerImage.archive(path: try ContainerTestFolder.savedImage)
                let start: @Sendable (RunPause, @escaping LogSink) async throws -> RunReport = { pause, log in
                    let order = PauseCheck.order(.container(image: image, command: PauseCheck.command), pause)
                    return await host.driver.run(order, in: try host.makeWorkspace(), log: log)
                }
                try await PauseCheck.standsStill(start)
                try await PauseCheck.canBeEnded(start)
                #expect(host.containers() == "")
            }

            @Test(arguments: RuncTests.runtimes) func withoutAnEngineItDoesAsWell(runtime: RuncDriver.Runtime)
                async throws
            {
                let host = try await RuncTests.Host(runtime)
                let number = Mutex<UInt64>(0)
                let image = ContainerImage.archive(path: try ContainerTestFolder.savedImage)
                let start: @Sendable (RunPause, @escaping LogSink) async throws -> RunReport = { pause, log in
                    let next = number.withLock { number in
                        number += 1
                        return number
                    }
                    let workspace = try host.root.makeWorkspace(for: containerAttempt(next))
                    let order = PauseCheck.order(
                        .container(image: image, command: PauseCheck.command), pause, timeout: .seconds(8))
                    return await host.driver.run(order, in: workspace, log: log)
                }
                try await PauseCheck.standsStill(start)
                try await PauseCheck.canBeEnded(start)
                #expect(host.leftovers() == "")
            }
        }
    }
#endif
