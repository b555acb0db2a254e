package import WeftFormats
package import WeftModel
package import WeftStorage
package import WeftWire

/// STUB of the public surface; bodies land next. Everything here may be called from any task.
package actor Coordinator {
    package nonisolated let id: NodeID = NodeID("")
    package nonisolated let blobs: any BlobStore

    package init(blobs: any BlobStore) { self.blobs = blobs }

    /// Validated spec in; throws ``RequestError``. `created` is false when the idempotency key was known.
    package func submit(_ spec: JobSpec, submitter: String) async throws -> (job: JobView, created: Bool) { fatalError() }
    package func cancel(_ id: JobID, reason: String) async throws -> JobView { fatalError() }
    package func job(_ id: JobID) async throws -> JobView { fatalError() }
    package func spec(of id: JobID) async throws -> JobSpec { fatalError() }
    package func jobs(_ query: JobQuery) async throws -> [JobView] { fatalError() }
    /// Ended, running and waiting tasks, ordered by index.
    package func tasks(_ query: TaskQuery, withAttempts: Bool) async throws -> [TaskView] { fatalError() }
    package func task(_ id: TaskID) async throws -> TaskView { fatalError() }
    package func explain(_ id: JobID, task: UInt32?) async throws -> Explanation { fatalError() }
    /// The receipt file's bytes (a DSSE envelope as canonical JSON).
    package func receipt(_ id: TaskID) async throws -> [UInt8] { fatalError() }
    /// Kept and, with `follow`, coming pieces of the logs of one task (or all of a job's) until it ends.
    package func logs(_ id: JobID, task: UInt32?, follow: Bool) async throws -> LogSubscription { fatalError() }

    package func nodes() async throws -> [NodeView] { fatalError() }
    package func node(_ id: NodeID) async throws -> NodeView { fatalError() }
    package func drain(_ id: NodeID, _ draining: Bool) async throws -> NodeView { fatalError() }

    package func stats() async -> Stats { fatalError() }
    /// Events after `after` (an event's id), or from now on when nil.
    package func events(after: String?, filter: EventFilter) async throws -> EventSubscription { fatalError() }

    package func createToken(name: String, role: Role) async throws -> TokenView { fatalError() }
    package func tokens() async throws -> [TokenView] { fatalError() }
    package func revokeToken(name: String) async throws { fatalError() }
    /// Who the bearer of this secret is; nil when it is unknown or revoked. In constant time over the secret.
    package func authenticate(secret: String) async -> Principal? { fatalError() }

    /// Speaks with one worker until its link ends. The HTTP side calls this with each accepted WebSocket.
    package func serve(_ link: any Link) async { fatalError() }
    /// Whether the journal can be written and dispatching is on; a sentence why not.
    package func readiness() async -> String? { fatalError() }
}

package struct Principal: Hashable, Sendable {
    package var name: String
    package var role: Role

    package init(name: String, role: Role) {
        self.name = name
        self.role = role
    }
}

/// Why a request cannot be done. The HTTP side turns it into a problem document.
package enum RequestError: Error, Hashable, Sendable {
    /// 400/422
    case invalid([Problem])
    /// 404
    case notFound(String)
    /// 409
    case conflict(String)
    /// 429 with Retry-After
    case busy(String, retryAfterSeconds: Int)
    /// 503
    case unavailable(String)
}

package struct EventFilter: Hashable, Sendable {
    package var job: JobID?
    package var node: NodeID?
    package var kinds: Set<EventView.Kind>?

    package init(job: JobID? = nil, node: NodeID? = nil, kinds: Set<EventView.Kind>? = nil) {
        self.job = job
        self.node = node
        self.kinds = kinds
    }
}

/// A bounded stream of events in batches; a slow reader gets a `missed` event. Ends with the coordinator.
package struct EventSubscription: AsyncSequence, Sendable {
    package typealias Element = [EventView]
    package typealias Failure = Never
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let pull: @Sendable () async -> [EventView]?
        package mutating func next() async -> [EventView]? { await pull() }
    }
    private let pull: @Sendable () async -> [EventView]?
    package init(next: @escaping @Sendable () async -> [EventView]?) { pull = next }
    package func makeAsyncIterator() -> Iterator { Iterator(pull: pull) }
}

/// A bounded stream of log pieces in batches.
package struct LogSubscription: AsyncSequence, Sendable {
    package typealias Element = [LogPiece]
    package typealias Failure = Never
    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let pull: @Sendable () async -> [LogPiece]?
        package mutating func next() async -> [LogPiece]? { await pull() }
    }
    private let pull: @Sendable () async -> [LogPiece]?
    package init(next: @escaping @Sendable () async -> [LogPiece]?) { pull = next }
    package func makeAsyncIterator() -> Iterator { Iterator(pull: pull) }
}
