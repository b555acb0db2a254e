import Foundation
import Logging
import Synchronization
import WebhookReceiver
import WeftClient
import WeftCoordinator
import WeftFormats
import WeftHTTP
import WeftModel
import WeftStorage

@testable import WeftWebhooks

/// A coordinator that delivers, behind its HTTP server.
struct Bench: Sendable {
    let coordinator: Coordinator
    let journal: MemoryJournal
    let port: Int
    /// The admin's.
    let client: WeftClient

    /// Everything is stopped after `body`.
    static func run(
        hosts: [String], journal: MemoryJournal = MemoryJournal(), patience: Duration = .seconds(3600),
        timeout: Duration = .seconds(5), _ body: @escaping @Sendable (Bench) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        var configuration = CoordinatorConfiguration()
        configuration.webhookPatience = patience
        let coordinator = Coordinator(
            configuration: configuration, identity: SigningIdentity(), journal: journal, blobs: MemoryBlobStore(),
            clock: SteadyClock(wallMicroseconds: WallClock.now().microseconds), logger: logger)
        try await coordinator.load()
        var settings = WebhookSettings(hosts: hosts, version: "1")
        settings.timeout = timeout
        settings.backoff = WebhookBackoff(first: .milliseconds(20), longest: .milliseconds(200))
        let server = HTTPServer(
            service: coordinator, configuration: HTTPServer.Configuration(webhooks: settings), logger: logger)
        let bound = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await coordinator.run() }
            group.addTask { await server.deliverWebhooks() }
            group.addTask { try await server.run { bound.continuation.yield($0) } }
            defer { group.cancelAll() }
            var ports = bound.stream.makeAsyncIterator()
            guard let port = await ports.next() else { return }
            // A new one each time: revoking the one before would disable its webhooks.
            let name = "root-\(UUID().uuidString)"
            let secret = try await coordinator.createToken(name: name, role: .admin).secret
            let client = try WeftClient(baseURL: "http://127.0.0.1:\(port)", token: secret)
            do {
                try await body(Bench(coordinator: coordinator, journal: journal, port: port, client: client))
            } catch {
                try await client.shutdown()
                throw error
            }
            try await client.shutdown()
        }
    }

    /// With a client of another token.
    func with<Value: Sendable>(_ name: String, _ role: Role, _ body: (WeftClient) async throws -> Value) async throws
        -> Value
    {
        let secret = try await coordinator.createToken(name: name, role: role).secret
        return try await WeftClient.with("http://127.0.0.1:\(port)", token: secret, body)
    }

    /// A job that ends without a worker.
    @discardableResult
    func cancelledJob(by submitter: String = "ann") async throws -> JobID {
        let spec = JobSpec(name: "job", payload: .process(ProcessPayload(command: ["true"])))
        let job = try await coordinator.submit(spec, submitter: submitter).job.id
        _ = try await coordinator.cancel(job, reason: "enough")
        return job
    }
}

struct NotInTime: Error, CustomStringConvertible { var description: String }

func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(20)
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw NotInTime(description: what) }
        try await Task.sleep(for: .milliseconds(5))
    }
}

extension WebhookReceiver {
    var url: String { "http://127.0.0.1:\(port)/hook" }
    var host: String { "127.0.0.1:\(port)" }

    /// The events of deliveries, as they came.
    func events() throws -> [Document] { try deliveries.map { try JSONText.parse($0.body) } }
    func jobs() throws -> [Int64] { try events().compactMap { $0["data"]?["job"]?.integer } }
}

func withReceiver(
    _ react: @escaping @Sendable (Int, WebhookReceiver.Delivery) -> WebhookReceiver.Reaction = { _, _ in .answer(204) },
    _ body: @escaping @Sendable (WebhookReceiver) async throws -> Void
) async throws {
    let receiver = try await WebhookReceiver(react: react)
    do {
        try await body(receiver)
    } catch {
        try await receiver.stop()
        throw error
    }
    try await receiver.stop()
}
