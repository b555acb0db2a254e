package import WeftCoordinator
package import WeftFormats
package import WeftModel
package import WeftStorage
package import WeftTES
package import WeftWebhooks
package import WeftWire

/// What the routes ask of a coordinator; ``Coordinator`` is the one in production, tests bring their own.
///
/// Every call may throw ``RequestError``, ``BlobError`` or ``JournalError``. Subscriptions end (their `next` answers
/// nil at once) when the task that pulls them is cancelled.
package protocol JobService: TaskJobs, WebhookBook {
    var blobs: any BlobStore { get }

    func submit(
        _ spec: JobSpec, submitter: String, trace: TraceContext?
    ) async throws -> (job: JobView, created: Bool)
    func cancel(_ id: JobID, reason: String) async throws -> JobView
    func job(_ id: JobID) async throws -> JobView
    /// What `answer` makes of the job once it has ended, or as it is after `limit`; soon, when the task is cancelled. The answer may
    /// be made before the end is durable, and comes afterwards.
    func job<Answer: Sendable>(
        _ id: JobID, endingWithin limit: Duration, answer: @Sendable (JobView) throws -> Answer
    ) async throws -> Answer
    func spec(of id: JobID) async throws -> JobSpec
    func jobs(_ query: JobQuery) async throws -> [JobView]
    func tasks(_ query: TaskQuery, withAttempts: Bool) async throws -> [TaskView]
    func task(_ id: TaskID) async throws -> TaskView
    func explain(_ id: JobID, task: UInt32?) async throws -> Explanation
    func receipt(_ id: TaskID) async throws -> [UInt8]
    func logExtent() async -> LogExtent
    func logHead() async -> [UInt8]
    func logConsistency(from size: UInt64) async throws -> [UInt8]
    func logProof(_ id: TaskID) async throws -> [UInt8]
    func logTile(level: Int, index: UInt64) async throws -> [UInt8]
    func logs(_ id: JobID, task: UInt32?, follow: Bool) async throws -> LogSubscription

    func nodes() async throws -> [NodeView]
    func node(_ id: NodeID) async throws -> NodeView
    func drain(_ id: NodeID, _ draining: Bool) async throws -> NodeView

    func grant(_ request: GrantRequest, key: String?, by administrator: String) async throws
        -> (movement: MovementView, created: Bool)
    func account(_ account: Account) async throws -> AccountView
    func accounts(after: Account?, limit: Int) async throws -> [AccountView]
    func statement(_ query: StatementQuery) async throws -> StatementView

    func stats() async -> Stats
    func events(after: String?, filter: EventFilter) async throws -> EventSubscription

    func createToken(name: String, role: Role) async throws -> TokenView
    func tokens() async throws -> [TokenView]
    func revokeToken(name: String) async throws
    func authenticate(secret: String) async -> Principal?

    func serve(_ link: any Link) async
    func readiness() async -> String?
}

extension Coordinator: JobService {}
