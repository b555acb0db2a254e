import Synchronization
import Testing
import WebhookReceiver
import WeftClient
import WeftFormats
import WeftModel
import WeftStorage

@testable import WeftWebhooks

/// A coordinator and a receiver, both real.
@Suite struct DeliveryTests {
    @Test func theEndOfAJobIsDeliveredSignedAsTheSpecificationHasIt() async throws {
        try await withReceiver { receiver in
            try await Bench.run(hosts: [receiver.host]) { bench in
                let webhook = try await bench.client.createWebhook(WebhookRequest(url: receiver.url))
                let secret = try #require(webhook.secret)
                let job = try await bench.cancelledJob()
                try await eventually("the delivery") { !receiver.deliveries.isEmpty }
                let delivery = receiver.deliveries[0]
                #expect(delivery.headers["content-type"] == "application/cloudevents+json")
                let id = try #require(delivery.headers["webhook-id"])
                let timestamp = try #require(delivery.headers["webhook-timestamp"].flatMap { Int64($0) })
                #expect(
                    delivery.headers["webhook-signature"]
                        == WebhookSignature.sign(
                            delivery.body, id: id, timestamp: timestamp, with: WebhookSecret(secret)))
                let event = try #require(try receiver.events().first)
                #expect(event["type"]?.string == "org.weft.job.moved" && event["id"]?.string == id)
                #expect(event["data"]?["state"]?.string == "cancelled" && event["subject"]?.string == "\(job)")
                // The very event of the API, under the same id.
                let kept = try await bench.client.keptEvents().items
                #expect(kept.contains { $0.id == id && $0.state == "cancelled" })
                try await eventually("the report") {
                    let view = try await bench.client.webhook(webhook.id.text)
                    return view.pending == 0 && view.lastDeliveryAt != nil && view.state == .active
                }
                #expect(try await bench.journal.webhookEntries(of: webhook.id, limit: 10).isEmpty)
                #expect(receiver.deliveries.count == 1)
            }
        }
    }

    @Test func whatFailsIsTriedAgainInOrderUntilItArrives() async throws {
        let reactions: [WebhookReceiver.Reaction] = [
            .answer(500), .closing, .answer(503, headers: [("retry-after", "0")]),
            .answer(302, headers: [("location", "http://127.0.0.1:1/")]), .silence, .answer(404),
        ]
        try await withReceiver { count, _ in
            count < reactions.count ? reactions[count] : .answer(200, bodyBytes: 10)
        } _: { receiver in
            try await Bench.run(hosts: [receiver.host], timeout: .milliseconds(500)) { bench in
                let webhook = try await bench.client.createWebhook(WebhookRequest(url: receiver.url))
                var jobs: [Int64] = []
                for _ in 0..<5 { jobs.append(Int64(try await bench.cancelledJob().number)) }
                try await eventually("all of them") {
                    try await bench.client.webhook(webhook.id.text).pending == 0
                }
                let seen = try receiver.jobs()
                #expect(seen == Array(repeating: jobs[0], count: reactions.count) + jobs)
                #expect(Set(receiver.deliveries.prefix(7).map { $0.headers["webhook-id"] }).count == 1)
                let stats = try #require(try await bench.client.stats().webhooks)
                #expect(stats.delivered == 5 && stats.failed == Int64(reactions.count) && stats.pending == 0)
                let metrics = try await bench.client.metrics()
                #expect(metrics.contains(#"weft_webhook_deliveries_total{result="delivered"} 5"#))
            }
        }
    }

    @Test func whyAReceiverCouldNotBeAskedIsSaidInWords() async throws {
        let closed = try await WebhookReceiver()
        try await closed.stop()
        try await withReceiver { _, _ in
            .closing
        } _: { receiver in
            try await Bench.run(hosts: [receiver.host, closed.host]) { bench in
                let cases = [
                    (receiver.url, "127.0.0.1 closed the connection without an answer"),
                    (receiver.url.replacing("http:", with: "https:"), "127.0.0.1 and the coordinator agree on no TLS"),
                    (closed.url, "127.0.0.1 cannot be connected to: "),
                ]
                for (url, words) in cases {
                    let id = try await bench.client.createWebhook(WebhookRequest(url: url)).id
                    let error = try await bench.client.testWebhook(id.text).error
                    #expect(error?.hasPrefix(words) == true, "\(error ?? "")")
                }
            }
        }
    }

    @Test func aHugeAnswerIsNotReadAndCountsByItsStatus() async throws {
        try await withReceiver { _, _ in
            .answer(200, bodyBytes: 64 << 20)
        } _: { receiver in
            try await Bench.run(hosts: [receiver.host]) { bench in
                let webhook = try await bench.client.createWebhook(WebhookRequest(url: receiver.url))
                try await bench.cancelledJob()
                try await bench.cancelledJob()
                try await eventually("both") { try await bench.client.webhook(webhook.id.text).pending == 0 }
                #expect(receiver.deliveries.count == 2)
            }
        }
    }

    @Test func aReceiverThatIsGoneIsNotAskedAgainAndATestMakesItWorkAgain() async throws {
        let isGone = Mutex(true)
        try await withReceiver { _, _ in
            .answer(isGone.withLock { $0 } ? 410 : 204)
        } _: { receiver in
            try await Bench.run(hosts: [receiver.host]) { bench in
                let id = try await bench.client.createWebhook(WebhookRequest(url: receiver.url)).id
                try await bench.cancelledJob()
                try await eventually("the end") { try await bench.client.webhook(id.text).state == .disabled }
                try await bench.cancelledJob()
                let view = try await bench.client.webhook(id.text)
                #expect(view.disabledReason?.contains("410") == true && view.pending == 0 && view.missed == 2)
                #expect(receiver.deliveries.count == 1)
                let failed = try await bench.client.testWebhook(id.text)
                #expect(!failed.delivered && failed.status == 410)
                #expect(try await bench.client.webhook(id.text).state == .disabled)
                isGone.withLock { $0 = false }
                #expect(try await bench.client.testWebhook(id.text).delivered)
                let job = try await bench.cancelledJob()
                try await eventually("the new one") { try receiver.jobs().last == Int64(job.number) }
                let events = try receiver.events().suffix(3)
                #expect(
                    events.map { $0["type"]?.string } == [
                        "org.weft.webhook.test", "org.weft.missed", "org.weft.job.moved",
                    ])
                #expect(events.dropFirst().first?["data"]?["missed"]?.integer == 2)
                #expect(try await bench.client.webhook(id.text).state == .active)
            }
        }
    }

    @Test func whoCannotBeReachedForLongIsDisabledAndItsReasonSaysSo() async throws {
        try await withReceiver { _, _ in
            .answer(500)
        } _: { receiver in
            try await Bench.run(hosts: [receiver.host], patience: .milliseconds(300)) { bench in
                let id = try await bench.client.createWebhook(WebhookRequest(url: receiver.url)).id
                try await bench.cancelledJob()
                try await eventually("the end") { try await bench.client.webhook(id.text).state == .disabled }
                let view = try await bench.client.webhook(id.text)
                #expect(view.disabledReason?.contains("nothing could be delivered since") == true)
                #expect(view.failures > 1 && view.lastError == "the receiver answered 500")
            }
        }
    }

    @Test func aReceiverThatHangsHoldsUpNobodyElse() async throws {
        try await withReceiver { _, _ in
            .silence
        } _: { hanging in
            try await withReceiver { receiver in
                try await Bench.run(hosts: [receiver.host, hanging.host], timeout: .seconds(60)) { bench in
                    let slow = try await bench.client.createWebhook(WebhookRequest(url: hanging.url)).id
                    _ = try await bench.client.createWebhook(WebhookRequest(url: receiver.url))
                    for _ in 0..<20 { try await bench.cancelledJob() }
                    try await eventually("the others") { receiver.deliveries.count == 20 }
                    #expect(hanging.deliveries.count == 1)
                    #expect(try await bench.client.webhook(slow.text).pending == 20)
                    // And nobody has to wait for it to be rid of it.
                    try await bench.client.deleteWebhook(slow.text)
                }
            }
        }
    }

    @Test func whatWaitsIsDeliveredAfterARestartInOrder() async throws {
        let isUp = Mutex(false)
        let told = Mutex<[Int64]>([])
        try await withReceiver { _, delivery in
            guard isUp.withLock({ $0 }) else { return .answer(500) }
            // Not by its bytes: the last one that was sent before the restart may arrive after it, and names another coordinator.
            let job = (try? JSONText.parse(delivery.body))?["data"]?["job"]?.integer
            if let job { told.withLock { if !$0.contains(job) { $0.append(job) } } }
            return .answer(204)
        } _: { receiver in
            let journal = MemoryJournal()
            let jobs = Mutex<[Int64]>([])
            try await Bench.run(hosts: [receiver.host], journal: journal) { bench in
                _ = try await bench.client.createWebhook(WebhookRequest(url: receiver.url))
                for _ in 0..<40 {
                    let job = try await bench.cancelledJob()
                    jobs.withLock { $0.append(Int64(job.number)) }
                }
            }
            isUp.withLock { $0 = true }
            try await Bench.run(hosts: [receiver.host], journal: await journal.restarted()) { bench in
                try await eventually("all of them") { told.withLock { $0.count } == 40 }
                #expect(told.withLock { $0 } == jobs.withLock { $0 })
                try await eventually("the report") { try await bench.client.webhooks().first?.pending == 0 }
            }
        }
    }
}
