import Testing
import WeftEngine
import WeftModel

/// Tasks whose answers the submitter knows.
@Suite struct CanaryTests {
    private typealias Pool = BudgetTests.Pool

    private func submit(_ pool: inout Pool, tasks: UInt32, canaries: [UInt32]) {
        var spec = spec(tasks: tasks)
        spec.verification = Verification(
            maxError: ErrorRate(notBelow: 1e-3),
            canaries: canaries.map { Canary(index: $0, answer: Pool.truth(TaskID(job: JobID(1), index: $0))) })
        pool.take(pool.bench.submit(spec))
    }

    /// Without them such a majority is believed: the honest look like the few.
    @Test func aMajorityOfColludersIsRefusedThatOnlyCanariesShow() {
        let liars = Set((0..<16).map { "n\($0)" })
        func pool() -> Pool { Pool(Bench(), nodes: 20, liars: liars, lie: { _, task in digest(77 + Int(task.index)) }) }
        var blind = pool()
        submit(&blind, tasks: 200, canaries: [])
        blind.run()
        #expect(blind.tally.wrong > 100, "\(blind.tally)")

        var sighted = pool()
        submit(&sighted, tasks: 200, canaries: Array(stride(from: 0, to: 200, by: 4)))
        sighted.run()
        #expect(sighted.tally.wrong == 0, "\(sighted.tally)")
        #expect(sighted.tally.right < 20)
    }

    @Test func whoeverAnswersOneRightEndsItAloneAndItsBoundIsZero() {
        var pool = Pool(Bench(), nodes: 6)
        submit(&pool, tasks: 40, canaries: [3, 17])
        pool.run()
        #expect(pool.tally.right == 40 && pool.tally.wrong + pool.tally.refused == 0)
        let canaries = pool.bench.changes.compactMap { change -> TaskRecord? in
            guard case .taskEnded(let record) = change, [3, 17].contains(record.id.index) else { return nil }
            return record
        }
        #expect(canaries.count == 2)
        #expect(canaries.allSatisfy { $0.errorBound?.perBillion == 0 && $0.verdict == .agreed })
    }

    @Test func aWrongAnswerToOneCostsItsNodeAndOthersAreAsked() {
        var pool = Pool(Bench(), nodes: 6, liars: ["n0", "n1"])
        submit(&pool, tasks: 60, canaries: Array(0..<30))
        pool.run()
        #expect(pool.tally.right == 60, "\(pool.tally)")
        #expect(pool.tally.wrong == 0)
        for liar in ["n0", "n1"] {
            let reputation = pool.bench.engine.node(NodeID(liar))!.record.reputation
            #expect(reputation.disagreements > 0 && reputation.agreements == 0)
        }
    }
}
