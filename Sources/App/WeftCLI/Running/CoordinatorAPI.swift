package import WeftFormats
package import WeftModel

/// What commands ask of a coordinator. `WeftClient` speaks it over HTTP; tests bring a coordinator of their own.
///
/// Every call may throw ``CLIError`` and whatever the transport throws; cancelling the calling task ends it.
package protocol CoordinatorAPI: Sendable {
    /// `created` is false when the idempotency key was known.
    func submit(_ spec: JobSpec) async throws -> (job: JobView, created: Bool)
    /// With `wait`: answers when the job has ended, and at the latest after that time (at most a minute).
    func job(_ id: JobID, wait: Duration?) async throws -> JobView
    func jobs(_ filter: JobFilter) async throws -> Page<JobView>
    func spec(of id: JobID) async throws -> [UInt8]
    func cancel(_ id: JobID) async throws -> JobView
    func explain(_ id: JobID, task: UInt32?) async throws -> Explanation
    func tasks(_ id: JobID, _ filter: TaskFilter) async throws -> Page<TaskView>
    func task(_ id: TaskID) async throws -> TaskView
    /// The receipt file's bytes.
    func receipt(_ id: TaskID) async throws -> [UInt8]
    /// Which entries the log of receipts has, and which of them are kept.
    func logExtent() async throws -> LogExtent
    /// A signed head of the log of receipts, as it is now.
    func logHead() async throws -> [UInt8]
    /// That the receipt of a task is in the log.
    func logProof(_ id: TaskID) async throws -> [UInt8]
    /// Up to 256 hashes of 32 bytes.
    func logTile(level: Int, index: UInt64) async throws -> [UInt8]
    /// Pieces of the logs of one task or of all; with `follow` until what is watched has ended.
    func logs(_ id: JobID, task: UInt32?, follow: Bool) async throws
        -> any AsyncSequence<LogPiece, any Error> & Sendable
    /// From now on, or after the event with this id. Never ends by itself.
    func events(after: String?, job: JobID?) async throws
        -> any AsyncSequence<EventView, any Error> & Sendable

    func nodes() async throws -> [NodeView]
    func drain(_ id: NodeID, _ draining: Bool) async throws -> NodeView
    func tokens() async throws -> [TokenView]
    func createToken(name: String, role: Role) async throws -> TokenView
    func revokeToken(name: String) async throws
    func stats() async throws -> Stats

    func webhooks() async throws -> [WebhookView]
    func webhook(_ id: String) async throws -> WebhookView
    func createWebhook(_ request: WebhookRequest) async throws -> WebhookView
    func deleteWebhook(_ id: String) async throws
    func testWebhook(_ id: String) async throws -> WebhookTestView

    func account(_ account: Account) async throws -> AccountView
    /// All accounts that the caller may see and that have something in them.
    func accounts() async throws -> [AccountView]
    func statement(_ account: Account, _ filter: StatementFilter) async throws -> StatementView
    func grant(_ request: GrantRequest, key: String?) async throws -> MovementView

    func putBlob(_ bytes: [UInt8]) async throws -> BlobReference
    /// Streams the file; nothing is sent when the coordinator has it already.
    func putBlob(file path: String) async throws -> BlobReference
    /// Puts the blob into a file: whole and with the right digest, or not at all.
    func getBlob(_ blob: Digest, to path: String) async throws

    /// Gives connections back. No call may follow.
    func close() async throws
}

/// Which jobs a list shows.
package struct JobFilter: Sendable, Hashable {
    package var states: [JobState] = []
    package var submitter: String?
    package var labels: [String: String] = [:]
    /// The page before's `next`.
    package var cursor: String?
    package var limit: Int

    package init(limit: Int) { self.limit = limit }
}

/// Which part of a statement is asked for.
package struct StatementFilter: Sendable, Hashable {
    package var from: Timestamp?
    package var to: Timestamp?
    /// The page before's `next`.
    package var cursor: String?
    package var limit: Int

    package init(limit: Int) { self.limit = limit }
}

/// Which tasks a list shows.
package struct TaskFilter: Sendable, Hashable {
    package var states: [TaskState] = []
    package var onlyDisagreed = false
    package var withAttempts = false
    package var cursor: String?
    package var limit: Int

    package init(limit: Int) { self.limit = limit }
}
