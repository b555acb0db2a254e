import Foundation
import Synchronization
import WeftCLI
import WeftFormats
import WeftModel

/// A coordinator whose job has ended before it is asked for.
actor FakeCoordinator: CoordinatorAPI {
    struct Unexpected: Error { var call: String }

    var submitted: [JobSpec] = []
    var cancelled: [JobID] = []
    var blobs: [Digest: [UInt8]] = [:]
    var state: JobState = .succeeded
    var completion: Completion?
    var failure: AttemptFailure?
    var logPieces: [LogPiece] = []
    var failures: [any Error] = []
    var granted: [(request: GrantRequest, key: String?)] = []

    func set(state: JobState, completion: Completion? = nil, failure: AttemptFailure? = nil, logs: [LogPiece] = []) {
        self.state = state
        self.completion = completion
        self.failure = failure
        logPieces = logs
    }

    /// The next calls of `job` throw these, one each.
    func fail(with errors: [any Error]) { failures = errors }

    func add(_ bytes: [UInt8]) -> BlobReference {
        let digest = Hashing.sha256(bytes)
        blobs[digest] = bytes
        return BlobReference(digest: digest, sizeBytes: Int64(bytes.count))
    }

    private var view: JobView {
        let count = submitted.last?.indexes.count ?? 1
        var counts = TaskCounts(total: count)
        if state == .succeeded { counts.succeeded = count } else { counts.failed = count }
        return JobView(
            id: JobID(7), name: submitted.last?.name ?? "a job", state: state, reason: nil, submitter: "me",
            submittedAt: Timestamp(Instant(microseconds: 1_700_000_000_000_000)),
            endedAt: Timestamp(Instant(microseconds: 1_700_000_001_500_000)), counts: counts, priority: 0,
            labels: ["a": "b"], specDigest: Hashing.sha256([]))
    }

    private func taskView(_ index: UInt32) -> TaskView {
        let attempt = AttemptView(
            id: "7.\(index).0@1", replica: 0, node: NodeID("node"), nodeName: "n", state: .failed, failure: failure)
        return TaskView(
            id: TaskID(job: JobID(7), index: index), state: state == .succeeded ? .succeeded : .failed,
            reason: failure?.message, completion: completion, attempts: [attempt])
    }

    func submit(_ spec: JobSpec) -> (job: JobView, created: Bool) {
        submitted.append(spec)
        return (view, true)
    }

    func job(_ id: JobID, wait: Duration?) throws -> JobView {
        if !failures.isEmpty { throw failures.removeFirst() }
        return view
    }

    func jobs(_ filter: JobFilter) -> Page<JobView> { Page(items: [view], next: nil) }
    func spec(of id: JobID) -> [UInt8] { Array("{}".utf8) }

    func cancel(_ id: JobID) -> JobView {
        cancelled.append(id)
        return view
    }

    func explain(_ id: JobID, task: UInt32?) -> Explanation {
        Explanation(kind: .neverHere, summary: "no node has enough memory", suggestion: "lower resources.memory")
    }

    func tasks(_ id: JobID, _ filter: TaskFilter) -> Page<TaskView> {
        let count = submitted.last?.indexes.count ?? 1
        return Page(items: (0..<count).map { taskView($0) }, next: nil)
    }

    func task(_ id: TaskID) -> TaskView { taskView(id.index) }
    func logExtent() -> LogExtent { LogExtent(size: 1, minimumIndex: 0) }
    func logHead() -> [UInt8] { Array("head".utf8) }
    func logProof(_ id: TaskID) -> [UInt8] { Array("proof of \(id)".utf8) }
    func logTile(level: Int, index: UInt64) -> [UInt8] { [UInt8](repeating: UInt8(level), count: 32) }
    func receipt(_ id: TaskID) -> [UInt8] { Array("receipt \(id)".utf8) }

    func logs(_ id: JobID, task: UInt32?, follow: Bool) -> any AsyncSequence<LogPiece, any Error> & Sendable {
        let pieces = logPieces
        return AsyncThrowingStream<LogPiece, any Error> { continuation in
            for piece in pieces { continuation.yield(piece) }
            continuation.finish()
        }
    }

    func events(after: String?, job: JobID?) throws -> any AsyncSequence<EventView, any Error> & Sendable {
        throw Unexpected(call: "events")
    }

    func nodes() -> [NodeView] { [] }
    func drain(_ id: NodeID, _ draining: Bool) throws -> NodeView { throw Unexpected(call: "drain") }
    func tokens() -> [TokenView] { [] }

    func createToken(name: String, role: Role) -> TokenView {
        TokenView(
            name: name, role: role, createdAt: Timestamp(Instant(microseconds: 0)), revokedAt: nil, secret: "s3cret")
    }

    func revokeToken(name: String) throws { throw CLIError(.notFound, "no token named \(name)") }
    func stats() throws -> Stats { throw CLIError(.unreachable, "nobody there") }

    func webhooks() -> [WebhookView] { [Self.webhook] }
    func webhook(_ id: String) throws -> WebhookView {
        guard id == Self.webhook.id.text else { throw CLIError(.notFound, "no webhook \(id)") }
        return Self.webhook
    }

    func createWebhook(_ request: WebhookRequest) -> WebhookView {
        var view = Self.webhook
        view.url = request.url
        view.kinds = request.kinds ?? WebhookKind.standard
        view.job = request.job
        view.name = request.name
        view.secret = "whsec_c2VjcmV0"
        return view
    }

    func deleteWebhook(_ id: String) throws { _ = try webhook(id) }

    func testWebhook(_ id: String) throws -> WebhookTestView {
        _ = try webhook(id)
        return WebhookTestView(delivered: false, status: 500, error: "the receiver answered 500", seconds: 0.25)
    }

    private static let webhook: WebhookView = {
        var record = WebhookRecord(
            id: WebhookID(random: 255), owner: "anna", seesAll: false, url: "https://example.org/hook", name: "mine",
            kinds: ["job.ended"], secret: WebhookSecret("whsec_c2VjcmV0"), createdAt: Instant(microseconds: 0))
        record.status.failures = 3
        record.status.error = "the receiver answered 503"
        return WebhookView(record, pending: 2)
    }()

    func account(_ account: Account) -> AccountView {
        AccountView(account: account, balance: Amount(Book.credits("12.5")))
    }
    func accounts() -> [AccountView] {
        [AccountView(account: .submitter("anna"), balance: Amount(Book.credits("12.5")), reserved: Amount(.zero))]
    }

    func statement(_ account: Account, _ filter: StatementFilter) -> StatementView {
        let line = AccountStatement.Line(
            movement: Book.grant, change: Book.grant.amount, balance: Book.grant.amount)
        return StatementView(
            AccountStatement(
                account: account, opening: .zero, lines: [line], next: .init(sequence: 1, balance: line.balance)))
    }

    func grant(_ request: GrantRequest, key: String?) -> MovementView {
        granted.append((request, key))
        return MovementView(Book.grant)
    }

    func putBlob(_ bytes: [UInt8]) -> BlobReference { add(bytes) }
    func putBlob(file path: String) throws -> BlobReference { add(try Files.read(path, limit: 1 << 20)) }

    func getBlob(_ blob: Digest, to path: String) throws {
        guard let bytes = blobs[blob] else { throw CLIError(.notFound, "no blob \(blob)") }
        try Files.replace(path, with: bytes)
    }

    func close() {}
}

/// What moved in the coordinator's books.
enum Book {
    static func credits(_ text: String) -> Credits { Credits(text: text)! }

    static let grant = Movement(
        sequence: 1, from: .issuance, to: .submitter("anna"), amount: credits("12.5"),
        cause: .grant(key: "k", reason: "a start", by: "admin"), at: Instant(microseconds: 1_700_000_000_000_000))
}

/// The whole tool in this process, with a coordinator of the test's and its output in memory.
struct Tool {
    struct Result: Equatable {
        var status: Int32
        var output: String
        var error: String
    }

    let coordinator = FakeCoordinator()
    var environment: [String: String] = ["HOME": "/nonexistent"]

    func run(_ arguments: String...) async -> Result { await run(arguments) }

    /// What is left of the output after this many bytes finds nobody who reads it.
    var readerLeavesAfter = Int.max

    func run(_ arguments: [String]) async -> Result {
        let limit = readerLeavesAfter
        let output = Captured()
        let error = Captured()
        let coordinator = coordinator
        let status = await CommandLineTool.run(
            arguments, environment: environment,
            terminal: Terminal(outputIsTerminal: false, errorIsTerminal: false, columns: nil),
            output: {
                guard output.count + $0.count <= limit else { throw OutputClosed() }
                output.append($0)
            }, error: { error.append($0) }, connect: { _ in coordinator })
        return Result(status: status, output: output.text, error: error.text)
    }
}

final class Captured: Sendable {
    private let bytes = Mutex<[UInt8]>([])
    func append(_ more: [UInt8]) { bytes.withLock { $0 += more } }
    var count: Int { bytes.withLock { $0.count } }
    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
}

/// A directory that is gone after the test.
struct Scratch: ~Copyable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/weft-cli-tests-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws -> String {
        let file = path + "/" + name
        try Files.makeDirectory(String(file[..<file.lastIndex(of: "/")!]), mode: 0o755)
        try Files.replace(file, with: Array(text.utf8))
        return file
    }
}
