import Testing
import WeftEngine
import WeftModel

/// Attempts of short tasks that are given to a node before it has room, so that no slot waits for a round trip.
@Suite struct PrefetchTests {
    /// A node of one slot that has ended one task of the job after `run`.
    private func warm(_ run: Duration, tasks: UInt32 = 200) -> (bench: Bench, step: Step) {
        var bench = Bench()
        bench.join("a")
        bench.submit(spec(tasks: tasks))
        var result = bench.result(attempt(1, 0, lease: 1), on: "a", answer(1))
        result.startedAt = Instant(microseconds: result.finishedAt.microseconds - run.microseconds)
        let step = bench.handle(.attemptEnded(result))
        return (bench, step)
    }

    @Test func aNodeOfShortTasksIsGivenSomeBeforehand() {
        let (bench, step) = warm(.milliseconds(2))
        // One runs; what ends within 40 ms waits.
        #expect(step.assignments.count == 1 + 20)
        #expect(bench.engine.nodeStatuses[0].attempts == 1)
        #expect(bench.engine.nodeStatuses[0].free.cpuMillis == 0)
    }

    @Test func noMoreThanTheBoundWaitsOnANode() {
        let (bench, step) = warm(.zero)
        #expect(step.assignments.count == 1 + bench.engine.configuration.maxPrefetch)
    }

    @Test func tasksThatRunLongAreGivenWhenThereIsRoom() {
        let (_, step) = warm(.milliseconds(41))
        #expect(step.assignments.count == 1)
    }

    @Test func nothingIsGivenBeforehandOfAJobThatHasNotShownHowLongItRuns() {
        var bench = Bench()
        bench.join("a")
        #expect(bench.submit(spec(tasks: 100)).assignments.count == 1)
    }

    @Test func whoseTurnIsSoonerIsNotPassedByShorterTasks() {
        var bench = Bench()
        bench.join("a", cpus: 2)
        bench.submit(spec("long", tasks: 10))
        bench.submit(spec("short", tasks: 100, priority: 1))
        // Of the short job nothing has ended; the long one holds both slots.
        bench.finish(attempt(1, 0, lease: 1), on: "a", answer(1))
        let step = bench.finish(attempt(2, 0, lease: 3), on: "a", answer(1))
        #expect(step.assignments.allSatisfy { $0.task.job == JobID(2) })
    }

    @Test func whatHasWaitedTooLongGoesToANodeThatIsFree() {
        var (bench, step) = warm(.milliseconds(10), tasks: 4)
        #expect(step.places == ["1.1→a", "1.2→a", "1.3→a"])
        bench.pass(.seconds(2), hearing: [NodeID("a")])
        // Nobody else is there: it is taken back, and not given there again at once.
        let places = bench.join("b", cpus: 4).places
        #expect(places == ["1.2→b", "1.3→b"])
        // Should the first node have begun one after all, its answer counts, and the other is told to stop.
        step = bench.finish(attempt(1, 2, lease: 3), on: "a", answer(1))
        #expect(step.ends.map(\.id.index) == [2])
    }

    @Test func allTogetherAreGivenNoMoreThanIsHeardInAWhile() {
        var (bench, _) = warm(.zero, tasks: 5000)
        for number in 0..<30 { bench.join("n\(number)") }
        let running = bench.engine.nodeStatuses.reduce(0) { $0 + $1.attempts }
        #expect(running == 31)
        #expect(bench.engine.attemptCount - running == 1024)
    }

    @Test func whoIsHeardLateBecauseAllAreKeepsWhatItWasGiven() {
        var (bench, first) = warm(.zero, tasks: 5000)
        for number in 0..<10 { bench.join("n\(number)") }
        let nodes = bench.engine.nodeStatuses.map(\.record.id)
        var rest = first.assignments[...]
        // One of the eleven is heard, ten times a second: hundreds of attempts take minutes at that pace.
        for tick in 1...60 {
            bench.finish(rest.removeFirst(), on: "a", answer(1))
            let actions = bench.pass(.milliseconds(100), hearing: nodes)
            let isTakenBack = actions.contains { if case .revoke = $0 { true } else { false } }
            // Not before ten times the usual patience.
            if tick < 50 { #expect(!isTakenBack) }
            if isTakenBack { return }
        }
        Issue.record("nothing was taken back")
    }

    @Test func aLostNodeTakesWhatWaitsOnItAlong() {
        var (bench, _) = warm(.milliseconds(2), tasks: 5)
        let lost = bench.pass(.seconds(16))
        #expect(bench.engine.attemptCount == 0)
        #expect(!lost.isEmpty)
        #expect(Set(bench.join("b", cpus: 8).places).count == 4)
    }
}
