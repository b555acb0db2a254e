import Testing
import WeftEngine
import WeftModel

@Suite struct CacheTests {
    private func cached(
        _ origin: TaskID = task(1), _ value: UInt8 = 1, voters: [String] = ["a", "b"], bound: ErrorRate? = nil
    ) -> CachedAnswer {
        CachedAnswer(origin: origin, answer: answer(value), voters: voters.map { NodeID($0) }, errorBound: bound)
    }

    /// Nodes a, b, c and a job that has one task verified by a and b.
    private func bench(replicas: Int = 2, change: (inout JobSpec) -> Void = { _ in }) -> Bench {
        var bench = Bench()
        for name in ["a", "b", "c"] { bench.join(name, cpus: 4) }
        var spec = spec(replicas: replicas)
        change(&spec)
        bench.submit(spec)
        return bench
    }

    @discardableResult
    private func submit(
        _ bench: inout Bench, _ spec: JobSpec, _ answers: [UInt32: CachedAnswer], asOf: UInt64 = 0
    ) -> Step {
        bench.handle(
            .submitted(
                JobSubmission(
                    spec: spec, specDigest: answer(0), submitter: "ada", cached: CachedAnswers(answers, asOf: asOf))))
    }

    private func entries(_ step: Step) -> [CacheEntry] {
        step.changes.compactMap { if case .cacheEntered(let entry) = $0 { entry } else { nil } }
    }

    private func revoked(_ step: Step) -> [NodeID] {
        step.changes.compactMap { if case .cacheRevoked(let node) = $0 { node } else { nil } }
    }

    @Test func onlyWhatWasConfirmedMayBeGivenToOthers() {
        var two = bench()
        #expect(entries(two.finish(attempt(1, lease: 1), on: "a", answer(1))) == [])
        #expect(
            entries(two.finish(attempt(1, replica: 1, lease: 2), on: "b", answer(1)))
                == [CacheEntry(origin: task(1), voters: [NodeID("a"), NodeID("b")])])
        var single = bench(replicas: 1)
        #expect(entries(single.finish(attempt(1, lease: 1), on: "a", answer(1))) == [])
        var failing = bench()
        failing.finish(attempt(1, lease: 1), on: "a", answer(1), status: 3)
        #expect(entries(failing.finish(attempt(1, replica: 1, lease: 2), on: "b", answer(1), status: 3)) == [])
        var declining = bench { $0.usesCache = false }
        declining.finish(attempt(1, lease: 1), on: "a", answer(1))
        #expect(entries(declining.finish(attempt(1, replica: 1, lease: 2), on: "b", answer(1))) == [])
    }

    @Test func whoDifferedIsNoVoterAndLosesWhatItsVotesAreIn() {
        var bench = bench(replicas: 3)
        bench.finish(attempt(1, lease: 1), on: "a", answer(1))
        bench.finish(attempt(1, replica: 1, lease: 2), on: "b", answer(2))
        let end = bench.finish(attempt(1, replica: 2, lease: 3), on: "c", answer(1))
        #expect(revoked(end) == [NodeID("b")])
        #expect(entries(end).map(\.voters) == [[NodeID("a"), NodeID("c")]])
        // The lie is told of before the entry: what follows it may have the liar's vote again.
        let order = end.changes.compactMap { change in
            switch change {
            case .cacheRevoked: "revoked"
            case .cacheEntered: "entered"
            default: nil
            }
        }
        #expect(order == ["revoked", "entered"])
    }

    @Test func aLateLieRevokesToo() {
        var bench = bench(replicas: 3)
        bench.finish(attempt(1, lease: 1), on: "a", answer(1))
        #expect(entries(bench.finish(attempt(1, replica: 1, lease: 2), on: "b", answer(1))).count == 1)
        #expect(revoked(bench.finish(attempt(1, replica: 2, lease: 3), on: "c", answer(9))) == [NodeID("c")])
    }

    @Test func whoWasFoundLyingBeforeTheQuorumIsNoVoter() {
        var bench = Bench()
        for name in ["a", "b", "c", "d"] { bench.join(name, cpus: 4) }
        // Job 1 on a, b, c needs all of them; b votes in it, and then lies in job 2.
        bench.submit(spec(replicas: 3, quorum: 3))
        bench.finish(attempt(1, lease: 1), on: "a", answer(1))
        bench.finish(attempt(1, replica: 1, lease: 2), on: "b", answer(1))
        let second = bench.submit(spec(replicas: 4, quorum: 2))
        for (node, attempt) in second.actions.placed {
            bench.finish(attempt, on: node.text, answer(node == NodeID("b") ? 9 : 5))
        }
        let end = bench.finish(attempt(1, replica: 2, lease: 3), on: "c", answer(1))
        #expect(end.ends.map(\.verdict) == [.agreed])
        #expect(entries(end).map(\.voters) == [[NodeID("a"), NodeID("c")]])
    }

    @Test func aJobOfWhichAllIsKnownEndsAtOnceAndNothingRuns() {
        var bench = bench()
        let answers = Dictionary(uniqueKeysWithValues: (UInt32(0)..<3).map { ($0, cached(task(1, $0), UInt8($0 + 1))) })
        let step = submit(&bench, spec(tasks: 3, replicas: 2), answers)
        #expect(step.ends.map(\.id) == [task(2, 0), task(2, 1), task(2, 2)])
        #expect(step.ends.map(\.cachedFrom) == [task(1, 0), task(1, 1), task(1, 2)])
        #expect(step.ends.allSatisfy { $0.state == .succeeded && $0.verdict == .agreed && $0.dissenters == 0 })
        #expect(step.ends.map(\.answer) == [answer(1), answer(2), answer(3)])
        #expect(step.orders == [])
        #expect(step.forgotten.map(\.id) == [JobID(2)])
        #expect(step.forgotten.first?.state == .succeeded)
        #expect(step.changes.contains(.taskEnded(step.ends[0])))
        #expect(entries(step) == [])
        #expect(bench.engine.node(NodeID("a"))?.record.reputation.agreements == 0)
        #expect(bench.engine.counters.cached == 3)
    }

    @Test func whatIsNotKnownIsRunAndTheRestSurvivesARestart() {
        var bench = bench()
        let step = submit(&bench, spec(tasks: 2, replicas: 2), [1: cached(task(1, 1))])
        #expect(step.ends.map(\.id) == [task(2, 1)])
        #expect(step.assignments.map(\.task) == [task(2, 0), task(2, 0)])
        bench.restart()
        #expect(bench.engine.job(JobID(2))?.counts.succeeded == 1)
        #expect(bench.engine.hasEnded(task(2, 1)) == true)
        #expect(bench.engine.hasEnded(task(2, 0)) == false)
    }

    @Test func aWeakerAnswerIsNotTaken() {
        var bench = bench()
        #expect(submit(&bench, spec(replicas: 3, quorum: 3), [0: cached()]).ends == [])
        #expect(submit(&bench, spec(replicas: 1), [0: cached()]).ends == [])
        var budget = spec()
        budget.verification = Verification(maxError: ErrorRate(notBelow: 1e-3))
        #expect(submit(&bench, budget, [0: cached()]).ends == [])
        #expect(submit(&bench, budget, [0: cached(bound: ErrorRate(notBelow: 1e-2))]).ends == [])
        let taken = submit(&bench, budget, [0: cached(bound: ErrorRate(notBelow: 1e-4))])
        #expect(taken.ends.map(\.errorBound) == [ErrorRate(notBelow: 1e-4)])
        var declining = spec(replicas: 2)
        declining.usesCache = false
        #expect(submit(&bench, declining, [0: cached()]).ends == [])
    }

    @Test func whoLiedSinceTheLookUpIsNotBelieved() {
        var bench = bench(replicas: 3)
        let before = bench.engine.revocations
        bench.finish(attempt(1, lease: 1), on: "a", answer(1))
        bench.finish(attempt(1, replica: 1, lease: 2), on: "b", answer(2))
        bench.finish(attempt(1, replica: 2, lease: 3), on: "c", answer(1))
        let stale = submit(&bench, spec(replicas: 2), [0: cached(voters: ["a", "b"])], asOf: before)
        #expect(stale.ends == [])
        let others = submit(&bench, spec(replicas: 2), [0: cached(voters: ["a", "c"])], asOf: before)
        #expect(others.ends.count == 1)
        let later = submit(&bench, spec(replicas: 2), [0: cached(voters: ["a", "b"])], asOf: bench.engine.revocations)
        #expect(later.ends.count == 1)
        #expect(submit(&bench, spec(replicas: 2), [0: cached(voters: ["a", "stranger"])]).ends == [])
    }

    @Test func aKnownIdempotencyKeyComesBeforeTheCache() {
        var bench = bench { $0.idempotencyKey = "k" }
        let step = submit(&bench, spec(replicas: 2, key: "k"), [0: cached()])
        #expect(step.submissions == [.known(JobID(1))])
        #expect(step.ends == [])
    }
}
