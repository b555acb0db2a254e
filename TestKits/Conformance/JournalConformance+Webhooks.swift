import WeftModel
import WeftStorage

extension JournalConformance {
    private static func record(_ number: UInt64, url: String = "https://example.org/hook") -> WebhookRecord {
        var record = WebhookRecord(
            id: WebhookID(random: number), owner: "ann", seesAll: false, url: url, name: "mine", kinds: ["job.ended"],
            job: JobID(7), secret: WebhookSecret("whsec_c2VjcmV0"), createdAt: Sample.instant(1))
        record.status.failures = 2
        record.status.failingSince = Sample.instant(2)
        record.status.error = "the server answered 500"
        return record
    }

    private static func entry(_ number: UInt64, _ position: UInt64) -> WebhookEntry {
        WebhookEntry(webhook: WebhookID(random: number), position: position, event: Array("{\(position)}".utf8))
    }

    /// Webhooks and what they are still to be told of.
    static let webhookChecks: [Check] = [
        Check("webhooks and their entries are there after a crash, in order") { harness in
            let journal = try await harness.make()
            try requireEqual(try await journal.load().webhooks, [])
            try await journal.commit([
                .webhook(.kept(record(2))), .webhook(.kept(record(1, url: "http://old.example"))),
                .webhook(.queued([entry(1, 1), entry(2, 1), entry(1, 2)])), .webhook(.queued([entry(1, 3)])),
            ])
            try await journal.commit([
                .webhook(.kept(record(1))), .webhook(.delivered(WebhookID(random: 1), through: 1)),
            ])
            let again = try await harness.crashAndReopen(journal)
            try requireEqual(
                try await again.load().webhooks,
                [
                    WebhookBacklog(record: record(1), pending: 2, lastPosition: 3),
                    WebhookBacklog(record: record(2), pending: 1, lastPosition: 1),
                ])
            try requireEqual(
                try await again.webhookEntries(of: WebhookID(random: 1), limit: 10), [entry(1, 2), entry(1, 3)])
            try requireEqual(try await again.webhookEntries(of: WebhookID(random: 1), limit: 1), [entry(1, 2)])
            try requireEqual(try await again.webhookEntries(of: WebhookID(random: 3), limit: 1), [])
            try await again.close()
        },
        Check("a removed webhook is gone with its entries, and takes no more") { harness in
            let journal = try await harness.make()
            _ = try await journal.load()
            let id = WebhookID(random: 1)
            try await journal.commit([.webhook(.kept(record(1))), .webhook(.queued([entry(1, 1)]))])
            try await journal.commit([.webhook(.removed(id)), .webhook(.queued([entry(1, 2)]))])
            try requireEqual(try await journal.webhookEntries(of: id, limit: 10), [])
            let again = try await harness.crashAndReopen(journal)
            try requireEqual(try await again.load().webhooks, [])
            try await again.close()
        },
    ]
}
