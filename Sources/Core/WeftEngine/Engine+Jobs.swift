import BitCollections
import DequeModule
import WeftModel

extension Engine {
    mutating func submit(_ submission: JobSubmission) {
        let spec = submission.spec
        if let key = spec.idempotencyKey, let known = keys[submission.submitter, key] {
            step.submissions.append(.known(known))
            return
        }
        guard jobs.count < configuration.maxUnfinishedJobs else {
            step.submissions.append(.busy)
            return
        }
        if let refusal = reserve(for: JobID(lastJob + 1), submission) {
            step.submissions.append(refusal)
            return
        }
        lastJob += 1
        let record = JobRecord(
            id: JobID(lastJob), spec: spec, specDigest: submission.specDigest, submitter: submission.submitter,
            submittedAt: now, trace: submission.trace)
        if let key = spec.idempotencyKey { keys.add(submitter: submission.submitter, key: key, job: record.id) }
        step.changes.append(.jobSubmitted(record))
        publish(.jobSubmitted(record.id, name: spec.name, submitter: record.submitter))
        step.submissions.append(.accepted(record.id))
        if spec.verification.maxError != nil {
            budgetJobs.insert(record.id)
            stallingJobs.insert(record.id)
        }
        keep(Job(record: record, workClass: enterClass(of: spec)))
        takeCached(submission.cached, for: record.id)
        enqueue(record.id)
    }

    mutating func add(_ job: Job) {
        keep(job)
        enqueue(job.id)
    }

    private mutating func keep(_ job: Job) {
        jobs[job.id] = job
        if job.verification.needsSameHardware { choosyJobs.insert(job.id) }
    }

    mutating func cancel(_ id: JobID, reason: String) {
        guard let job = jobs[id], !job.record.state.isFinal else { return }
        var running = job.open.values.flatMap(\.running) + job.tails.values.flatMap(\.running)
        running.sort()
        for lease in running { revoke(lease, reason: reason) }
        withdrawBallots(of: id)
        jobs[id]!.open.removeAll()
        jobs[id]!.tails.removeAll()
        jobs[id]!.wanting.removeAll()
        var counts = job.record.counts
        counts.cancelled = counts.total - counts.succeeded - counts.failed
        jobs[id]!.record.counts = counts
        move(id, to: .cancelled, reason: reason)
    }

    /// Records a job's new state; a final one makes it ready to leave memory.
    mutating func move(_ id: JobID, to state: JobState, reason: String? = nil) {
        jobs[id]!.record.state = state
        jobs[id]!.record.reason = reason
        if state.isFinal {
            jobs[id]!.record.endedAt = now
            settledJobs.insert(id)
        }
        recordState(of: id)
    }

    mutating func recordState(of id: JobID) {
        let record = jobs[id]!.record
        step.changes.append(
            .jobMoved(id, record.state, reason: record.reason, endedAt: record.endedAt, counts: record.counts))
        progressedJobs.insert(id)
    }

    /// Ends a task. With an answer its running replicas become its tail, to be judged by it; without one, where one of
    /// them is a backup, and where it takes a comparison to judge them, they are revoked.
    mutating func endTask(
        _ offset: UInt32, of id: JobID, state: TaskState, verdict: Verdict, answer: Digest?,
        alike: Set<Digest> = [], reason: String?, dissenters: Int, errorBound: ErrorRate? = nil
    ) {
        guard let open = jobs[id]!.open.removeValue(forKey: offset) else { return }
        if let ballot = open.ballot { withdraw(ballot, open.trust) }
        if let answer { pay(open.votes) { $0 == answer || alike.contains($0) } }
        if let answer, !open.running.isEmpty, !open.hasBackup, open.agreements == nil {
            jobs[id]!.tails[offset] = Tail(
                answer: answer, running: open.running, voters: open.votes.map(\.node), hasDisagreed: open.hasDisagreed)
        } else {
            for lease in open.running { revoke(lease, reason: "the task has ended") }
        }
        let record = TaskRecord(
            id: jobs[id]!.task(offset), state: state, verdict: verdict, answer: answer, alike: alike.sorted(),
            reason: reason, dissenters: dissenters, endedAt: now, errorBound: errorBound)
        note(record, at: offset)
        offerToCache(record, open)
        if !endIfNothingIsLeft(id) { enqueue(id) }
    }

    /// Counts a task as ended, and tells of it. ``endIfNothingIsLeft(_:)`` follows.
    mutating func note(_ end: TaskRecord, at offset: UInt32) {
        let id = end.id.job
        jobs[id]!.ended.insert(Int(offset))
        switch end.state {
        case .succeeded: jobs[id]!.record.counts.succeeded += 1
        case .failed:
            jobs[id]!.record.counts.failed += 1
            counters.tasksFailed += 1
        case .cancelled, .waiting, .running: preconditionFailure("a task ends by an answer or a failure")
        }
        counters.tasksEnded += 1
        step.changes.append(.taskEnded(end))
        publish(.taskEnded(end))
        progressedJobs.insert(id)
    }

    /// Ends the job if all its tasks have ended; whether they have.
    @discardableResult mutating func endIfNothingIsLeft(_ id: JobID) -> Bool {
        let counts = jobs[id]!.record.counts
        guard counts.ended == counts.total else { return false }
        move(id, to: counts.failed == 0 ? .succeeded : .failed)
        return true
    }

    /// Takes a job out of memory once nothing of it is left to happen.
    mutating func forgetIfDone(_ id: JobID) {
        guard jobs[id]?.isDone == true else { return }
        budgetJobs.remove(id)
        choosyJobs.remove(id)
        closeBooks(of: id)
        let record = jobs[id]!.record
        leaveClass(jobs[id]!.workClass)
        jobs[id] = nil
        step.forgotten.append(record)
        if let key = record.spec.idempotencyKey {
            keys.jobEnded(submitter: record.submitter, key: key, keeping: configuration.maxRecentKeys)
        }
    }
}
