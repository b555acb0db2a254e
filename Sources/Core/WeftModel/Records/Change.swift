/// One row to be made durable. The changes of one engine step, or of several, are committed together.
///
/// Large values are indirect: a change is handed on several times, and a task has two.
package enum Change: Hashable, Sendable {
    /// Also makes the job's idempotency key known.
    indirect case jobSubmitted(JobRecord)
    /// `counts` are the final ones when the state is final.
    case jobMoved(JobID, JobState, reason: String?, endedAt: Instant?, counts: TaskCounts)
    case taskEnded(TaskRecord)
    /// An answer or a failure. Idempotent by its attempt.
    indirect case resultArrived(AttemptResult)
    /// All of the record but its performance.
    indirect case nodeChanged(NodeRecord)
    /// Of a node that is known.
    indirect case nodePerformed(NodeID, Performance)
    indirect case tokenChanged(TokenRecord)
    /// The book of trust as it is now, with the standings that have changed.
    indirect case trustChanged(TrustSnapshot)
    case logGrew(LogGrowth)
    /// In the order of their sequence.
    case creditsMoved([Movement])
    /// A verified answer that others may be given: takes the place of the entry of its key and kind. Without a key it is
    /// none.
    case cacheEntered(CacheEntry)
    /// Only so many entries stay, those that were written last.
    case cacheTrimmed(keeping: Int)
    /// The node was found lying: all entries that its vote is in are gone.
    case cacheRevoked(NodeID)
    /// Entries of this key that name this task are not what they claim to be, and gone.
    case cacheRefused(Digest, TaskID)
    indirect case webhook(WebhookChange)
}

/// What is not finished: everything an engine needs to go on after a restart.
package struct Snapshot: Sendable {
    /// Counts the coordinator's starts over this journal; higher than ever before.
    package var epoch: UInt64
    /// No higher job number was ever given out, also to a job that a crash has taken away; 0 if none was.
    package var lastJob: UInt64
    /// Attempts of so many jobs may be handed out before these jobs are durable, so a start leaves out as many numbers:
    /// what a worker then brings back belongs to no other job.
    package static let unheardJobs: UInt64 = 32
    package var jobs: [UnfinishedJob]
    package var nodes: [NodeRecord]
    package var tokens: [TokenRecord]
    /// nil as long as nothing of it was ever kept.
    package var trust: TrustSnapshot?
    /// How many entries the log of receipts has.
    package var logSize: UInt64
    /// The first entry of the log that was not pruned.
    package var logMinimum: UInt64
    /// The books in short; nil as long as no credits ever moved.
    package var ledger: LedgerRecord?
    /// By name.
    package var webhooks: [WebhookBacklog]

    package init(
        epoch: UInt64 = 1, lastJob: UInt64 = 0, jobs: [UnfinishedJob] = [], nodes: [NodeRecord] = [],
        tokens: [TokenRecord] = [], trust: TrustSnapshot? = nil, logSize: UInt64 = 0, logMinimum: UInt64 = 0,
        ledger: LedgerRecord? = nil, webhooks: [WebhookBacklog] = []
    ) {
        self.epoch = epoch
        self.lastJob = lastJob
        self.jobs = jobs
        self.nodes = nodes
        self.tokens = tokens
        self.trust = trust
        self.logSize = logSize
        self.logMinimum = logMinimum
        self.ledger = ledger
        self.webhooks = webhooks
    }
}

/// A job in a non-final state, with what is known of its tasks.
package struct UnfinishedJob: Sendable {
    /// `counts` holds what can be counted from the records: ended tasks by state.
    package var record: JobRecord
    /// Ended tasks, ordered by index.
    package var ended: [TaskRecord]
    /// Results of tasks that have not ended, in the order of their arrival.
    package var results: [AttemptResult]

    package init(record: JobRecord, ended: [TaskRecord] = [], results: [AttemptResult] = []) {
        self.record = record
        self.ended = ended
        self.results = results
    }
}
