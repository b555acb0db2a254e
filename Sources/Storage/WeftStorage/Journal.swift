package import WeftModel

/// Where a coordinator keeps what it has acknowledged. One coordinator owns a journal at a time.
///
/// Promises of every adapter, held to by the conformance suite:
/// - ``commit(_:)`` is atomic and durable: when it returns, all changes survive a crash of the process and of the
///   machine; when it throws, none of them is there.
/// - Commits take effect in the order in which they were called. A query sees every commit that returned before it.
/// - Committing the same result twice (same attempt), or a task's end twice, keeps the first.
/// - A second job under one number, or under one submitter's idempotency key, makes its commit throw
///   ``JournalError/writeFailed(_:)``. Every other change names a job that was submitted before it.
/// - A movement of credits whose number or identity was stored before makes its commit throw
///   ``JournalError/writeFailed(_:)``.
/// - The counts of an unfinished job are what its ended tasks add up to, whatever its changes said; a finished job's
///   are those it ended with.
/// - Cancelling the calling task does not undo or split a commit.
package protocol Journal: Sendable {
    /// Starts a new epoch (durably counted) and returns what is not finished. Called once, first.
    func load() async throws -> Snapshot

    /// Throws ``JournalError``.
    func commit(_ changes: [Change]) async throws

    /// Unfinished and finished jobs alike; `counts` hold what the task records add up to.
    func job(_ id: JobID) async throws -> JobRecord?
    /// The job that `submitter` submitted under this idempotency key.
    func job(submitter: String, idempotencyKey: String) async throws -> JobRecord?
    /// Newest first.
    func jobs(_ query: JobQuery) async throws -> [JobRecord]
    /// Ended tasks, ordered by index.
    func tasks(_ query: TaskQuery) async throws -> [TaskRecord]
    func task(_ id: TaskID) async throws -> TaskRecord?
    /// Results of one task, in the order of their arrival.
    func results(of task: TaskID) async throws -> [AttemptResult]
    /// A tile of the log of receipts; it may hold more entries than ``Snapshot/logSize`` said, as the log grows.
    func logTile(level: Int, index: UInt64) async throws -> LogTileRecord?
    /// What moved on one account, in order, with the balance after each; a page of it.
    func statement(_ query: StatementQuery) async throws -> AccountStatement
    /// Those movements of these that there are, in order.
    func movements(_ identities: [MovementIdentity]) async throws -> [Movement]
    /// What the cache of verified answers has under these keys, with what it rests on; at most two for each, in no order.
    /// All of it is from between the same two commits.
    func cached(_ keys: [Digest]) async throws -> [CacheFinding]
    /// How many entries the cache has.
    func cacheCount() async throws -> Int
    /// How many tasks of the job were given an answer of the cache.
    func cachedTaskCount(of job: JobID) async throws -> Int
    /// What the webhook is still to be told of, in the order of their positions.
    func webhookEntries(of id: WebhookID, limit: Int) async throws -> [WebhookEntry]
    /// Removes ended jobs that ended before `instant`, oldest first, with their tasks, results, cached answers and
    /// idempotency keys: at most `limit` jobs a call. Their numbers are not given out again. A job whose answers were given
    /// to tasks of another one stays for as long as that is there, and movements of credits stay. Returns how many were
    /// removed.
    func prune(endedBefore instant: Instant, limit: Int) async throws -> Int
    /// Gives up the entries of the log that were there before the oldest job that is: none of its tasks, nor of later ones, is
    /// among them. Tiles stay as far as they are needed for the others (``LogTile/firstKept(level:minimumIndex:)``). Returns
    /// the number of the first entry that is kept, ``Snapshot/logMinimum`` from then on; it never falls.
    func pruneLog() async throws -> UInt64

    /// Releases files and connections. Later calls throw ``JournalError/closed``, except `close` itself.
    func close() async throws
}

package struct JobQuery: Hashable, Sendable {
    package var states: Set<JobState>?
    package var submitter: String?
    /// Every pair must be among the job's labels.
    package var labels: [String: String]
    /// Jobs with a lower number only: the cursor of the page before.
    package var before: JobID?
    /// 1 to 1000.
    package var limit: Int

    package init(
        states: Set<JobState>? = nil, submitter: String? = nil, labels: [String: String] = [:], before: JobID? = nil,
        limit: Int = 100
    ) {
        self.states = states
        self.submitter = submitter
        self.labels = labels
        self.before = before
        self.limit = limit
    }
}

package struct TaskQuery: Hashable, Sendable {
    package var job: JobID
    package var states: Set<TaskState>?
    /// Only tasks in which answers differed.
    package var onlyDisagreed: Bool
    /// Tasks with a higher index only: the cursor of the page before.
    package var after: UInt32?
    /// 1 to 10,000.
    package var limit: Int

    package init(
        job: JobID, states: Set<TaskState>? = nil, onlyDisagreed: Bool = false, after: UInt32? = nil, limit: Int = 1000
    ) {
        self.job = job
        self.states = states
        self.onlyDisagreed = onlyDisagreed
        self.after = after
        self.limit = limit
    }
}

package struct StatementQuery: Hashable, Sendable {
    package var account: Account
    /// Only movements with a higher number: the cursor of the page before.
    package var after: UInt64
    /// Of this moment or later ones.
    package var from: Instant?
    /// Of earlier moments.
    package var to: Instant?
    /// 1 to 1000.
    package var limit: Int

    package init(
        account: Account, after: UInt64 = 0, from: Instant? = nil, to: Instant? = nil, limit: Int = 100
    ) {
        self.account = account
        self.after = after
        self.from = from
        self.to = to
        self.limit = limit
    }

    /// `limit`, kept within what the port allows.
    package var boundedLimit: Int { min(max(limit, 1), 1000) }
}

package enum JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another process owns this journal.
    case inUse(String)
    /// It was written by a newer version of Weft, or is damaged.
    case unreadable(String)
    /// The disk is full or failed; nothing of the commit was kept.
    case writeFailed(String)
    case closed

    package var description: String {
        switch self {
        case .inUse(let what): "the journal is in use by another coordinator: \(what)"
        case .unreadable(let why): "the journal cannot be read: \(why)"
        case .writeFailed(let why): "the journal could not be written: \(why)"
        case .closed: "the journal is closed"
        }
    }
}
