import WeftEngine
import WeftModel

/// What the submitter of one planned job knows.
struct Client {
    var acknowledged: JobID?
    var isDone = false
}

extension World {
    /// Sends the submission; with an idempotency key, again and again until there is an answer.
    func submit(_ job: Int) {
        guard !clients[job].isDone else { return }
        if !strikes(.lostRequest, permille: 200) {
            schedule(.request(job: job), in: random.between(100, 20_000))
        }
        if plan.jobs[job].spec.idempotencyKey != nil {
            schedule(.submit(job: job), in: random.between(500_000, 2_000_000))
        } else {
            clients[job].isDone = true
        }
    }

    func reply(_ outcome: SubmissionOutcome, to job: Int) {
        if strikes(.lostReply, permille: 200) { return }
        schedule(.reply(job: job, outcome), in: random.between(100, 20_000))
    }

    func hearReply(_ outcome: SubmissionOutcome, _ job: Int) {
        let id: JobID
        switch outcome {
        case .accepted(let accepted), .known(let accepted): id = accepted
        case .busy:
            note("job \(job) of the plan is told to try later")
            return
        case .unaffordable(let available, let needed):
            note("job \(job) of the plan needs \(needed), and there is \(available)")
            if available >= needed { fail("job \(job) of the plan could be paid for and was refused") }
            return
        case .uncountable:
            fail("job \(job) of the plan costs too much to count")
            return
        }
        let planned = plan.jobs[job]
        note("job \(job) of the plan is acknowledged as \(id)")
        if let earlier = clients[job].acknowledged {
            if earlier != id { fail("one idempotency key was answered with the jobs \(earlier) and \(id)") }
            return
        }
        clients[job].acknowledged = id
        clients[job].isDone = true
        auditor.acknowledge(id, specDigest: planned.specDigest, submitter: planned.submitter)
        if let delay = planned.cancelsAfter {
            count(.cancellation)
            schedule(.cancel(id), in: delay)
        }
    }

    /// Whether everything that can finish has, and nothing is left lying about.
    var isFinished: Bool {
        guard let shell, shell.inbox.isEmpty, shell.inFlight.isEmpty, shell.engine.attemptCount == 0 else {
            return false
        }
        let settled = plan.configuration.recoveryGrace.microseconds + 2_000_000
        guard clock - max(plan.healsAt, shell.startedAt) > settled else { return false }
        // Who is told to try later, because the coordinator is full of jobs that no node can run, will be told so for ever.
        let isFull = shell.engine.unfinishedJobCount >= plan.configuration.maxUnfinishedJobs
        for job in plan.jobs.indices where !clients[job].isDone && !isFull { return false }
        guard grantsDone.count == plan.grants.count else { return false }
        return shell.engine.jobIDs.allSatisfy { !isFeasible($0) }
    }

    func isFeasible(_ id: JobID) -> Bool {
        guard let digest = shell?.engine.spec(of: id)?.digest, let job = jobsByDigest[digest] else { return true }
        return plan.jobs[job].isFeasible
    }

    func unfinished() -> String {
        guard let shell else { return "the coordinator is down" }
        let jobs = shell.engine.jobIDs.filter(isFeasible).prefix(3).map { id in
            let why = shell.engine.explain(id, task: nil)?.summary ?? ""
            return "job \(id), open tasks \(shell.engine.openTasks(of: id).prefix(5)): \(why)"
        }
        let waiting = plan.jobs.indices.filter { !clients[$0].isDone }
        return "\(jobs); unanswered \(waiting); \(shell.engine.attemptCount) attempts"
    }
}
