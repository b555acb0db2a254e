import Foundation
import LocalCluster
import Synchronization
import Testing
import WebhookReceiver
import WeftClient
import WeftFormats
import WeftModel

/// A real coordinator that is killed while it tells a real receiver, which fails at first.
@Suite(.serialized) struct WebhookCrashTests {
    @Test(.timeLimit(.minutes(2)))
    func aCoordinatorKilledAtRandomMomentsLosesNoDeliveryAndKeepsTheirOrder() async throws {
        let failures = 3
        let receiver = try await WebhookReceiver { count, _ in
            count < failures
                ? .answer(count.isMultiple(of: 2) ? 500 : 503, headers: [("retry-after", "0")]) : .answer(204)
        }
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let arguments = ["--webhook-host", "127.0.0.1:\(receiver.port)"]
        var coordinator = try await cluster.startCoordinator(arguments: arguments)
        let port = try #require(cluster.port)
        let client = try cluster.client()
        let webhook = try await client.createWebhook(
            WebhookRequest(url: "http://127.0.0.1:\(receiver.port)/", kinds: ["job.submitted", "job.ended"]))
        let secret = WebhookSecret(try #require(webhook.secret))

        var jobs: [Int64] = []
        for _ in 0..<12 {
            let end = ContinuousClock.now + .milliseconds(Int.random(in: 50...600))
            repeat {
                let spec = JobSpec(name: "short", payload: .process(ProcessPayload(command: ["true"])))
                let job = try await client.submit(spec).job.id
                _ = try await client.cancel(job)
                jobs.append(Int64(job.number))
            } while ContinuousClock.now < end
            coordinator.kill()
            coordinator = try await cluster.startCoordinator(port: port, arguments: arguments)
        }
        try await eventually("everything to be delivered", within: .seconds(60)) {
            try await client.webhook(webhook.id.text).pending == 0
        }
        let status = try await client.webhook(webhook.id.text)
        #expect(status.state == .active && status.missed == 0)

        var seen: Set<String> = []
        var told: [(kind: String, job: Int64)] = []
        for delivery in receiver.deliveries.dropFirst(failures) {
            let id = try #require(delivery.headers["webhook-id"])
            let timestamp = try #require(delivery.headers["webhook-timestamp"].flatMap { Int64($0) })
            #expect(
                delivery.headers["webhook-signature"]
                    == WebhookSignature.sign(delivery.body, id: id, timestamp: timestamp, with: secret))
            guard seen.insert(id).inserted else { continue }
            let data = try #require(try JSONText.parse(delivery.body)["data"])
            told.append((try #require(data["kind"]?.string), try #require(data["job"]?.integer)))
        }
        #expect(told.filter { $0.kind == "job.submitted" }.map(\.job) == jobs)
        #expect(told.filter { $0.kind == "job.moved" }.map(\.job) == jobs)
        #expect(told.count == 2 * jobs.count)
        let repeated = receiver.deliveries.count - failures - told.count
        print("webhooks: \(told.count) events, \(repeated) of them twice, through 12 kills")

        let log = try String(contentsOf: cluster.directory.appendingPathComponent("coordinator.log"), encoding: .utf8)
        #expect(!log.contains(secret.text))
        try await client.shutdown()
        coordinator.stop()
        try await receiver.stop()
    }

    @Test func aCoordinatorThatWasAllowedNoHostRefusesWebhooks() async throws {
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let coordinator = try await cluster.startCoordinator()
        defer { coordinator.stop() }
        let refused = try await cluster.weft(["webhook", "create", "https://example.org/"])
        #expect(refused.status == 7, "\(refused.status)")
        #expect(refused.errors.contains("coordinator.webhook_hosts"), "\(refused.errors)")
    }
}
