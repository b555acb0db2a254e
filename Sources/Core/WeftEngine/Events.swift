package import WeftLedger
package import WeftModel

/// What happened, told to the engine together with the time. Large values are indirect: an event is handed on several times.
package enum Event: Sendable {
    indirect case submitted(JobSubmission)
    case cancelled(JobID, reason: String)
    indirect case nodeJoined(NodeArrival)
    /// The link of this session ended. `drained`: the node says that nothing of its work goes on.
    case nodeLeft(NodeID, session: UInt64, reason: String, drained: Bool)
    case nodeHeard(NodeID, session: UInt64)
    case nodeDrained(NodeID, Bool)
    /// A connected node says anew what it offers, whom it works for, and whether it works at all.
    indirect case nodeProfiled(NodeID, session: UInt64, NodeProfile)
    case attemptStarted(AttemptID, NodeID)
    /// The shell has checked the signature and holds every blob that the result names.
    indirect case attemptEnded(AttemptResult)
    /// Which answers of a task agree, after ``Action/compare(_:_:)``. What cannot be read agrees with nothing.
    case compared(TaskID, [Agreements.Pair: Bool])
    /// An administrator gives credits to a submitter.
    case granted(Grant)
    /// Time has passed; sent at least once a second.
    case tick
}

/// A valid job, not yet numbered.
package struct JobSubmission: Sendable {
    package var spec: JobSpec
    package var specDigest: Digest
    package var submitter: String
    package var trace: TraceContext?
    /// Verified answers that its tasks can be given.
    package var cached: CachedAnswers

    package init(
        spec: JobSpec, specDigest: Digest, submitter: String, trace: TraceContext? = nil,
        cached: CachedAnswers = CachedAnswers()
    ) {
        self.spec = spec
        self.specDigest = specDigest
        self.submitter = submitter
        self.trace = trace
        self.cached = cached
    }
}

/// What was found in the cache for a job's tasks.
package struct CachedAnswers: Sendable {
    /// By offset into the job's array.
    package var byOffset: [UInt32: CachedAnswer]
    /// ``Engine/revocations`` as it was, durably, before the cache was read: an answer of a node that was found lying since
    /// then is not taken.
    package var asOf: UInt64

    package init(_ byOffset: [UInt32: CachedAnswer] = [:], asOf: UInt64 = 0) {
        self.byOffset = byOffset
        self.asOf = asOf
    }
}

/// What became of a submission, in the order of the submissions of a batch.
package enum SubmissionOutcome: Hashable, Sendable {
    case accepted(JobID)
    /// Its idempotency key belongs to this job already.
    case known(JobID)
    /// Too many unfinished jobs; try later.
    case busy
    /// Its submitter has less than it can cost.
    case unaffordable(available: Credits, needed: Credits)
    /// It can cost more than credits can count.
    case uncountable
}

/// A node whose key has been proven, and what it brings.
package struct NodeArrival: Sendable {
    package var node: NodeID
    package var profile: NodeProfile
    /// Tells this link from earlier ones of the same node; grows.
    package var session: UInt64
    /// See ``NodeRecord/network``.
    package var network: String?
    package var running: [AttemptID]
    /// Ended on the node, not yet acknowledged: their results follow as events of their own.
    package var finished: [AttemptID]

    package init(
        node: NodeID, profile: NodeProfile, session: UInt64, network: String? = nil, running: [AttemptID] = [],
        finished: [AttemptID] = []
    ) {
        self.node = node
        self.profile = profile
        self.session = session
        self.network = network
        self.running = running
        self.finished = finished
    }
}

/// What the shell does once the step's changes are durable, in this order.
package enum Action: Hashable, Sendable {
    case assign(NodeID, AttemptID)
    case revoke(NodeID, AttemptID, reason: String)
    /// The result is durable or of no use: the node may forget it.
    case acknowledge(NodeID, AttemptID)
    /// Compares the outputs of these answers and reports ``Event/compared(_:_:)``. Asked once in a life of the coordinator;
    /// not answered for a task that has ended.
    case compare(TaskID, [Agreements.Pair])
    case disconnect(NodeID, session: UInt64, reason: String)
    case publish(Notice)
}

/// The outcome of one call of the engine.
package struct Step: Sendable {
    package var changes: [Change] = []
    package var actions: [Action] = []
    package var submissions: [SubmissionOutcome] = []
    /// What became of the grants of the batch, in their order.
    package var grants: [Result<Entry, LedgerError>] = []
    /// Jobs that have left memory with this step, as they ended.
    package var forgotten: [JobRecord] = []
    /// No higher job number has been given out.
    package var lastJob: UInt64 = 0

    package init() {}
}

/// Which of a step's assignments may be sent before its ``Step/changes`` are durable: leases are soft state. Not those to nodes whose
/// links the shell opens later, and not those that come from more new jobs at once than a start after a crash would allow for
/// (``Snapshot/unheardJobs``).
package struct EarlyAssignments: Sendable {
    private var lastJob: JobID
    private var joining: Set<NodeID>

    /// - Parameters:
    ///   - durableJob: jobs up to this number are durable.
    ///   - joining: the nodes that join with this step, or with earlier ones that are not durable.
    package init(durableJob: UInt64, joining: Set<NodeID>) {
        lastJob = JobID(durableJob + Snapshot.unheardJobs)
        self.joining = joining
    }

    package func allow(_ node: NodeID, _ attempt: AttemptID) -> Bool {
        attempt.task.job <= lastJob && !joining.contains(node)
    }
}
