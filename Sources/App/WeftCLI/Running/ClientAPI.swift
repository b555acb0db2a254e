import Glibc
package import WeftClient
package import WeftFormats
package import WeftModel

/// A coordinator over HTTP.
package struct ClientAPI: CoordinatorAPI {
    private let client: WeftClient

    package init(_ client: WeftClient) { self.client = client }

    package func submit(_ spec: JobSpec) async throws -> (job: JobView, created: Bool) { try await client.submit(spec) }

    package func job(_ id: JobID, wait: Duration?) async throws -> JobView {
        if let wait { try await client.wait(for: id, atMost: wait) } else { try await client.job(id) }
    }

    package func jobs(_ filter: JobFilter) async throws -> Page<JobView> {
        try await client.jobs(
            states: Set(filter.states), submitter: filter.submitter, labels: filter.labels, cursor: filter.cursor,
            limit: filter.limit)
    }

    package func spec(of id: JobID) async throws -> [UInt8] { try await client.spec(of: id) }
    package func cancel(_ id: JobID) async throws -> JobView { try await client.cancel(id) }

    package func explain(_ id: JobID, task: UInt32?) async throws -> Explanation {
        try await client.explain(id, task: task)
    }

    package func tasks(_ id: JobID, _ filter: TaskFilter) async throws -> Page<TaskView> {
        try await client.tasks(
            of: id, states: Set(filter.states), onlyDisagreed: filter.onlyDisagreed, withAttempts: filter.withAttempts,
            cursor: filter.cursor, limit: filter.limit)
    }

    package func task(_ id: TaskID) async throws -> TaskView { try await client.task(id) }
    package func logExtent() async throws -> LogExtent { try await client.logExtent() }
    package func logHead() async throws -> [UInt8] { try await client.logHead() }
    package func logProof(_ id: TaskID) async throws -> [UInt8] { try await client.logProof(of: id) }
    package func logTile(level: Int, index: UInt64) async throws -> [UInt8] {
        try await client.logTile(level: level, index: index)
    }
    package func receipt(_ id: TaskID) async throws -> [UInt8] { try await client.receipt(of: id) }

    package func logs(_ id: JobID, task: UInt32?, follow: Bool) async throws
        -> any AsyncSequence<LogPiece, any Error> & Sendable
    {
        client.logs(of: id, task: task, follow: follow)
    }

    package func events(after: String?, job: JobID?) async throws
        -> any AsyncSequence<EventView, any Error> & Sendable
    {
        client.events(after: after, job: job)
    }

    package func nodes() async throws -> [NodeView] { try await client.nodes() }
    package func drain(_ id: NodeID, _ draining: Bool) async throws -> NodeView { try await client.drain(id, draining) }
    package func tokens() async throws -> [TokenView] { try await client.tokens() }

    package func createToken(name: String, role: Role) async throws -> TokenView {
        try await client.createToken(name: name, role: role)
    }

    package func revokeToken(name: String) async throws { try await client.revokeToken(name: name) }
    package func stats() async throws -> Stats { try await client.stats() }

    package func webhooks() async throws -> [WebhookView] { try await client.webhooks() }
    package func webhook(_ id: String) async throws -> WebhookView { try await client.webhook(id) }

    package func createWebhook(_ request: WebhookRequest) async throws -> WebhookView {
        try await client.createWebhook(request)
    }

    package func deleteWebhook(_ id: String) async throws { try await client.deleteWebhook(id) }
    package func testWebhook(_ id: String) async throws -> WebhookTestView { try await client.testWebhook(id) }

    package func account(_ account: Account) async throws -> AccountView { try await client.account(account) }

    package func accounts() async throws -> [AccountView] {
        var accounts: [AccountView] = []
        var cursor: String?
        repeat {
            let page = try await client.accounts(cursor: cursor, limit: 1000)
            accounts += page.items
            cursor = page.next
        } while cursor != nil
        return accounts
    }

    package func statement(_ account: Account, _ filter: StatementFilter) async throws -> StatementView {
        try await client.statement(
            of: account, from: filter.from, to: filter.to, cursor: filter.cursor, limit: filter.limit)
    }

    package func grant(_ request: GrantRequest, key: String?) async throws -> MovementView {
        try await client.grant(request, key: key)
    }

    package func putBlob(_ bytes: [UInt8]) async throws -> BlobReference { try await client.upload(bytes) }
    package func putBlob(file path: String) async throws -> BlobReference { try await client.upload(file: path) }

    package func getBlob(_ blob: Digest, to path: String) async throws {
        try await client.download(blob, to: path)
    }

    package func close() async throws { try await client.shutdown() }
}

extension Context {
    package func makeClient() throws -> WeftClient {
        let home = settings.path(.dataDirectory).map { DataHome($0) }
        let endpoint = try Endpoint(settings: settings, home: home)
        return try WeftClient(
            baseURL: endpoint.url, token: endpoint.token,
            trustRoots: settings.path(.caFile).map { .file($0) } ?? .system,
            // As OpenTelemetry has it where there are no headers.
            trace: settings.environment["TRACEPARENT"].flatMap { TraceContext($0) })
    }

    /// Connects for the time of `body`.
    func withAPI(_ body: (any CoordinatorAPI) async throws -> Void) async throws {
        let api = try connect(self)
        do {
            try await body(api)
        } catch {
            // The error of the body says more than a failed clean-up.
            try? await api.close()
            throw error
        }
        try await api.close()
    }
}

/// A verified blob onto a stream: whole on disk first, so that no byte is printed whose digest is not known to be right.
enum BlobPrinting {
    static func print(
        _ blob: Digest, from offset: Int64, _ api: any CoordinatorAPI, _ write: ([UInt8]) throws -> Void
    ) async throws {
        var template = Array("/tmp/weft-blob-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CLIError(.failure, SystemError("cannot make a directory in /tmp").description)
        }
        let directory = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let path = directory + "/blob"
        defer {
            unlink(path)
            rmdir(directory)
        }
        try await api.getBlob(blob, to: path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CLIError(.failure, SystemError("cannot open \(path)").description) }
        defer { close(descriptor) }
        guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else {
            throw CLIError(.failure, SystemError("cannot read \(path)").description)
        }
        while true {
            let bytes = try Descriptor.read(from: descriptor, limit: 256 << 10)
            if bytes.isEmpty { return }
            try write(bytes)
        }
    }
}
