import Testing
import WeftEngine
import WeftModel

@Suite struct VerificationTests {
    /// A bench with one replica of job 1 on each of the nodes a, b, c …
    private func bench(
        replicas: Int, quorum: Int, maxReplicas: Int, nodes: Int, configuration: EngineConfiguration = .init()
    ) -> Bench {
        var bench = Bench(configuration)
        for name in names.prefix(nodes) { bench.join(name) }
        bench.submit(spec(replicas: replicas, quorum: quorum, maxReplicas: maxReplicas))
        return bench
    }

    private let names = ["a", "b", "c", "d", "e", "f", "g"]

    private func lease(_ number: UInt64) -> AttemptID { attempt(1, replica: UInt16(number - 1), lease: number) }

    @Test func aQuorumEndsTheTaskAndTheRestIsStillJudged() {
        var bench = bench(replicas: 3, quorum: 2, maxReplicas: 3, nodes: 3)
        #expect(bench.finish(lease(1), on: "a", answer(1)).orders == [.acknowledge(NodeID("a"), lease(1))])
        let end = bench.finish(lease(2), on: "b", answer(1))
        #expect(end.ends.map(\.verdict) == [.agreed])
        #expect(end.orders == [.acknowledge(NodeID("b"), lease(2))])
        #expect(bench.engine.job(JobID(1))?.state == .succeeded)

        let tail = bench.finish(lease(3), on: "c", answer(9))
        #expect(tail.ends.isEmpty)
        #expect(tail.orders == [.acknowledge(NodeID("c"), lease(3))])
        #expect(tail.actions.contains(.publish(.disagreement(task(1), answers: 2))))
        #expect(bench.engine.node(NodeID("a"))?.record.reputation == Reputation(score: 55, agreements: 1))
        #expect(
            bench.engine.node(NodeID("c"))?.record.reputation == Reputation(score: 40, agreements: 0, disagreements: 1))
        #expect(bench.engine.job(JobID(1)) == nil)
    }

    @Test func disagreementAsksForMoreUpToTheBound() {
        var bench = bench(replicas: 2, quorum: 2, maxReplicas: 4, nodes: 6)
        bench.finish(lease(1), on: "a", answer(1))
        let second = bench.finish(lease(2), on: "b", answer(2))
        #expect(second.actions.contains(.publish(.disagreement(task(1), answers: 2))))
        #expect(second.assignments == [lease(3)])
        #expect(bench.finish(lease(3), on: "c", answer(3)).assignments == [lease(4)])
        let last = bench.finish(lease(4), on: "d", answer(4))
        #expect(last.assignments.isEmpty)
        #expect(last.ends.map(\.verdict) == [.disagreed])
        #expect(last.ends.first?.answer == nil)
        #expect(last.ends.first?.reason == "4 replicas gave 4 different answers")
        for name in names.prefix(4) {
            #expect(bench.engine.node(NodeID(name))?.record.reputation == Reputation(score: 50))
        }
    }

    @Test func theOrderOfAnswersDoesNotChangeTheVerdict() {
        let answers: [UInt8] = [1, 2, 1]
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            var bench = bench(replicas: 3, quorum: 2, maxReplicas: 3, nodes: 3)
            for position in order {
                bench.finish(lease(UInt64(position + 1)), on: names[position], answer(answers[position]))
            }
            let ends = bench.changes.compactMap { if case .taskEnded(let record) = $0 { record } else { nil } }
            #expect(ends.map(\.answer) == [answer(1)])
            #expect(bench.engine.node(NodeID("a"))?.record.reputation.score == 55)
            #expect(bench.engine.node(NodeID("b"))?.record.reputation.score == 40)
            #expect(bench.engine.node(NodeID("c"))?.record.reputation.score == 55)
        }
    }

    @Test func anAnswerOfFailureAgreedUponFailsTheTask() {
        var bench = bench(replicas: 2, quorum: 2, maxReplicas: 3, nodes: 2)
        bench.finish(lease(1), on: "a", answer(1), status: 3)
        let end = bench.finish(lease(2), on: "b", answer(1), status: 3)
        #expect(end.ends.map(\.state) == [.failed])
        #expect(end.ends.map(\.verdict) == [.agreed])
        #expect(bench.engine.node(NodeID("a"))?.record.reputation.score == 55)
    }

    @Test func aSingleAnswerMovesNoReputation() {
        var bench = bench(replicas: 1, quorum: 1, maxReplicas: 1, nodes: 1)
        bench.finish(lease(1), on: "a", answer(1))
        #expect(bench.engine.node(NodeID("a"))?.record.reputation == Reputation(score: 50))
    }

    @Test func replicasNeverShareANodeOrAnOwner() {
        var bench = Bench()
        bench.join("a", cpus: 4, owner: "ada")
        bench.join("b", cpus: 4, owner: "ada")
        #expect(bench.submit(spec(replicas: 2, quorum: 2)).places == ["1.0→a"])
        #expect(bench.join("c", owner: "bob").places == ["1.0→c"])
    }

    @Test func aNodeWithoutReputationGetsNothing() {
        var configuration = EngineConfiguration()
        configuration.reputationLoss = 50
        var bench = bench(replicas: 3, quorum: 2, maxReplicas: 3, nodes: 3, configuration: configuration)
        for (number, name) in ["a", "b"].enumerated() { bench.finish(lease(UInt64(number + 1)), on: name, answer(1)) }
        bench.finish(lease(3), on: "c", answer(9))
        #expect(bench.engine.node(NodeID("c"))?.record.reputation.score == 0)
        #expect(bench.submit(spec(tasks: 3)).places.sorted() == ["2.0→a", "2.1→b"])
    }

    @Test func aTallyAsksForWhatIsMissingAndNoMore() {
        let policy = Verification(replicas: 3, quorum: 3, maxReplicas: 5)
        #expect(Tally([]).conclude(policy, outstanding: 3) == .open)
        #expect(Tally([answer(1), answer(2)]).conclude(policy, outstanding: 1) == .needsMore(1))
        #expect(Tally([answer(1), answer(2)]).conclude(policy, outstanding: 2) == .open)
        #expect(Tally([1, 2, 3].map { answer($0) }).conclude(policy, outstanding: 0) == .needsMore(2))
        #expect(Tally([1, 2, 3, 4].map { answer($0) }).conclude(policy, outstanding: 0) == .disagreed)
        #expect(Tally([1, 2, 1, 1].map { answer($0) }).conclude(policy, outstanding: 0) == .agreed(answer(1)))
    }
}
