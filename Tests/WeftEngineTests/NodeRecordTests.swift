import Testing
import WeftEngine
import WeftModel

/// What is seen of how well nodes work, and networks that are one as owners are.
@Suite struct NodeRecordTests {
    private func join(_ name: String, from network: String?, owner: String = "", session: UInt64) -> Event {
        .nodeJoined(
            NodeArrival(
                node: NodeID(name), profile: Bench.profile(name, owner: owner), session: session, network: network))
    }

    @Test func replicasNeverShareANetwork() {
        var bench = Bench()
        bench.handle(join("a", from: "203.0.113.0/24", session: 1))
        bench.handle(join("b", from: "203.0.113.0/24", session: 2))
        #expect(bench.submit(spec(replicas: 2, quorum: 2)).places == ["1.0→a"])
        let explanation = bench.engine.explain(JobID(1), task: nil)
        #expect(explanation?.summary.contains("1 can run this job") == true)
        #expect(bench.handle(join("c", from: "198.51.100.0/24", session: 3)).places == ["1.0→c"])
    }

    @Test func whoSharesAnOwnerWithOneAndANetworkWithAnotherHelpsNeither() {
        var bench = Bench()
        bench.handle(join("a", from: "n1", session: 1))
        bench.handle(join("b", from: "n2", owner: "ann", session: 2))
        bench.handle(join("c", from: "n1", owner: "ann", session: 3))
        bench.submit(spec(replicas: 3, quorum: 2))
        #expect(bench.engine.explain(JobID(1), task: nil)?.summary.contains("2 can run this job") == true)
        #expect(bench.handle(join("d", from: nil, session: 4)).places == ["1.0→d"])
    }

    @Test func attemptsAreCountedAndKeptWithoutARowForEach() {
        var bench = Bench()
        bench.join("a", cpus: 4)
        let first = bench.submit(spec(tasks: 4))
        let attempts = first.assignments
        let ended = bench.finish(attempts[0], on: "a", answer(1))
        #expect(!ended.changes.contains { if case .nodePerformed = $0 { true } else { false } })
        bench.finish(attempts[1], on: "a", nil, failure: AttemptFailure(.sandboxFailed, "no"))
        // The payload's own limits say nothing of the node.
        bench.finish(attempts[2], on: "a", nil, failure: AttemptFailure(.timedOut, "slow"))
        bench.pass(bench.engine.configuration.performanceInterval, hearing: [NodeID("a")])
        bench.restart()
        let kept = bench.engine.node(NodeID("a"))?.record.performance
        #expect(kept?.finished == 1 && kept?.failed == 1)
    }

    @Test func whoGoesAwayLosesWhatItHad() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        bench.handle(.nodeLeft(NodeID("a"), session: bench.session(of: NodeID("a")), reason: "off", drained: true))
        #expect(bench.engine.node(NodeID("a"))?.record.performance.lost == 1)
    }
}
