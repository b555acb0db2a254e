import Synchronization
import WeftCoordinator
import WeftFormats
import WeftHTTP
import WeftModel
import WeftStorage
import WeftWire

/// A coordinator made of dictionaries: routes are tested on their own.
final class FakeService: JobService {
    struct State {
        var jobs: [JobID: JobView] = [:]
        var specs: [JobID: JobSpec] = [:]
        var keys: [String: JobID] = [:]
        var tasks: [TaskID: TaskView] = [:]
        var tokens: [String: TokenView] = [:]
        var events: [EventView] = []
        var subscribers: [AsyncStream<[EventView]>.Continuation] = []
        var waiting: [CheckedContinuation<Void, Never>] = []
        var logs: [LogPiece] = []
        var movements: [Movement] = []
        /// What was subscribed to.
        var filters: [EventFilter] = []
        /// Thrown by the next submission.
        var refusal: RequestError?
        var isReady = true
        var servedLinks = 0
    }

    let state = Mutex(State())
    let memory = MemoryBlobs()
    var blobs: any BlobStore { memory }
    let welcomesLinks: Bool

    init(welcomesLinks: Bool = true) { self.welcomesLinks = welcomesLinks }

    /// The bearer of `<role>-secret` has that role, `other-secret` is a second submitter.
    func authenticate(secret: String) async -> Principal? {
        switch secret {
        case "viewer-secret": Principal(name: "v", role: .viewer)
        case "submitter-secret": Principal(name: "s", role: .submitter)
        case "other-secret": Principal(name: "o", role: .submitter)
        case "admin-secret": Principal(name: "a", role: .admin)
        case "worker-secret": Principal(name: "w", role: .worker)
        default: nil
        }
    }

    func submit(
        _ spec: JobSpec, submitter: String, trace: TraceContext?
    ) async throws -> (job: JobView, created: Bool) {
        let (job, created) = try state.withLock { state throws -> (JobView, Bool) in
            if let refusal = state.refusal { throw refusal }
            if let key = spec.idempotencyKey, let id = state.keys[key] { return (state.jobs[id]!, false) }
            let id = JobID(UInt64(state.jobs.count + 1))
            let job = JobView(
                id: id, name: spec.name, state: .waiting, reason: nil, submitter: submitter,
                submittedAt: Timestamp(Instant(microseconds: 0)), endedAt: nil,
                counts: TaskCounts(total: spec.indexes.count), priority: spec.priority, labels: spec.labels,
                specDigest: spec.digest, traceparent: trace?.description)
            state.jobs[id] = job
            state.specs[id] = spec
            if let key = spec.idempotencyKey { state.keys[key] = id }
            return (job, true)
        }
        return (job, created)
    }

    func cancel(_ id: JobID, reason: String) async throws -> JobView {
        end(id, .cancelled, reason: reason)
        return try await job(id)
    }

    func job(_ id: JobID) async throws -> JobView {
        guard let job = state.withLock({ $0.jobs[id] }) else { throw RequestError.notFound("no job \(id)") }
        return job
    }

    func job<Answer: Sendable>(
        _ id: JobID, endingWithin limit: Duration, answer: @Sendable (JobView) throws -> Answer
    ) async throws -> Answer {
        let ends = try await events(after: nil, filter: EventFilter(job: id))
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                if try await self.job(id).state.isFinal { return }
                for await _ in ends where try await self.job(id).state.isFinal { return }
            }
            group.addTask { try? await Task.sleep(for: limit) }
            try await group.next()
            group.cancelAll()
            return try answer(try await self.job(id))
        }
    }

    func spec(of id: JobID) async throws -> JobSpec {
        guard let spec = state.withLock({ $0.specs[id] }) else { throw RequestError.notFound("no job \(id)") }
        return spec
    }

    func jobs(_ query: JobQuery) async throws -> [JobView] {
        state.withLock { state in
            let found = state.jobs.values.sorted { $0.id > $1.id }.filter { job in
                (query.states?.contains(job.state) ?? true) && (query.submitter ?? job.submitter) == job.submitter
                    && (query.before.map { job.id < $0 } ?? true)
                    && query.labels.allSatisfy { job.labels[$0.key] == $0.value }
            }
            return Array(found.prefix(query.limit))
        }
    }

    func tasks(_ query: TaskQuery, withAttempts: Bool) async throws -> [TaskView] {
        _ = try await job(query.job)
        return state.withLock { state in
            let found = state.tasks.values.sorted { $0.index < $1.index }.filter { task in
                task.job == query.job && (query.states?.contains(task.state) ?? true)
                    && (query.after.map { task.index > $0 } ?? true) && (!query.onlyDisagreed || task.dissenters > 0)
            }
            return Array(found.prefix(query.limit))
        }
    }

    func task(_ id: TaskID) async throws -> TaskView {
        guard let task = state.withLock({ $0.tasks[id] }) else { throw RequestError.notFound("no task \(id)") }
        return task
    }

    func explain(_ id: JobID, task: UInt32?) async throws -> Explanation {
        Explanation(kind: .notNow, summary: "job \(id) task \(task.map(String.init) ?? "any") waits")
    }

    func logExtent() async -> LogExtent { LogExtent(size: 9, minimumIndex: 4) }
    func logHead() async -> [UInt8] { Array("head".utf8) }
    func logConsistency(from size: UInt64) async throws -> [UInt8] { Array("from \(size)".utf8) }
    func logProof(_ id: TaskID) async throws -> [UInt8] {
        _ = try await task(id)
        return Array("proof of \(id)".utf8)
    }
    func logTile(level: Int, index: UInt64) async throws -> [UInt8] {
        guard index == 0 else { throw RequestError.notFound("no such tile") }
        return [UInt8](repeating: UInt8(level), count: 32)
    }

    func receipt(_ id: TaskID) async throws -> [UInt8] {
        _ = try await task(id)
        return Array(#"{"payload":"","payloadType":"x"}"#.utf8)
    }

    func logs(_ id: JobID, task: UInt32?, follow: Bool) async throws -> LogSubscription {
        _ = try await job(id)
        let (stream, continuation) = AsyncStream<[LogPiece]>.makeStream()
        continuation.yield(state.withLock { $0.logs })
        if !follow { continuation.finish() }
        return LogSubscription {
            var iterator = stream.makeAsyncIterator()
            return await iterator.next()
        }
    }

    func nodes() async throws -> [NodeView] { [] }
    func node(_ id: NodeID) async throws -> NodeView { throw RequestError.notFound("no node \(id)") }
    func drain(_ id: NodeID, _ draining: Bool) async throws -> NodeView {
        throw RequestError.notFound("no node \(id)")
    }

    func stats() async -> Stats {
        Stats(
            coordinator: NodeID("12D3KooW"), version: "1.2.3", startedAt: Timestamp(Instant(microseconds: 0)),
            uptimeSeconds: 1.5, tasksEnded: 7, tasksFailed: 2, commitSeconds: 0.25,
            webhooks: WebhookStats(webhooks: 3, disabled: 1, delivered: 9), log: LogExtent(size: 9, minimumIndex: 4))
    }

    func grant(_ request: GrantRequest, key: String?, by administrator: String) async throws
        -> (movement: MovementView, created: Bool)
    {
        state.withLock { state in
            let known = state.movements.first { $0.identity == .grant(key: key ?? "") }
            if let known { return (MovementView(known), false) }
            let movement = Movement(
                sequence: UInt64(state.movements.count + 1), from: .issuance, to: .submitter(request.submitter),
                amount: request.amount.credits,
                cause: .grant(key: key ?? "auto-\(state.movements.count)", reason: request.reason, by: administrator),
                at: Instant(microseconds: Int64(state.movements.count) * 86_400_000_000))
            state.movements.append(movement)
            return (MovementView(movement), true)
        }
    }

    func account(_ account: Account) async throws -> AccountView {
        let statement = try AccountStatement(of: account, in: state.withLock { $0.movements }, limit: 1000)
        return AccountView(account: account, balance: Amount(statement.lines.last?.balance ?? .zero))
    }

    func accounts(after: Account?, limit: Int) async throws -> [AccountView] {
        let all = Set(state.withLock { $0.movements.flatMap { [$0.from, $0.to] } })
        let found = all.sorted { $0.description < $1.description }.filter { account in
            after.map { account.description > $0.description } ?? true
        }
        var views: [AccountView] = []
        for account in found.prefix(limit) { views.append(try await self.account(account)) }
        return views
    }

    func statement(_ query: StatementQuery) async throws -> StatementView {
        let journal = MemoryJournal()
        try await journal.commit([.creditsMoved(state.withLock { $0.movements })])
        return StatementView(try await journal.statement(query))
    }

    func events(after: String?, filter: EventFilter) async throws -> EventSubscription {
        let (stream, continuation) = AsyncStream<[EventView]>.makeStream()
        let waiting = state.withLock { state in
            if let after = after.flatMap({ Int($0) }) {
                let kept = state.events.filter { Int($0.id)! > after && Self.passes($0, filter) }
                if !kept.isEmpty { continuation.yield(kept) }
            }
            state.subscribers.append(continuation)
            state.filters.append(filter)
            defer { state.waiting = [] }
            return state.waiting
        }
        for reader in waiting { reader.resume() }
        return EventSubscription {
            var iterator = stream.makeAsyncIterator()
            while let batch = await iterator.next() {
                let passing = batch.filter { Self.passes($0, filter) }
                if !passing.isEmpty { return EventBatch(passing) }
            }
            return nil
        }
    }

    private static func passes(_ event: EventView, _ filter: EventFilter) -> Bool {
        (filter.job == nil || filter.job == event.job) && (filter.kinds?.contains(event.kind) ?? true)
    }

    /// Returns when somebody has subscribed (to anything) that had not before the call.
    func aSubscriber(after count: Int = 0) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.subscribers.count > count { return true }
                state.waiting.append(continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    func publish(_ kind: EventView.Kind, job: JobID? = nil, jobState: JobState? = nil) {
        let (event, subscribers) = state.withLock { state in
            var event = EventView(
                id: String(state.events.count + 1), at: Timestamp(Instant(microseconds: 0)), kind: kind)
            event.job = job
            event.state = jobState?.rawValue
            state.events.append(event)
            return (event, state.subscribers)
        }
        for subscriber in subscribers { subscriber.yield([event]) }
    }

    /// Ends every subscription, as a coordinator that stops does.
    func dropSubscribers() {
        let subscribers = state.withLock { state in
            defer { state.subscribers = [] }
            return state.subscribers
        }
        for subscriber in subscribers { subscriber.finish() }
    }

    func end(_ id: JobID, _ final: JobState, reason: String? = nil) {
        state.withLock { state in
            state.jobs[id]?.state = final
            state.jobs[id]?.reason = reason
        }
        publish(.jobMoved, job: id, jobState: final)
    }

    func createToken(name: String, role: Role) async throws -> TokenView {
        let view = TokenView(
            name: name, role: role, createdAt: Timestamp(Instant(microseconds: 0)), revokedAt: nil, secret: "s3cret")
        return try state.withLock { state in
            guard state.tokens[name] == nil else { throw RequestError.conflict("token \(name) exists") }
            var kept = view
            kept.secret = nil
            state.tokens[name] = kept
            return view
        }
    }

    func tokens() async throws -> [TokenView] { state.withLock { $0.tokens.values.sorted { $0.name < $1.name } } }

    func revokeToken(name: String) async throws {
        guard state.withLock({ $0.tokens.removeValue(forKey: name) }) != nil else {
            throw RequestError.notFound("no token \(name)")
        }
    }

    func serve(_ link: any Link) async {
        state.withLock { $0.servedLinks += 1 }
        var answer = Message()
        if welcomesLinks { answer.welcome = Weft_Wire_V1_Welcome() } else { answer.challenge = .init() }
        do {
            try await link.send([answer])
            for try await batch in link.inbound { try await link.send(batch) }
        } catch {}
    }

    func readiness() async -> String? { state.withLock { $0.isReady } ? nil : "the journal is being read" }
}

/// Blobs in a dictionary.
final class MemoryBlobs: BlobStore {
    let blobs = Mutex<[Digest: [UInt8]]>([:])

    func put(_ bytes: [UInt8]) async throws -> BlobReference {
        let digest = Hashing.sha256(bytes)
        blobs.withLock { $0[digest] = bytes }
        return BlobReference(digest: digest, sizeBytes: Int64(bytes.count))
    }

    func makeWriter() async throws -> any BlobWriter { Writer(self) }
    func size(of digest: Digest) async throws -> Int64? { blobs.withLock { $0[digest].map { Int64($0.count) } } }

    func read(_ digest: Digest, offset: Int64, length: Int) async throws -> [UInt8] {
        guard let bytes = blobs.withLock({ $0[digest] }) else { throw BlobError.missing(digest) }
        return Array(bytes.dropFirst(Int(offset)).prefix(length))
    }

    func remove(_ digest: Digest) async throws { blobs.withLock { $0[digest] = nil } }

    func list() async throws -> [BlobReference] {
        blobs.withLock { $0.map { BlobReference(digest: $0.key, sizeBytes: Int64($0.value.count)) } }
    }

    final class Writer: BlobWriter {
        private let store: MemoryBlobs
        private let bytes = Mutex<[UInt8]>([])

        init(_ store: MemoryBlobs) { self.store = store }

        func write(_ piece: [UInt8]) async throws { bytes.withLock { $0 += piece } }

        func finish(expecting: Digest?) async throws -> BlobReference {
            let bytes = bytes.withLock { $0 }
            let actual = Hashing.sha256(bytes)
            if let expecting, actual != expecting { throw BlobError.mismatch(expected: expecting, actual: actual) }
            return try await store.put(bytes)
        }

        func cancel() async {}
    }
}
