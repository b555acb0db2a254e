import BitCollections
import DequeModule
import WeftModel
import WeftTrust

extension Engine {
    /// Loads what the journal holds. Attempts are soft state: workers bring them back within the grace.
    mutating func restore(_ snapshot: Snapshot) {
        for record in snapshot.nodes.sorted(by: { $0.id < $1.id }) {
            nodeIndexes[record.id] = nodes.count
            nodes.append(Node(record: record, lastHeard: now, free: Room(of: record.profile)))
        }
        for node in nodes.indices {
            nodes[node].hardware = nodes[node].record.profile.hardwareClass
            enrol(node)
        }
        for unfinished in snapshot.jobs.sorted(by: { $0.record.id < $1.record.id }) { restore(unfinished) }
        restoredNodes = nodes.count
        lastRestoredJob = lastJob
        awaited = Set(nodes.indices.filter { nodes[$0].record.isConnected })
        holdRestoredUntil = now + (awaited.isEmpty ? .zero : configuration.recoveryGrace)
    }

    private mutating func restore(_ unfinished: UnfinishedJob) {
        var job = Job(record: unfinished.record, workClass: enterClass(of: unfinished.record.spec))
        job.isRestored = true
        job.record.counts = TaskCounts(total: job.range.count)
        for task in unfinished.ended {
            guard let offset = job.offset(of: task.id) else { continue }
            job.ended.insert(Int(offset))
            if task.state == .succeeded { job.record.counts.succeeded += 1 } else { job.record.counts.failed += 1 }
            if task.dissenters > 0 { job.record.counts.disagreed += 1 }
        }
        for result in unfinished.results {
            guard let offset = job.offset(of: result.attempt.task), !job.ended.contains(Int(offset)),
                let node = nodeIndexes[result.node]
            else { continue }
            if job.open[offset] == nil { job.open[offset] = OpenTask(comparesDigests: job.comparesDigests) }
            switch result.outcome {
            case .completed(let completion):
                guard let answer = result.answer else { continue }
                job.open[offset]!.votes.append(
                    Vote(
                        attempt: result.attempt, node: node, answer: answer,
                        isSuccess: completion.isSuccess(for: job.record.spec),
                        cost: cost(of: result, for: job.record.spec)))
            case .failed:
                job.open[offset]!.failed.append(result.attempt.lease)
            }
        }
        if job.verification.maxError != nil { budgetJobs.insert(job.id) }
        // The book's record has what they were worth.
        for offset in job.open.keys { job.open[offset]!.judgedVotes = job.open[offset]!.votes.count }
        for offset in job.open.keys.sorted() { resume(offset, of: &job) }
        if let key = job.record.spec.idempotencyKey {
            keys.add(submitter: job.record.submitter, key: key, job: job.id)
        }
        add(job)
    }

    /// Asks for the replicas that a half-answered task still needs.
    private mutating func resume(_ offset: UInt32, of job: inout Job) {
        let policy = job.verification
        let votes = job.open[offset]!.votes
        if policy.needsSameHardware { job.open[offset]!.hardware = votes.first.map { nodes[$0.node].hardware } }
        guard policy.maxError == nil else { return resumeBallot(offset, of: &job) }
        var wanted = policy
        if policy.spotCheck != nil, !votes.isEmpty {
            // With its answer alone it would have ended, had it not been drawn.
            job.open[offset]!.isSpotChecked = true
            wanted = policy.ofSpotCheck
        }
        var waiting = max(0, wanted.replicas - votes.count)
        // What answers are worth that have to be compared is known later.
        if job.comparesDigests {
            let tally = job.open[offset]!.tally
            if tally.kinds > 1 {
                job.open[offset]!.hasDisagreed = true
                job.record.counts.disagreed += 1
            }
            if case .needsMore(let replicas) = tally.conclude(wanted, outstanding: waiting) { waiting += replicas }
        }
        job.open[offset]!.waiting = waiting
        job.wanting.append(contentsOf: repeatElement(offset, count: waiting))
    }
}
