import DequeModule
import HeapModule
package import WeftModel
import WeftTrust

/// What can be asked of the engine between two steps.
extension Engine {
    package struct AttemptStatus: Hashable, Sendable {
        package var id: AttemptID
        package var node: NodeID
        package var assignedAt: Instant
        package var startedAt: Instant?
    }

    package struct NodeStatus: Hashable, Sendable {
        package var record: NodeRecord
        package var isConnected: Bool
        package var lastHeard: Instant
        package var free: Resources
        /// Those that have room on it; others may wait there.
        package var attempts: Int
        package var trust: [NodeTrust]
    }

    /// What jobs with an error budget have shown of a node, for one kind of payload.
    package struct NodeTrust: Hashable, Sendable {
        package var standing: Standing
        package var isBelieved: Bool
    }

    /// A job that has not left memory, with its counts as they are now.
    package func job(_ id: JobID) -> JobRecord? {
        guard let job = jobs[id] else { return nil }
        var record = job.record
        record.counts = job.counts
        return record
    }

    package var jobIDs: [JobID] { jobs.keys.sorted() }

    package func knownJob(submitter: String, idempotencyKey: String) -> JobID? { keys[submitter, idempotencyKey] }

    /// Whether the task has ended; nil for a job that is not in memory.
    package func hasEnded(_ task: TaskID) -> Bool? {
        guard let offset = jobs[task.job]?.offset(of: task) else { return nil }
        return jobs[task.job]!.ended.contains(Int(offset))
    }

    /// Indexes of tasks that have been started and have not ended, in order.
    package func openTasks(of id: JobID) -> [UInt32] {
        guard let job = jobs[id] else { return [] }
        return job.open.keys.sorted().map { job.index($0) }
    }

    /// The attempts under lease of one task.
    package func attempts(of task: TaskID) -> [AttemptStatus] {
        guard let offset = jobs[task.job]?.offset(of: task) else { return [] }
        let running = jobs[task.job]!.open[offset]?.running ?? jobs[task.job]!.tails[offset]?.running ?? []
        return running.map { lease in
            let attempt = attempts[lease]!
            return AttemptStatus(
                id: attempt.id, node: nodes[attempt.node].record.id, assignedAt: attempt.assignedAt,
                startedAt: attempt.startedAt)
        }
    }

    package func spec(of job: JobID) -> (spec: JobSpec, digest: Digest)? {
        guard let digest = specDigest(of: job) else { return nil }
        return (jobs[job]!.record.spec, digest)
    }

    package func specDigest(of job: JobID) -> Digest? { jobs[job]?.record.specDigest }

    /// Who submitted a job that has not ended, and in which trace.
    package func origin(of job: JobID) -> (submitter: String, trace: TraceContext?)? {
        guard let submitter = jobs[job]?.record.submitter else { return nil }
        return (submitter, jobs[job]!.record.trace)
    }

    package func hasAttempt(_ id: AttemptID) -> Bool { attempts[id.lease]?.id == id }

    package var nodeStatuses: [NodeStatus] { nodes.indices.map(status).sorted { $0.record.id < $1.record.id } }

    package func node(_ id: NodeID) -> NodeStatus? { nodeIndexes[id].map(status) }

    /// Whether the node has attempts that have not ended.
    package func isBusy(_ id: NodeID) -> Bool { nodeIndexes[id].map { !nodes[$0].attempts.isEmpty } ?? false }

    private func status(_ index: Int) -> NodeStatus {
        let node = nodes[index]
        let trust = node.members.values.sorted().map { member in
            NodeTrust(standing: self.trust.standings[member.index], isBelieved: self.trust.isBelieved(member))
        }
        return NodeStatus(
            record: node.record, isConnected: node.isConnected, lastHeard: node.lastHeard, free: node.free.resources,
            attempts: node.attempts.count - node.prefetched.count,
            trust: trust.filter { $0.standing.errors.trials > 0 })
    }

    /// Entries that wait for their time, stale ones included.
    package var deadlineCount: Int { deadlines.count }
    package var attemptCount: Int { attempts.count }
    package var connectedNodeCount: Int { nodes.count { $0.isConnected } }
    package var nodeCount: Int { nodes.count }
    package var unfinishedJobCount: Int { jobs.count }
    /// Tasks that are answered and wait until the nodes that answered were checked.
    package var heldTaskCount: Int { openBudgetTasks - undecidedTasks }
    package var waitingTaskCount: Int {
        jobs.values.reduce(0) { $0 + ($1.record.state.isFinal ? 0 : Int($1.counts.waiting)) }
    }
}
