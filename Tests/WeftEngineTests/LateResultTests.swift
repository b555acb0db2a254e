import Testing
import WeftEngine
import WeftModel

@Suite struct LateResultTests {
    @Test func aResultThatComesTwiceCountsOnce() {
        var bench = Bench()
        for name in ["a", "b", "c"] { bench.join(name) }
        bench.submit(spec(replicas: 3, quorum: 3))
        let first = attempt(1, lease: 1)
        bench.finish(first, on: "a", answer(1))
        let again = bench.finish(first, on: "a", answer(1))
        #expect(again.changes.isEmpty)
        #expect(again.actions == [.acknowledge(NodeID("a"), first)])
    }

    @Test func aLateResultDoesNotSettleATaskTwice() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec(tasks: 2))
        let first = attempt(1, 0, lease: 1)
        bench.finish(first, on: "a", answer(1))
        let late = bench.finish(first, on: "a", answer(2))
        #expect(late.changes.isEmpty)
        #expect(late.actions == [.acknowledge(NodeID("a"), first)])
    }

    @Test func aLateAnswerStandsForTheReplicaThatWaitsInItsPlace() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        let lost = attempt(1, lease: 1)
        bench.pass(.seconds(16))
        #expect(bench.engine.attemptCount == 0)
        let late = bench.finish(lost, on: "a", answer(1))
        #expect(late.ends.map(\.state) == [.succeeded])
        #expect(late.assignments.isEmpty)
    }

    /// Found by seed 4067: the node had been given the task anew, so it voted and ran at once.
    @Test func aLateAnswerTakesThePlaceOfItsOwnNodesNextAttempt() {
        var bench = Bench()
        bench.join("a", cpus: 2)
        bench.submit(spec(replicas: 2, quorum: 2))
        let lost = attempt(1, lease: 1)
        let overdue = bench.pass(.seconds(3631), hearing: [NodeID("a")])
        let next = attempt(1, lease: 2)
        #expect(overdue.contains(.assign(NodeID("a"), next)))
        let late = bench.finish(lost, on: "a", answer(1))
        #expect(
            late.orders == [
                .revoke(NodeID("a"), next, reason: "an earlier attempt of its owner has answered after all"),
                .acknowledge(NodeID("a"), lost),
            ])
        #expect(bench.finish(next, on: "a", answer(1)).changes.isEmpty)
        #expect(bench.join("b").places == ["1.0→b"])
    }

    /// Found by seed 3248: the late answer of one node and the answer of another node of the same owner made a quorum.
    @Test func twoNodesOfOneOwnerMakeNoQuorumEvenWhenOneIsLate() {
        var bench = Bench()
        bench.join("a", owner: "ada")
        bench.submit(spec(replicas: 2, quorum: 2))
        let lost = attempt(1, lease: 1)
        bench.handle(.nodeLeft(NodeID("a"), session: 1, reason: "gone", drained: true))
        bench.join("b", owner: "ada")
        bench.finish(attempt(1, lease: 2), on: "b", answer(1))
        let late = bench.finish(lost, on: "a", answer(1))
        #expect(late.changes.isEmpty)
        #expect(late.orders == [.acknowledge(NodeID("a"), lost)])
    }

    /// Found by seed 3005: an unacknowledged failure came again over a new link and used up another retry.
    @Test func aFailureThatIsReportedAgainCountsOnce() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec(retries: 1))
        let first = attempt(1, lease: 1)
        let failure = AttemptFailure(.outOfMemory, "too little memory")
        #expect(bench.finish(first, on: "a", nil, failure: failure).assignments == [attempt(1, lease: 2)])
        bench.join("a", finished: [first])
        let again = bench.finish(first, on: "a", nil, failure: failure)
        #expect(again.ends.isEmpty)
        #expect(!again.changes.contains { if case .resultArrived = $0 { true } else { false } })
    }

    @Test func aFailureRecordedBeforeARestartIsNotCountedAfterItAgain() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec(retries: 1))
        let first = attempt(1, lease: 1)
        let failure = AttemptFailure(.timedOut, "it ran for too long")
        bench.finish(first, on: "a", nil, failure: failure)
        bench.restart()
        bench.join("a", finished: [first])
        #expect(bench.finish(first, on: "a", nil, failure: failure).ends.isEmpty)
    }

    @Test func aResultWithoutAnAnswerIsALossNotACrash() {
        var bench = Bench()
        bench.join("a", cpus: 2)
        bench.join("b")
        bench.submit(spec(replicas: 2, quorum: 2))
        let step = bench.finish(attempt(1, lease: 1), on: "a", nil)
        #expect(step.ends.isEmpty)
        #expect(step.orders.contains(.acknowledge(NodeID("a"), attempt(1, lease: 1))))
        #expect(bench.engine.counters.attemptsLost == 1)
    }

    @Test func aResultOfAnotherNodesAttemptIsIgnored() {
        var bench = Bench()
        bench.join("a")
        bench.join("b")
        bench.submit(spec())
        let step = bench.finish(attempt(1, lease: 1), on: "b", answer(1))
        #expect(step.changes.isEmpty)
        #expect(step.actions.isEmpty)
    }
}
