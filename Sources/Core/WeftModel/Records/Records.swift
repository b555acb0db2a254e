/// A job as it is kept. What changes with every task (how many are done) is counted from the task records.
package struct JobRecord: Hashable, Sendable {
    package var id: JobID
    @usableFromInline var sharedSpec: Shared<JobSpec>
    /// SHA-256 of the spec's canonical JSON: what nodes sign and receipts name.
    package var specDigest: Digest
    /// The name of the token that submitted it.
    package var submitter: String
    package var submittedAt: Instant
    /// Where its submitter says that it belongs.
    package var trace: TraceContext?
    package var state: JobState
    /// Why it ended, where there is more to say than the state.
    package var reason: String?
    package var endedAt: Instant?
    package var counts: TaskCounts

    package init(
        id: JobID, spec: JobSpec, specDigest: Digest, submitter: String, submittedAt: Instant,
        trace: TraceContext? = nil, state: JobState = .waiting, reason: String? = nil, endedAt: Instant? = nil,
        counts: TaskCounts? = nil
    ) {
        self.id = id
        sharedSpec = Shared(spec)
        self.specDigest = specDigest
        self.submitter = submitter
        self.submittedAt = submittedAt
        self.trace = trace
        self.state = state
        self.reason = reason
        self.endedAt = endedAt
        self.counts = counts ?? TaskCounts(total: spec.indexes.count)
    }

    @inlinable package var spec: JobSpec {
        _read { yield sharedSpec.value }
        _modify { yield &sharedSpec.value }
    }
}

package enum JobState: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nothing has run yet.
    case waiting
    case running
    /// Every task succeeded.
    case succeeded
    /// Every task has ended and at least one failed.
    case failed
    case cancelled

    package var isFinal: Bool {
        switch self {
        case .waiting, .running: false
        case .succeeded, .failed, .cancelled: true
        }
    }
}

/// How many of a job's tasks are in which state. They add up: what is left of `total` is waiting.
package struct TaskCounts: Hashable, Sendable, Codable {
    package var total: UInt32
    package var running: UInt32
    package var succeeded: UInt32
    package var failed: UInt32
    package var cancelled: UInt32
    /// Tasks, ended or not, in which at least one answer differed.
    package var disagreed: UInt32

    package init(
        total: UInt32, running: UInt32 = 0, succeeded: UInt32 = 0, failed: UInt32 = 0, cancelled: UInt32 = 0,
        disagreed: UInt32 = 0
    ) {
        self.total = total
        self.running = running
        self.succeeded = succeeded
        self.failed = failed
        self.cancelled = cancelled
        self.disagreed = disagreed
    }

    package var ended: UInt32 { succeeded + failed + cancelled }
    package var waiting: UInt32 { total - ended - running }
}

package enum TaskState: String, Hashable, Sendable, Codable, CaseIterable {
    case waiting, running, succeeded, failed, cancelled

    package var isFinal: Bool {
        switch self {
        case .waiting, .running: false
        case .succeeded, .failed, .cancelled: true
        }
    }
}

/// What verification concluded over a task's answers.
package enum Verdict: String, Hashable, Sendable, Codable, CaseIterable {
    /// A quorum of replicas gave the same answer.
    case agreed
    /// The replicas asked for have answered and no quorum can be reached.
    case disagreed
    /// It ended before enough answers were in (cancelled, or attempts failed).
    case undecided
}

/// A task that has ended.
package struct TaskRecord: Hashable, Sendable {
    package var id: TaskID
    package var state: TaskState
    package var verdict: Verdict
    /// The answer that the quorum gave.
    package var answer: Digest?
    /// Other answers that were found to be like ``answer``, in order; none where only equal ones are.
    package var alike: [Digest]
    /// Why it failed, in one sentence.
    package var reason: String?
    /// How many answers were not like `answer`, or differed from each other where there is none.
    package var dissenters: Int
    package var endedAt: Instant
    /// The probability that the answer is wrong, where it was accepted under an error budget (docs/trust.md).
    package var errorBound: ErrorRate?
    /// Which entry of the log of receipts it is, from 0; nil for tasks that ended before there was a log.
    package var logIndex: UInt64?
    /// The task that was run in its place: its answer, outputs and receipt are this one's (docs/cache.md).
    package var cachedFrom: TaskID?

    package init(
        id: TaskID, state: TaskState, verdict: Verdict, answer: Digest? = nil, alike: [Digest] = [],
        reason: String? = nil, dissenters: Int = 0, endedAt: Instant, errorBound: ErrorRate? = nil,
        logIndex: UInt64? = nil, cachedFrom: TaskID? = nil
    ) {
        self.id = id
        self.state = state
        self.verdict = verdict
        self.answer = answer
        self.alike = alike
        self.reason = reason
        self.dissenters = dissenters
        self.endedAt = endedAt
        self.errorBound = errorBound
        self.logIndex = logIndex
        self.cachedFrom = cachedFrom
    }

    /// Whether an answer counts as the one that was agreed on.
    package func supports(_ answer: Digest) -> Bool { answer == self.answer || alike.contains(answer) }
}

/// A node as it is kept: what it said of itself and what the coordinator has learnt.
package struct NodeRecord: Hashable, Sendable {
    package var id: NodeID
    @usableFromInline var sharedProfile: Shared<NodeProfile>
    package var reputation: Reputation
    /// Made durable apart, by ``Change/nodePerformed(_:_:)``.
    package var performance: Performance
    /// Where it was last connected from, as far as that tells machines apart; nil on private networks.
    package var network: String?
    package var isDraining: Bool
    /// Whether its link was open when this was written: after a restart such nodes are waited for.
    package var isConnected: Bool
    package var firstSeenAt: Instant
    package var lastSeenAt: Instant

    package init(
        id: NodeID, profile: NodeProfile, reputation: Reputation, performance: Performance = Performance(),
        network: String? = nil, isDraining: Bool = false,
        isConnected: Bool = false, firstSeenAt: Instant, lastSeenAt: Instant
    ) {
        self.id = id
        sharedProfile = Shared(profile)
        self.reputation = reputation
        self.performance = performance
        self.network = network
        self.isDraining = isDraining
        self.isConnected = isConnected
        self.firstSeenAt = firstSeenAt
        self.lastSeenAt = lastSeenAt
    }

    @inlinable package var profile: NodeProfile {
        _read { yield sharedProfile.value }
        _modify { yield &sharedProfile.value }
    }

    /// This record in the place of an earlier one, whose performance stays: what ``Change/nodeChanged(_:)`` means.
    package func replacing(_ earlier: NodeRecord?) -> NodeRecord {
        var record = self
        record.performance = earlier?.performance ?? Performance()
        return record
    }
}

/// What a coordinator has learnt of a node's honesty. Moves by verdicts alone.
package struct Reputation: Hashable, Sendable, Codable {
    /// 0 to 100.
    package var score: Int
    /// Answers that agreed with their quorum.
    package var agreements: Int64
    /// Answers that differed from their quorum.
    package var disagreements: Int64

    package init(score: Int, agreements: Int64 = 0, disagreements: Int64 = 0) {
        self.score = score
        self.agreements = agreements
        self.disagreements = disagreements
    }
}
