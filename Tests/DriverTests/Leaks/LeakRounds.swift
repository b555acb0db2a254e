#if os(Linux)
    import Glibc
    import MachineState
    import SeededNumbers
    import Synchronization
    import Testing
    import WeftDrivers
    import WeftModel

    /// How often each driver's payloads are begun and ended: `ROUNDS` in the environment, a sample otherwise.
    let leakRounds = getenv("ROUNDS").flatMap { Int(String(cString: $0)) } ?? 10

    /// A driver whose payloads are ended in all ways and at all moments, with what is needed to tell what is left.
    struct LeakSubject: Sendable {
        /// Something to run.
        struct Payload: Sendable {
            var name: String
            var payload: RunPayload
            var files: [DriverHost.File] = []
            /// Whether it ends by itself, soon.
            var ends = false
            var reuse: String?
        }

        var name: String
        var driver: any Driver
        var root: WorkspaceRoot
        var payloads: [Payload]
        /// About what a payload takes from its order to its first instruction.
        var startup: Duration
        /// How many rounds at once.
        var width = 3
        var resources = Resources(cpuMillis: 1000, memoryBytes: 64 << 20, diskBytes: 8 << 20)
        var scope: MachineScope
    }

    /// Runs rounds and says what they left.
    final class LeakRounds: Sendable {
        private let subject: LeakSubject
        private let random: Mutex<SeededRandom>
        private let number = Mutex<UInt64>(0)
        private let ends = Mutex<[String: Int]>([:])

        private static let variable = "WEFT_LEAK_ROUND"
        /// Cells that wait for their job's next task are let go after ten seconds.
        private static let patience = Duration.seconds(20)
        /// What no round may take, whatever it runs.
        private static let roundLimit = Duration.seconds(90)

        init(_ subject: LeakSubject, seed: UInt64) {
            self.subject = subject
            random = Mutex(SeededRandom(seed: seed))
        }

        /// The first rounds fill what is kept on purpose; what the others leave is what is left since then.
        func run(_ rounds: Int) async throws {
            let clock = ContinuousClock()
            for payload in subject.payloads { try await round(payload, cancelAfter: nil, timeout: subject.startup * 3) }
            try await Task.sleep(for: .seconds(subject.payloads.contains { $0.reuse != nil } ? 12 : 0.5))
            let before = MachineState(subject.scope)
            let started = clock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<rounds {
                    if index >= subject.width { try await group.next() }
                    let (payload, cancelAfter, timeout) = draw()
                    group.addTask { try await self.round(payload, cancelAfter: cancelAfter, timeout: timeout) }
                }
                try await group.waitForAll()
            }
            let took = clock.now - started
            let left = try await MachineState.leftovers(
                since: before, in: subject.scope, patience: Self.patience)
            #expect(left.isEmpty, "\(subject.name) left \(left.count) things:\n\(left.joined(separator: "\n"))")
            let counts = ends.withLock { $0.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" } }
            print(
                "leaks: \(subject.name): \(rounds) rounds in \(took), \(left.count) things left; ended: "
                    + counts.joined(separator: ", "))
        }

        private func draw() -> (LeakSubject.Payload, cancelAfter: Duration?, timeout: Duration) {
            random.withLock { random in
                let payload = subject.payloads[Int.random(in: 0..<subject.payloads.count, using: &random)]
                let long = subject.startup * 1.6 + .milliseconds(300)
                let moment = long * Double.random(in: 0...1, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0 where payload.ends: return (payload, nil, .seconds(60))
                case 1: return (payload, nil, max(.milliseconds(2), moment))
                default: return (payload, moment, .seconds(60))
                }
            }
        }

        private func round(_ payload: LeakSubject.Payload, cancelAfter: Duration?, timeout: Duration) async throws {
            let number = number.withLock {
                $0 += 1
                return $0
            }
            let mark = "weft-leak-\(getpid())-\(subject.name)-\(number)-"
            let workspace = try subject.root.makeWorkspace(
                for: AttemptID(
                    task: TaskID(job: JobID(1), index: UInt32(number)), replica: 0,
                    lease: LeaseID(epoch: 1, sequence: number)))
            for file in payload.files {
                try workspace.write(
                    file.bytes, to: try workspace.prepareInput(file.path), isExecutable: file.isExecutable)
            }
            let order = RunOrder(
                payload.payload, environment: [Self.variable: mark], resources: subject.resources, timeout: timeout,
                reuse: payload.reuse)
            let clock = ContinuousClock()
            let started = clock.now
            let running = Task { await subject.driver.run(order, in: workspace) { _ in true } }
            if let cancelAfter {
                try await Task.sleep(for: cancelAfter)
                running.cancel()
            }
            let report = await running.value
            let what = "\(subject.name), \(payload.name), cancelled after \(cancelAfter.map { "\($0)" } ?? "nothing")"
            #expect(clock.now - started < Self.roundLimit, "\(what) took \(clock.now - started)")
            // The promise of every driver: when it has returned, nothing of the payload runs.
            let alive = MachineState.processes(bearing: mark)
            #expect(alive.isEmpty, "\(what), ended as \(report.end), still runs:\n\(alive.joined(separator: "\n"))")
            if case .failed(let failure) = report.end, failure.kind == .sandboxFailed {
                Issue.record("\(what): \(failure.message)")
            }
            try await subject.root.remove(workspace)
            ends.withLock { $0[Self.word(report.end), default: 0] += 1 }
        }

        private static func word(_ end: RunEnd) -> String {
            switch end {
            case .exited: "by itself"
            case .cancelled: "cancelled"
            case .failed(let failure): "\(failure.kind)"
            }
        }
    }
#endif
