package import Logging
import Synchronization
package import WeftCoordinator
package import WeftFormats
package import WeftModel

/// Webhooks on top of a coordinator: what clients ask, and the deliveries.
package struct WebhookService: Sendable {
    private let book: any WebhookBook
    private let sender: WebhookSender
    private let backoff: WebhookBackoff
    private let logger: Logger
    private let tests = TestRegistry()

    package init(
        book: any WebhookBook, settings: WebhookSettings, now: @escaping @Sendable () -> Instant = WallClock.now,
        logger: Logger
    ) {
        self.init(book: book, sender: WebhookSender(settings, now: now), backoff: settings.backoff, logger: logger)
    }

    init(book: any WebhookBook, sender: WebhookSender, backoff: WebhookBackoff, logger: Logger) {
        self.book = book
        self.sender = sender
        self.backoff = backoff
        self.logger = logger
    }

    /// Delivers for all webhooks until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            while let ids = await book.newWebhooks() {
                for id in ids {
                    let deliverer = WebhookDeliverer(
                        id: id, book: book, sender: sender, backoff: backoff, logger: logger)
                    group.addTask { await deliverer.run() }
                }
            }
            group.cancelAll()
        }
    }

    // MARK: Asked by clients

    /// Throws ``InvalidDocument`` with every field that is wrong, or ``RequestError``.
    package func create(_ request: WebhookRequest, by owner: Principal) async throws -> WebhookView {
        var request = request
        request.kinds = request.kinds.map { kinds in
            kinds.enumerated().filter { !kinds[..<$0.offset].contains($0.element) }.map(\.element)
        }
        let problems = WebhookRules.problems(with: request, by: owner, hosts: sender.hosts)
        guard problems.isEmpty else { throw InvalidDocument(problems) }
        return try await book.addWebhook(request, by: owner)
    }

    /// Oldest first: an administrator's are all.
    package func webhooks(seenBy caller: Principal) async -> [WebhookView] {
        await book.webhooks(of: caller.role.includes(.admin) ? nil : caller.name)
    }

    /// Throws ``RequestError/notFound(_:)`` for others' as for none.
    package func webhook(_ text: String, seenBy caller: Principal) async throws -> WebhookView {
        guard let id = WebhookID(text: text) else { throw Self.missing(text) }
        let view: WebhookView
        do { view = try await book.webhook(id) } catch RequestError.notFound { throw Self.missing(text) }
        guard caller.role.includes(.admin) || view.owner == caller.name else { throw Self.missing(text) }
        return view
    }

    package func delete(_ text: String, by caller: Principal) async throws {
        try await book.removeWebhook(webhook(text, seenBy: caller).id)
    }

    /// Sends an event of no consequence and waits for what becomes of it. One that arrives makes a disabled webhook work
    /// again.
    package func test(_ text: String, by caller: Principal) async throws -> WebhookTestView {
        let id = try await webhook(text, seenBy: caller).id
        guard tests.begin(id) else {
            throw RequestError.busy("this webhook is being tested already", retryAfterSeconds: 5)
        }
        defer { tests.end(id) }
        guard let work = try await book.work(of: id, limit: 1) else { throw Self.missing(text) }
        let began = ContinuousClock.now
        let event = CloudEvent(testing: id, of: book.id, at: Timestamp(sender.now()))
        let body = try APICoder.encode(event)
        let outcome = await sender.connected(to: work.record.url) {
            connection async -> Result<Int, WebhookSender.Failure> in
            do throws(WebhookSender.Failure) {
                return .success(
                    try await connection.send(body, id: event.id, secret: work.record.secret))
            } catch {
                return .failure(error)
            }
        }
        let seconds = Double((ContinuousClock.now - began).microseconds) / 1_000_000
        switch outcome.flatMap({ $0 }) {
        case .success(let status):
            try await book.reviveWebhook(id, by: caller)
            return WebhookTestView(delivered: true, status: status, error: nil, seconds: seconds)
        case .failure(let failure):
            return WebhookTestView(
                delivered: false, status: failure.status, error: failure.reason, seconds: seconds)
        }
    }

    private static func missing(_ text: String) -> RequestError { .notFound("no webhook \(text.prefix(40))") }
}

/// Webhooks that are being tested: one test at a time each.
private final class TestRegistry: Sendable {
    private let running = Mutex<Set<WebhookID>>([])

    func begin(_ id: WebhookID) -> Bool { running.withLock { $0.insert(id).inserted } }
    func end(_ id: WebhookID) { running.withLock { _ = $0.remove(id) } }
}
