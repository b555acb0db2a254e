import Testing
import WeftEngine
import WeftModel

/// Backups of attempts that run for much longer than their like, near a job's end.
@Suite struct StragglerTests {
    private static let nodes = ["a", "b"].map { NodeID($0) }

    /// Two nodes of one slot; of four tasks `a` has ended three, `b` is still at its first.
    private func straggling(_ spec: JobSpec = spec(tasks: 4)) -> Bench {
        var bench = Bench()
        bench.join("a")
        bench.join("b")
        bench.submit(spec)
        bench.handle(.attemptStarted(attempt(1, 1, lease: 2), NodeID("b")))
        for (index, lease) in [(0, 1), (2, 3), (3, 4)] as [(UInt32, UInt64)] {
            // Too long for any of them to be given to a node beforehand.
            var result = bench.result(attempt(1, index, lease: lease), on: "a", answer(1))
            result.startedAt = Instant(microseconds: result.finishedAt.microseconds - 50_000)
            bench.handle(.attemptEnded(result))
        }
        return bench
    }

    private let backup = attempt(1, 1, replica: 1, lease: 5)

    @Test func itGetsABackupElsewhereAndTheFirstAnswerCounts() {
        var bench = straggling()
        #expect(!bench.pass(.milliseconds(1900), hearing: Self.nodes).contains(.assign(NodeID("a"), backup)))
        #expect(bench.pass(.milliseconds(200), hearing: Self.nodes).contains(.assign(NodeID("a"), backup)))
        #expect(bench.engine.counters.backups == 1)
        let step = bench.finish(backup, on: "a", answer(1))
        #expect(step.ends.map(\.state) == [.succeeded])
        #expect(
            step.orders.contains {
                if case .revoke(NodeID("b"), attempt(1, 1, lease: 2), _) = $0 { true } else { false }
            })
    }

    @Test func itsOwnAnswerCountsIfThatIsFirst() {
        var bench = straggling()
        bench.pass(.seconds(3), hearing: Self.nodes)
        let step = bench.finish(attempt(1, 1, lease: 2), on: "b", answer(1))
        #expect(step.ends.map(\.state) == [.succeeded])
        #expect(step.orders.contains { if case .revoke(NodeID("a"), backup, _) = $0 { true } else { false } })
    }

    @Test func thereIsOneBackupHoweverLongItTakes() {
        var bench = straggling()
        bench.join("c", cpus: 4)
        bench.pass(.seconds(12), hearing: Self.nodes + [NodeID("c")])
        #expect(bench.engine.attemptCount == 2)
    }

    @Test func theBackupTakesThePlaceOfWhatIsLost() {
        var bench = straggling()
        bench.pass(.seconds(3), hearing: Self.nodes)
        // Of `b` nothing is heard any more.
        bench.pass(.seconds(20), hearing: [NodeID("a")])
        #expect(bench.engine.attemptCount == 1)
        #expect(bench.finish(backup, on: "a", answer(1)).ends.map(\.state) == [.succeeded])
    }

    @Test func aFailedAttemptIsReplacedByTheBackupThatRuns() {
        var bench = straggling()
        bench.pass(.seconds(3), hearing: Self.nodes)
        let failure = AttemptFailure(.outOfMemory, "too much")
        let step = bench.finish(attempt(1, 1, lease: 2), on: "b", nil, failure: failure)
        #expect(step.places.isEmpty)
        #expect(bench.finish(backup, on: "a", answer(1)).ends.map(\.state) == [.succeeded])
    }

    @Test func nothingIsLateWhileTasksWaitForTheirFirstAttempt() {
        var bench = straggling(spec(tasks: 100))
        bench.pass(.seconds(10), hearing: Self.nodes)
        #expect(bench.engine.counters.backups == 0)
    }

    @Test func nothingIsLateInAJobOfWhichTooLittleHasEnded() {
        var bench = straggling(spec(tasks: 2))
        bench.pass(.seconds(10), hearing: Self.nodes)
        #expect(bench.engine.counters.backups == 0)
    }

    @Test func aPausedNodeIsNotLate() {
        var bench = straggling()
        var profile = Bench.profile("b")
        profile.paused = "hours"
        bench.handle(.nodeProfiled(NodeID("b"), session: bench.session(of: NodeID("b")), profile))
        bench.pass(.seconds(10), hearing: Self.nodes)
        #expect(bench.engine.counters.backups == 0)
    }

    @Test func aReplicaThatAQuorumWaitsForIsBackedUpOnAThirdNode() {
        var bench = Bench()
        for name in ["a", "b", "c"] { bench.join(name, cpus: 4) }
        // Each task on two of the three; the last one's second replica is slow.
        let placed = bench.submit(spec(tasks: 4, replicas: 2)).actions.placed
        #expect(bench.handle(.tick).places.isEmpty)
        for (node, attempt) in placed.dropLast() { bench.finish(attempt, on: node.description, answer(1)) }
        let (slow, late) = placed.last!
        bench.handle(.attemptStarted(late, slow))
        let backups = bench.pass(.seconds(3), hearing: ["a", "b", "c"].map { NodeID($0) }).placed
        #expect(backups.count == 1)
        let voter = placed.dropLast().last { $0.attempt.task == late.task }!.node
        #expect(backups.first.map { $0.node != slow && $0.node != voter } == true)
        let end = bench.finish(backups[0].attempt, on: backups[0].node.description, answer(1))
        #expect(end.ends.map(\.verdict) == [.agreed])
    }
}
