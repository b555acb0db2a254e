import DequeModule
import Testing
import WeftEngine
import WeftModel

/// Jobs that say which share of their answers may be wrong.
@Suite struct BudgetTests {
    /// What was accepted and what it took.
    struct Tally {
        var right = 0
        var wrong = 0
        var refused = 0
        var attempts = 0
    }

    /// Nodes of one slot that answer one after the other until nothing is left to do.
    struct Pool {
        var bench: Bench
        let liars: Set<String>
        /// What a liar answers.
        let lie: (String, TaskID) -> Digest
        var work: Deque<(node: String, attempt: AttemptID)> = []
        var tally = Tally()

        init(
            _ bench: Bench, nodes: Int, liars: Set<String> = [],
            lie: @escaping (String, TaskID) -> Digest = { node, task in
                digest(1000 + Int(task.index) * 100 + Int(node.dropFirst())!)
            }
        ) {
            self.bench = bench
            self.liars = liars
            self.lie = lie
            for number in 0..<nodes { take(self.bench.join("n\(number)")) }
        }

        static func truth(_ task: TaskID) -> Digest { digest(10_000_000 + Int(task.index)) }

        mutating func submit(tasks: UInt32, maxError: Double) {
            var spec = spec(tasks: tasks)
            spec.verification = Verification(maxError: ErrorRate(notBelow: maxError))
            take(bench.submit(spec))
        }

        mutating func take(_ step: Step) {
            for case .assign(let node, let attempt) in step.actions { work.append((node.text, attempt)) }
            for end in step.ends {
                switch end.answer {
                case nil: tally.refused += 1
                case Self.truth(end.id): tally.right += 1
                default: tally.wrong += 1
                }
            }
        }

        /// Answers until nothing is under way, at most so often.
        mutating func run(answers: Int = .max) {
            var left = answers
            while left > 0, let (node, attempt) = work.popFirst() {
                left -= 1
                tally.attempts += 1
                bench.wait(.milliseconds(50))
                let truth = Self.truth(attempt.task)
                take(bench.finish(attempt, on: node, liars.contains(node) ? lie(node, attempt.task) : truth))
            }
        }

        /// Hears all nodes and lets a second pass.
        mutating func tick() {
            bench.wait(.seconds(1))
            for number in 0..<100 where bench.session(of: NodeID("n\(number)")) > 0 {
                take(bench.handle(.nodeHeard(NodeID("n\(number)"), session: bench.session(of: NodeID("n\(number)")))))
            }
            take(bench.handle(.tick))
        }
    }

    @Test func anHonestPoolEndsItsJob() {
        var pool = Pool(Bench(), nodes: 6)
        pool.submit(tasks: 300, maxError: 1e-2)
        pool.run()
        #expect(pool.tally.right == 300)
        #expect(pool.tally.wrong + pool.tally.refused == 0)
        #expect(pool.tally.attempts < 300 * 5 / 2, "\(pool.tally)")
        // What was learnt is there for the next job.
        pool.submit(tasks: 1000, maxError: 1e-2)
        pool.tally.attempts = 0
        pool.run()
        #expect(pool.tally.right == 1300)
        #expect(pool.tally.attempts < 1500, "\(pool.tally)")
        let bounds = pool.bench.changes.compactMap { change -> ErrorRate? in
            if case .taskEnded(let record) = change { record.errorBound } else { nil }
        }
        #expect(bounds.count == 1300)
        #expect(bounds.allSatisfy { $0.share <= 1e-2 }, "\(bounds.max()!.text)")
        #expect(pool.bench.engine.jobIDs.isEmpty)
    }

    /// The demonstration's pool: two of six lie, each in its own way, as often as they can.
    @Test(arguments: [1e-2, 1e-3, 1e-4]) func twoOfSixLiarsGetNothingThrough(maxError: Double) {
        var pool = Pool(Bench(), nodes: 6, liars: ["n1", "n4"])
        pool.submit(tasks: 200, maxError: maxError)
        pool.run()
        #expect(pool.tally.wrong == 0)
        #expect(pool.tally.right == 200, "\(pool.tally)")
    }

    @Test func colludersGetNothingThrough() {
        var pool = Pool(Bench(), nodes: 9, liars: ["n1", "n4", "n7"], lie: { _, task in digest(77 + Int(task.index)) })
        pool.submit(tasks: 200, maxError: 1e-3)
        pool.run()
        #expect(pool.tally.wrong == 0)
        #expect(pool.tally.right == 200, "\(pool.tally)")
    }

    /// Beyond the assumption there is no answer, and the job says why.
    @Test func aMajorityOfLiarsIsRefused() {
        var pool = Pool(
            Bench(), nodes: 20, liars: Set((0..<12).map { "n\($0)" }), lie: { _, task in digest(77 + Int(task.index)) })
        pool.submit(tasks: 200, maxError: 1e-3)
        pool.run()
        #expect(pool.tally.right + pool.tally.wrong == 0, "\(pool.tally)")
        let end = pool.bench.changes.compactMap { change -> String? in
            if case .jobMoved(_, .cancelled, let reason, _, _) = change { reason } else { nil }
        }
        #expect(end.first?.hasPrefix("max_error 0.001 cannot be met: ") == true, "\(end)")
        #expect(pool.bench.engine.jobIDs.isEmpty || pool.bench.engine.job(JobID(1))?.state == .cancelled)
    }

    /// Nodes of one owner have one vote.
    @Test func oneOwnerDoesNotCheckItself() {
        var bench = Bench()
        for name in ["a1", "a2", "a3"] { bench.join(name, owner: "anna") }
        var spec = spec(tasks: 1)
        spec.verification = Verification(maxError: ErrorRate(notBelow: 1e-3))
        let assigned = bench.submit(spec).orders
        #expect(assigned.count == 1)
        let step = bench.finish(attempt(1, 0, lease: 1), on: "a1", answer(1))
        #expect(step.ends.map(\.state) == [.failed])
        #expect(step.ends.first?.reason?.contains("too few") == true)
    }

    /// A check waits for the node that was drawn, also while others have nothing to do.
    @Test func whoChecksIsDrawnAndNotWhoHasRoom() {
        var drawn: Set<NodeID> = []
        for seed in 0..<40 {
            var configuration = EngineConfiguration()
            configuration.trustSeed = UInt64(seed)
            var bench = Bench(configuration)
            for number in 0..<6 { bench.join("n\(number)") }
            var spec = spec(tasks: 1)
            spec.verification = Verification(maxError: ErrorRate(notBelow: 1e-3))
            bench.submit(spec)
            for case .assign(let node, _) in bench.finish(attempt(1, 0, lease: 1), on: "n0", answer(1)).orders {
                drawn.insert(node)
            }
        }
        #expect(drawn == Set((1..<6).map { NodeID("n\($0)") }))
    }

    /// What was learnt is there after a restart; what was held is held anew.
    @Test func aRestartForgetsNothingThatCosts() {
        var pool = Pool(Bench(), nodes: 6, liars: ["n1"])
        pool.submit(tasks: 400, maxError: 1e-2)
        pool.run(answers: 500)
        let before = pool.tally
        #expect(before.right > 100)
        pool.work.removeAll()
        pool.bench.restart()
        for number in 0..<6 { pool.take(pool.bench.join("n\(number)")) }
        for _ in 0..<20 {
            pool.tick()
            pool.run()
        }
        #expect(pool.tally.right == 400, "\(pool.tally)")
        #expect(pool.tally.wrong == 0)
        #expect(pool.tally.attempts - before.attempts < 2 * (400 - before.right), "\(before), \(pool.tally)")
    }

    @Test func aCheckThatNobodyCanDoIsGivenUp() {
        var bench = Bench()
        bench.join("able")
        bench.join("other") { $0.drivers = [DriverProfile(name: "wasm")] }
        bench.join("third") { $0.drivers = [DriverProfile(name: "wasm")] }
        bench.join("fourth") { $0.drivers = [DriverProfile(name: "wasm")] }
        var spec = spec(tasks: 1)
        spec.verification = Verification(maxError: ErrorRate(notBelow: 1e-3))
        bench.submit(spec)
        bench.finish(attempt(1, 0, lease: 1), on: "able", answer(1))
        let names = ["able", "other", "third", "fourth"].map { NodeID($0) }
        bench.pass(.seconds(590), hearing: names)
        #expect(bench.engine.hasEnded(TaskID(job: JobID(1), index: 0)) == false)
        bench.pass(.seconds(20), hearing: names)
        let reasons = bench.changes.compactMap { if case .taskEnded(let record) = $0 { record.reason } else { nil } }
        #expect(reasons == ["max_error 0.001 cannot be met: 1 owners' nodes are too few to be certain enough"])
    }

    @Test func whatIsHeldIsExplained() {
        var pool = Pool(Bench(), nodes: 6)
        pool.submit(tasks: 300, maxError: 1e-2)
        pool.run(answers: 300)
        let summaries = Set(
            (0..<300).compactMap { pool.bench.engine.explain(JobID(1), task: UInt32($0))?.summary })
        #expect(
            summaries.contains("it is answered, and waits until some of its node's answers were checked by others"),
            "\(summaries)")
    }
}

/// An answer for each number.
func digest(_ number: Int) -> Digest {
    Digest(bytes: (0..<32).map { $0 < 8 ? UInt8(truncatingIfNeeded: number >> (8 * $0)) : 0 })!
}
