import Testing
import WeftEngine
import WeftModel

@Suite struct RestartTests {
    @Test func whatRunsIsTakenUpAfterARestart() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        let running = attempt(1, lease: 1)
        bench.restart()
        #expect(bench.join("b").assignments.isEmpty)
        #expect(bench.join("a", running: [running]).orders.isEmpty)
        #expect(bench.engine.hasAttempt(running))
        #expect(bench.pass(.seconds(3), hearing: [NodeID("a"), NodeID("b")]).isEmpty)
        #expect(bench.finish(running, on: "a", answer(1)).ends.count == 1)
    }

    @Test func whatFinishedMeanwhileIsNotRunAgain() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        let finished = attempt(1, lease: 1)
        bench.restart()
        #expect(bench.join("a", finished: [finished]).orders.isEmpty)
        // The result takes a while: its replica must not be placed in the meantime.
        #expect(bench.pass(.seconds(3), hearing: [NodeID("a")]).isEmpty)
        #expect(bench.finish(finished, on: "a", answer(1)).ends.count == 1)
    }

    @Test func restoredWorkWaitsForTheGraceAndNewWorkDoesNot() {
        var bench = Bench()
        bench.join("gone")
        bench.handle(.nodeDrained(NodeID("gone"), true))
        bench.submit(spec("restored"))
        bench.restart()
        #expect(bench.join("a", cpus: 2).assignments.isEmpty)
        #expect(
            bench.engine.explain(JobID(1), task: nil)?.summary
                == "the coordinator has just restarted and waits for workers to come back")
        #expect(bench.submit(spec("new")).places == ["2.0→a"])
        #expect(
            bench.pass(.milliseconds(1500), hearing: [NodeID("a")]).contains(
                .assign(NodeID("a"), attempt(1, lease: 2, epoch: 2))))
    }

    @Test func theWaitEndsWithTheLastNodeThatComesBack() {
        var bench = Bench()
        bench.join("a")
        bench.join("b")
        bench.submit(spec(tasks: 3))
        bench.restart()
        #expect(bench.join("a", running: [attempt(1, 0, lease: 1)]).assignments.isEmpty)
        #expect(bench.join("b").places == ["1.1→b"])
    }

    @Test func answersRecordedBeforeTheRestartStillCount() {
        var bench = Bench()
        for name in ["a", "b"] { bench.join(name) }
        bench.submit(spec(replicas: 2, quorum: 2))
        bench.finish(attempt(1, lease: 1), on: "a", answer(1))
        bench.restart()
        bench.join("a")
        bench.join("b", running: [attempt(1, replica: 1, lease: 2)])
        #expect(bench.pass(.seconds(2), hearing: [NodeID("a"), NodeID("b")]).isEmpty)
        let end = bench.finish(attempt(1, replica: 1, lease: 2), on: "b", answer(1))
        #expect(end.ends.map(\.verdict) == [.agreed])
        #expect(bench.engine.node(NodeID("a"))?.record.reputation.score == 55)
    }

    /// Found by seed 104521: a late answer had been counted beside its replacement, which the restart then took away.
    @Test func aTaskWhoseLastHopeWentWithTheRestartIsDecided() {
        var bench = Bench()
        bench.join("a")
        bench.join("b")
        bench.submit(spec(replicas: 2, quorum: 2, maxReplicas: 2))
        bench.finish(attempt(1, lease: 1), on: "a", answer(1))
        bench.handle(.nodeLeft(NodeID("b"), session: 2, reason: "off", drained: true))
        #expect(bench.join("c").places == ["1.0→c"])
        #expect(bench.finish(attempt(1, replica: 1, lease: 2), on: "b", answer(2)).ends.isEmpty)
        bench.restart()
        bench.pass(.seconds(2))
        let ends = bench.changes.compactMap { if case .taskEnded(let record) = $0 { record } else { nil } }
        #expect(ends.map(\.verdict) == [.disagreed])
        #expect(bench.engine.jobIDs.isEmpty)
    }

    @Test func endedTasksStayEnded() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec(tasks: 2))
        bench.finish(attempt(1, 0, lease: 1), on: "a", answer(1))
        bench.restart()
        #expect(bench.engine.job(JobID(1))?.counts.succeeded == 1)
        #expect(bench.join("a").places == ["1.1→a"])
    }

    /// A node brings what it stops beside what it runs, and what waits on it for room: more than it has.
    @Test func whatANodeBringsBeyondItsCapacityWaitsOnIt() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec(tasks: 3))
        bench.restart()
        let back = bench.join("a", running: [attempt(1, 0, lease: 1), attempt(1, 1, lease: 2)])
        #expect(back.orders.isEmpty)
        let node = bench.engine.nodeStatuses[0]
        #expect(node.attempts == 1 && node.free.cpuMillis == 0)
        #expect(bench.engine.violations().isEmpty)
        // The first has ended: the other has its room now.
        bench.finish(attempt(1, 0, lease: 1), on: "a", answer(1))
        #expect(bench.engine.nodeStatuses[0].free.cpuMillis == 0)
        #expect(bench.engine.violations().isEmpty)
    }

    @Test func aNodeIsNotTakenAtItsWordBeyondWhatItMayHaveWaiting() {
        var bench = Bench()
        let bound = EngineConfiguration().maxPrefetch
        bench.join("a")
        bench.submit(spec(tasks: UInt32(bound + 3)))
        bench.restart()
        let claimed = (0..<UInt32(bound + 2)).map { attempt(1, $0, lease: UInt64($0) + 1) }
        let back = bench.join("a", running: claimed)
        #expect(back.orders == [.revoke(NodeID("a"), claimed[bound + 1], reason: "nobody waits for it any more")])
    }

    /// Found by seed 4094: the finished attempt was one that had been stopped, and took the running one's place.
    @Test func whatRunsIsTakenUpBeforeWhatHasFinished() {
        var bench = Bench()
        bench.join("a", cpus: 2)
        bench.submit(spec())
        bench.restart()
        let stopped = attempt(1, lease: 7)
        let running = attempt(1, lease: 1)
        #expect(bench.join("a", cpus: 2, running: [running], finished: [stopped]).orders.isEmpty)
        #expect(bench.engine.hasAttempt(running))
    }

    @Test func whatHasFinishedOccupiesNothing() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec(tasks: 2))
        bench.restart()
        bench.join("a", running: [attempt(1, 1, lease: 2)], finished: [attempt(1, 0, lease: 1)])
        #expect(bench.engine.hasAttempt(attempt(1, 0, lease: 1)))
        #expect(bench.engine.hasAttempt(attempt(1, 1, lease: 2)))
    }
}
