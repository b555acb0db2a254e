import FoundationEssentials
import GRDB
package import WeftModel
import WeftStorage

enum WebhookSchema {
    /// Webhooks, and the events that they are still to be told of. `webhooks.json` is a ``WebhookRecord``, its secret
    /// included: deliveries are signed with it. `webhook_entries.event` is an event as the API has it.
    static let version7 = """
        CREATE TABLE webhooks (
            id TEXT PRIMARY KEY NOT NULL,
            json BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE webhook_entries (
            webhook TEXT NOT NULL,
            position INTEGER NOT NULL,
            event BLOB NOT NULL,
            PRIMARY KEY (webhook, position)
        ) STRICT, WITHOUT ROWID;
        """
}

extension ChangeWriter {
    func write(_ change: WebhookChange) throws {
        switch change {
        case .kept(let record):
            let json = Array(try JSONEncoder().encode(record))
            try RawStatement(db, "INSERT OR REPLACE INTO webhooks (id, json) VALUES (?, ?)").run { row in
                row.bind(record.id.text)
                row.bind(json)
            }
        case .removed(let id):
            for sql in ["DELETE FROM webhook_entries WHERE webhook = ?", "DELETE FROM webhooks WHERE id = ?"] {
                try RawStatement(db, sql).run { $0.bind(id.text) }
            }
        case .queued(let entries):
            // One that was removed meanwhile is told of nothing.
            let insert = """
                INSERT INTO webhook_entries (webhook, position, event) \
                SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM webhooks WHERE id = ?)
                """
            for entry in entries {
                try RawStatement(db, insert).run { row in
                    row.bind(entry.webhook.text)
                    row.bind(Int64(bitPattern: entry.position))
                    row.bind(entry.event)
                    row.bind(entry.webhook.text)
                }
            }
        case .delivered(let id, let position):
            try RawStatement(db, "DELETE FROM webhook_entries WHERE webhook = ? AND position <= ?").run { row in
                row.bind(id.text)
                row.bind(Int64(bitPattern: position))
            }
        }
    }
}

extension WebhookBacklog {
    static func load(_ db: Database) throws -> [WebhookBacklog] {
        let records = try RawStatement(db, "SELECT id, json FROM webhooks ORDER BY id").rows { row in
            do {
                return try JSONDecoder().decode(WebhookRecord.self, from: Data(row.bytes(1)))
            } catch let error as DecodingError {
                throw JournalError.unreadable("webhook \(row.text(0)) is damaged: \(error)")
            }
        }
        return try records.map { record in
            let pending = try RawStatement(
                db, "SELECT count(*), coalesce(max(position), 0) FROM webhook_entries WHERE webhook = ?"
            ).rows {
                $0.bind(record.id.text)
            } _: {
                (count: Int($0.integer(0)), last: UInt64(bitPattern: $0.integer(1)))
            }.first
            return WebhookBacklog(record: record, pending: pending?.count ?? 0, lastPosition: pending?.last ?? 0)
        }
    }
}

extension SQLiteJournal {
    package nonisolated func webhookEntries(of id: WebhookID, limit: Int) async throws -> [WebhookEntry] {
        try await read { db in
            try RawStatement(
                db, "SELECT position, event FROM webhook_entries WHERE webhook = ? ORDER BY position LIMIT ?"
            ).rows { row in
                row.bind(id.text)
                row.bind(limit)
            } _: {
                WebhookEntry(webhook: id, position: UInt64(bitPattern: $0.integer(0)), event: $0.bytes(1))
            }
        }
    }
}
