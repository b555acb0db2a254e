import Testing
import WeftEngine
import WeftModel

/// A node cannot vote by sending answers that nobody asked it for.
@Suite struct UnaskedAnswerTests {
    @Test func anAnswerToALeaseThatWasNeverGivenCountsForNothing() {
        var bench = Bench()
        bench.join("a")
        bench.join("liar")
        bench.submit(spec(tasks: 4))
        #expect(bench.finish(attempt(1, 2, lease: 77), on: "liar", answer(9)).ends.isEmpty)
        #expect(bench.finish(attempt(1, 3, lease: 77, epoch: 0), on: "liar", answer(9)).ends.isEmpty)
    }

    @Test func anotherNodesLeaseCannotBeAnswered() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        bench.join("liar")
        #expect(bench.finish(attempt(1, lease: 1), on: "liar", answer(9)).ends.isEmpty)
        #expect(bench.finish(attempt(1, lease: 1), on: "a", answer(1)).ends.count == 1)
    }

    @Test func aStrangerCannotClaimWorkAfterARestart() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        bench.restart()
        let stranger = bench.join("stranger", running: [attempt(1, lease: 1)])
        #expect(
            stranger.orders == [
                .revoke(NodeID("stranger"), attempt(1, lease: 1), reason: "nobody waits for it any more")
            ])
        #expect(bench.finish(attempt(1, lease: 1), on: "stranger", answer(9)).ends.isEmpty)
        #expect(bench.join("a", running: [attempt(1, lease: 1)]).orders.isEmpty)
    }

    @Test func aLateAnswerToALeaseThatWasTakenAwayStillCounts() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        bench.handle(.nodeLeft(NodeID("a"), session: 1, reason: "off", drained: true))
        #expect(bench.finish(attempt(1, lease: 1), on: "a", answer(1)).ends.count == 1)
    }
}
