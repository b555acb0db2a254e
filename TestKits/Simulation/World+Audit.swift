import WeftEngine
import WeftModel

/// What must hold after each step, and at the end.
extension World {
    func auditStep(_ step: Step, events: [Event], brought: [(NodeArrival, stopping: [LeaseID])]) {
        let engine = shell!.engine
        let size = engine.attemptCount + engine.nodeCount + engine.unfinishedJobCount
        if size < 100 || steps % 16 == 0, let violation = engine.violations().first { return fail(violation) }
        if events.contains(where: { if case .tick = $0 { true } else { false } }) { auditLeases(engine) }
        auditOrder(step, engine)
        auditVerdicts(step)
        auditor.compare(step, told: events)
        for (arrival, stopping) in brought { auditAdoption(arrival, stopping, step, events, engine) }
    }

    /// After a tick no node holds anything past a lease's length of silence.
    private func auditLeases(_ engine: Engine) {
        for node in engine.nodeStatuses where node.isConnected || node.attempts > 0 {
            let silence = engineTime - node.lastHeard
            if silence >= plan.configuration.leaseDuration {
                fail("\(node.record.id) was silent for \(silence) and still holds \(node.attempts) attempts")
            }
        }
    }

    /// No job gets a place while an older one of its lane has a task that nobody has begun: that one could have had it.
    private func auditOrder(_ step: Step, _ engine: Engine) {
        var youngest: [Lane: JobID] = [:]
        for case .assign(_, let id) in step.actions {
            guard let record = engine.job(id.task.job) else { continue }
            let lane = Lane(record)
            youngest[lane] = max(youngest[lane] ?? record.id, record.id)
        }
        guard !youngest.isEmpty else { return }
        let isHeld = clock - shell!.startedAt < plan.configuration.recoveryGrace.microseconds
        for id in engine.jobIDs {
            if isHeld, shell!.restored.contains(id) { continue }
            // One with an error budget may have to wait for nodes that the book of trust lets answer, and one whose
            // replicas need equal machines for enough of these.
            guard let record = engine.job(id), record.spec.verification.maxError == nil,
                !record.spec.verification.needsSameHardware,
                !record.state.isFinal, record.counts.waiting > 0,
                record.counts.running < plan.configuration.maxOpenTasks, let placed = youngest[Lane(record)],
                placed > id
            else { continue }
            fail("job \(placed) was given a node while the older job \(id) has tasks to begin: \(record.counts)")
        }
    }

    private struct Lane: Hashable {
        var submitter: String
        var priority: Int
        var resources: Resources
        var requirements: Requirements

        init(_ record: JobRecord) {
            submitter = record.submitter
            priority = record.spec.priority
            resources = record.spec.resources
            requirements = record.spec.requirements
        }
    }

    private func auditVerdicts(_ step: Step) {
        for case .taskEnded(let record) in step.changes {
            guard let digest = shell!.engine.spec(of: record.id.job)?.digest ?? journal.jobs[record.id.job]?.specDigest,
                let job = jobsByDigest[digest]
            else { continue }
            let planned = plan.jobs[job]
            let problem = auditor.wronglyAccepted(
                record, isRight: record.answer.map { isRight($0, record.id, planned) } ?? true,
                quorum: planned.spec.verification.quorum)
            if let problem { return fail(problem) }
            if record.reason?.contains("attempts were lost") == true {
                note("task \(record.id) is given up: \(record.reason ?? "")")
            }
        }
    }

    /// What a worker still runs after a restart is taken up if its task needs it, not run again.
    private func auditAdoption(
        _ arrival: NodeArrival, _ stopping: [LeaseID], _ step: Step, _ events: [Event], _ engine: Engine
    ) {
        guard let status = engine.node(arrival.node), status.isConnected, fits(arrival) else { return }
        let assigned = Set(
            step.actions.compactMap { action -> LeaseID? in
                if case .assign(_, let id) = action { id.lease } else { nil }
            })
        let ended = Set(
            events.compactMap { event -> LeaseID? in
                if case .attemptEnded(let result) = event { result.attempt.lease } else { nil }
            })
        // A task that lost another attempt in the same batch may have needed none when this one was offered.
        let disturbed = Set(
            step.actions.compactMap { action -> TaskID? in
                if case .publish(.attemptEnded(let id, _, failure: .some)) = action { id.task } else { nil }
            })
        let owner = auditor.owner(of: arrival.node)
        for id in arrival.running where !stopping.contains(id.lease) && !ended.contains(id.lease) {
            guard !engine.hasAttempt(id), !disturbed.contains(id.task), engine.hasEnded(id.task) == false,
                let record = engine.job(id.task.job),
                !record.state.isFinal
            else { continue }
            // Who was caught lying too often is asked for nothing by a job with an error budget.
            if record.spec.verification.maxError != nil, status.trust.contains(where: \.standing.isExcluded) {
                continue
            }
            var voters = (auditor.votes[id.task] ?? []).map(\.node)
            // Those that are not durable, too.
            for step in shell!.inFlight.map(\.step) + [step] {
                for case .resultArrived(let result) in step.changes where result.attempt.task == id.task {
                    if case .completed = result.outcome { voters.append(result.node) }
                }
            }
            let holders = engine.attempts(of: id.task).filter { !assigned.contains($0.id.lease) }.map(\.node)
            let others = voters + holders
            guard others.count < record.spec.verification.replicas, !record.spec.verification.needsSameHardware,
                !others.contains(where: { auditor.owner(of: $0) == owner })
            else { continue }
            fail("\(arrival.node) brought \(id) back, its task needs it, and it was not taken up")
        }
    }

    /// Whether a node's attempts are all within what it has, so that none may be refused for room.
    private func fits(_ arrival: NodeArrival) -> Bool {
        var free = arrival.profile.capacity
        for id in arrival.running {
            guard let digest = journal.jobs[id.task.job]?.specDigest, let job = jobsByDigest[digest] else { continue }
            guard free.fits(plan.jobs[job].spec.resources) else { return false }
            free.take(plan.jobs[job].spec.resources)
        }
        return true
    }

    func auditAtEnd() {
        let engine = shell!.engine
        if let violation = engine.violations().first { return fail(violation) }
        if let lost = auditor.lostJob(in: journal) { return fail(lost) }
        if let wrong = auditor.books.compare(engine.ledger) { return fail(wrong) }
        if let wrong = auditor.books.unfinished(journal: journal, votes: auditor.votes) { return fail(wrong) }
        for id in engine.jobIDs {
            let explanation = engine.explain(id, task: nil)
            if explanation?.kind != .neverHere {
                return fail("job \(id) can never run, and is explained by: \(explanation?.summary ?? "nothing")")
            }
        }
        for record in journal.jobs.values.sorted(by: { $0.id < $1.id }) {
            guard let job = jobsByDigest[record.specDigest], plan.jobs[job].isFeasible else { continue }
            if !record.state.isFinal { return fail("job \(record.id) is \(record.state.rawValue) in the journal") }
        }
        for node in engine.nodeStatuses where node.free != node.record.profile.capacity {
            return fail("\(node.record.id) does nothing and has only \(node.free) free")
        }
    }
}
