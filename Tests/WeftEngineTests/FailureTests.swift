import Testing
import WeftEngine
import WeftModel

@Suite struct FailureTests {
    private let outOfMemory = AttemptFailure(.outOfMemory, "it needed more memory")
    private let broken = AttemptFailure(.sandboxFailed, "no sandbox")

    @Test func thePayloadsOwnFailuresAreRetriedAndThenFailTheTask() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec(retries: 1))
        let again = bench.finish(attempt(1, lease: 1), on: "a", nil, failure: outOfMemory)
        #expect(
            again.orders == [
                .acknowledge(NodeID("a"), attempt(1, lease: 1)), .assign(NodeID("a"), attempt(1, lease: 2)),
            ])
        let end = bench.finish(attempt(1, lease: 2), on: "a", nil, failure: outOfMemory)
        #expect(end.ends.map(\.reason) == ["it needed more memory (2 attempts failed)"])
        #expect(end.ends.map(\.verdict) == [.undecided])
        #expect(bench.engine.job(JobID(1)) == nil)
        #expect(bench.engine.counters.tasksEnded == 1)
        #expect(bench.engine.counters.tasksFailed == 1)
    }

    @Test func aTaskIsGivenUpAfterTooManyLosses() {
        var configuration = EngineConfiguration()
        configuration.maxLosses = 2
        var bench = Bench(configuration)
        bench.submit(spec())
        for number in 1...3 as ClosedRange<UInt64> {
            #expect(bench.join("a").assignments == [attempt(1, lease: number)])
            let step = bench.handle(.nodeLeft(NodeID("a"), session: number, reason: "off", drained: true))
            #expect(
                step.ends.map(\.reason) == (number < 3 ? [] : ["3 attempts were lost; the last: the node was drained"]))
        }
    }

    /// One broken machine is always free; without a rest it would have every task lost 21 times within a second.
    @Test func aBrokenNodeDoesNotEatATasksLosses() {
        var bench = Bench()
        bench.join("good")
        bench.submit(spec(tasks: 3))
        bench.join("broken")
        for lease in 2...6 as ClosedRange<UInt64> {
            let running = bench.engine.attempts(of: task(1, 1)).map(\.id)
            guard running == [attempt(1, 1, lease: lease)] else { break }
            let step = bench.finish(running[0], on: "broken", nil, failure: broken)
            #expect(step.assignments.isEmpty)
            bench.pass(.seconds(40), hearing: [NodeID("good"), NodeID("broken")])
        }
        #expect(bench.engine.counters.attemptsLost == 5)
        #expect(bench.finish(attempt(1, lease: 1), on: "good", answer(1)).assignments.map(\.task) == [task(1, 2)])
    }

    @Test func aNodeThatRestsIsExplainedAndWorksAgain() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        bench.finish(attempt(1, lease: 1), on: "a", nil, failure: broken)
        #expect(
            bench.engine.explain(JobID(1), task: nil)?.summary
                == "every node that can run it has just failed, and rests for a while")
        #expect(bench.pass(.milliseconds(400), hearing: [NodeID("a")]).isEmpty)
        #expect(bench.pass(.milliseconds(100), hearing: [NodeID("a")]) == [.assign(NodeID("a"), attempt(1, lease: 2))])
    }

    @Test func cancellingRevokesWhatRunsAndTheRoomIsBusyUntilItStopped() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec(tasks: 5))
        let step = bench.handle(.cancelled(JobID(1), reason: "no longer needed"))
        let running = attempt(1, 0, lease: 1)
        var counts = TaskCounts(total: 5)
        counts.cancelled = 5
        #expect(
            step.actions == [
                .revoke(NodeID("a"), running, reason: "no longer needed"),
                .publish(.jobMoved(JobID(1), .cancelled, counts)),
            ])
        #expect(
            step.changes == [
                .jobMoved(JobID(1), .cancelled, reason: "no longer needed", endedAt: bench.now, counts: counts)
            ])
        #expect(bench.submit(spec()).assignments.isEmpty)
        let stopped = bench.finish(running, on: "a", nil, failure: AttemptFailure(.refused, "revoked"))
        #expect(stopped.orders == [.acknowledge(NodeID("a"), running), .assign(NodeID("a"), attempt(2, lease: 2))])
        #expect(bench.handle(.cancelled(JobID(1), reason: "again")).actions.isEmpty)
    }

    @Test func aRevokedAttemptThatNeverReportsFreesItsRoomAfterTheGrace() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        bench.handle(.cancelled(JobID(1), reason: "no"))
        bench.submit(spec())
        #expect(bench.pass(.seconds(9), hearing: [NodeID("a")]).isEmpty)
        #expect(bench.pass(.seconds(1), hearing: [NodeID("a")]).contains(.assign(NodeID("a"), attempt(2, lease: 2))))
    }

    @Test func anAttemptThatIsOverdueIsTakenBackAndRunAgain() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec())
        #expect(bench.pass(.seconds(3629), hearing: [NodeID("a")]).isEmpty)
        let actions = bench.pass(.seconds(1), hearing: [NodeID("a")])
        #expect(actions.contains(.revoke(NodeID("a"), attempt(1, lease: 1), reason: "it is past its time-out")))
        #expect(actions.contains(.assign(NodeID("a"), attempt(1, lease: 2))))
    }

    @Test func deadlinesOfEndedAttemptsAreForgotten() {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec(tasks: 50_000))
        for number in 1...50_000 as ClosedRange<UInt64> {
            let result = bench.result(attempt(1, UInt32(number - 1), lease: number), on: "a", answer(1))
            _ = bench.engine.handle([.attemptEnded(result)], at: bench.now)
        }
        #expect(bench.engine.job(JobID(1)) == nil)
        #expect(bench.engine.deadlineCount <= 2048)
    }
}
