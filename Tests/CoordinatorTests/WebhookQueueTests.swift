import Testing
import WeftCoordinator
import WeftFormats
import WeftModel
import WeftStorage

@Suite struct WebhookQueueTests {
    private let ann = Principal(name: "ann", role: .submitter)

    @Test func pastTheBoundEventsAreCountedAndToldWhereTheyWouldHaveBeen() async throws {
        try await Bench.run { bench in
            let coordinator = bench.coordinator
            let request = WebhookRequest(url: "https://example.org/", kinds: ["job.submitted"])
            let id = try await coordinator.addWebhook(request, by: ann).id
            for _ in 0..<10_003 { _ = try await coordinator.submit(bench.spec(), submitter: "ann") }
            let full = try await coordinator.webhook(id)
            #expect(full.pending == 10_000 && full.missed == 3)
            let entries = try #require(try await coordinator.work(of: id, limit: 20_000)).entries
            #expect(entries.map(\.position) == Array(1...10_000))
            try await coordinator.report(
                WebhookReport(through: entries.last?.position, delivered: entries.count), of: id)
            let rest = try #require(try await coordinator.work(of: id, limit: 10)).entries
            let event = try APICoder.decode(EventView.self, from: try #require(rest.first).event)
            #expect(rest.count == 1 && event.kind == .missed && event.missed == 3)
            let after = try await coordinator.webhook(id)
            #expect(after.pending == 1 && after.missed == 0)
        }
    }

    @Test func whatIsToBeToldIsThereExactlyWhenItsCauseIs() async throws {
        let journal = MemoryJournal()
        try await Bench.run(journal: journal) { bench in
            let request = WebhookRequest(url: "https://example.org/", kinds: ["job.submitted", "job.ended"])
            let id = try await bench.coordinator.addWebhook(request, by: ann).id
            let job = try await bench.coordinator.submit(bench.spec(), submitter: "ann").job.id
            _ = try await bench.coordinator.submit(bench.spec(), submitter: "bob")
            _ = try await bench.coordinator.cancel(job, reason: "enough")
            // No delivery, no farewell: this is what the next process finds.
            let snapshot = try await journal.restarted().load()
            let backlog = try #require(snapshot.webhooks.first)
            #expect(backlog.record.id == id && backlog.pending == 2 && backlog.lastPosition == 2)
        }
    }
}
