import Testing
import WeftEngine
import WeftModel

@Suite struct SubmissionTests {
    @Test func aJobIsRecordedBeforeItIsAnnouncedAndNothingElseHappens() {
        var bench = Bench()
        let step = bench.submit(spec())
        let record = JobRecord(
            id: JobID(1), spec: spec(), specDigest: answer(0), submitter: "ada", submittedAt: bench.now)
        #expect(step.changes == [.jobSubmitted(record)])
        #expect(step.submissions == [.accepted(JobID(1))])
        #expect(step.actions == [.publish(.jobSubmitted(JobID(1), name: "work", submitter: "ada"))])
    }

    @Test func aJobGoesFromSubmissionToItsEnd() {
        var bench = Bench()
        bench.join("a")
        let id = attempt(1, lease: 1)
        #expect(bench.submit(spec()).orders == [.assign(NodeID("a"), id)])
        let started = bench.handle(.attemptStarted(id, NodeID("a")))
        #expect(started.actions == [.publish(.attemptStarted(id, NodeID("a")))])
        #expect(started.changes.isEmpty)

        let result = bench.result(id, on: "a", answer(7))
        let end = bench.handle(.attemptEnded(result))
        let record = TaskRecord(id: task(1), state: .succeeded, verdict: .agreed, answer: answer(7), endedAt: bench.now)
        var counts = TaskCounts(total: 1)
        counts.succeeded = 1
        #expect(
            end.changes == [
                .resultArrived(result), .taskEnded(record),
                .jobMoved(JobID(1), .succeeded, reason: nil, endedAt: bench.now, counts: counts),
            ])
        #expect(
            end.actions == [
                .publish(.attemptEnded(id, NodeID("a"), failure: nil)), .publish(.taskEnded(record)),
                .acknowledge(NodeID("a"), id), .publish(.jobMoved(JobID(1), .succeeded, counts)),
            ])
        #expect(bench.engine.job(JobID(1)) == nil)
        #expect(bench.handle(.tick).actions.isEmpty)
    }

    @Test func anIdempotencyKeyAnswersWithTheFirstJob() {
        var bench = Bench()
        bench.submit(spec(key: "k"))
        let again = bench.submit(spec("other", key: "k"))
        #expect(again.submissions == [.known(JobID(1))])
        #expect(again.changes.isEmpty)
        #expect(again.actions.isEmpty)
        #expect(bench.submit(spec(key: "k"), by: "bob").submissions == [.accepted(JobID(2))])
    }

    @Test func aKeyIsKnownAfterItsJobEndedAndAfterARestart() {
        var bench = Bench()
        bench.submit(spec(key: "unfinished"))
        bench.restart()
        #expect(bench.submit(spec(key: "unfinished")).submissions == [.known(JobID(1))])
        bench.join("a")
        bench.pass(.seconds(2), hearing: [NodeID("a")])
        bench.finish(attempt(1, lease: 1, epoch: 2), on: "a", answer(1))
        #expect(bench.engine.job(JobID(1)) == nil)
        #expect(bench.submit(spec(key: "unfinished")).submissions == [.known(JobID(1))])
    }

    @Test func tooManyUnfinishedJobsAreRefusedWithoutATrace() {
        var configuration = EngineConfiguration()
        configuration.maxUnfinishedJobs = 1
        var bench = Bench(configuration)
        bench.submit(spec())
        let refused = bench.submit(spec())
        #expect(refused.submissions == [.busy])
        #expect(refused.changes.isEmpty)
        #expect(refused.actions.isEmpty)
    }

    /// In a loop of this kind, anything that touched every task would not come back.
    @Test func anArrayOfManyMillionTasksIsOneRow() {
        var bench = Bench()
        for _ in 0..<2000 {
            let step = bench.engine.handle(
                [
                    .submitted(
                        JobSubmission(spec: spec(tasks: 100_000_000), specDigest: answer(0), submitter: "ada"))
                ], at: bench.now)
            #expect(step.changes.count == 1)
            #expect(step.actions.count == 1)
        }
        let step = bench.join("a", cpus: 4)
        #expect(step.assignments.map(\.task) == [task(1, 0), task(1, 1), task(1, 2), task(1, 3)])
        #expect(bench.engine.openTasks(of: JobID(1)) == [0, 1, 2, 3])
        #expect(bench.engine.job(JobID(1))?.counts.waiting == 99_999_996)
    }

    @Test func noMoreTasksOfAJobAreOpenThanTheBound() {
        var configuration = EngineConfiguration()
        configuration.maxOpenTasks = 2
        var bench = Bench(configuration)
        bench.join("a", cpus: 4)
        #expect(bench.submit(spec(tasks: 10)).assignments.map(\.task) == [task(1, 0), task(1, 1)])
        #expect(bench.finish(attempt(1, 0, lease: 1), on: "a", answer(1)).assignments.map(\.task) == [task(1, 2)])
    }
}
