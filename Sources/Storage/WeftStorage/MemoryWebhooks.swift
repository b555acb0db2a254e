import WeftModel

/// A journal's webhooks, in memory.
struct MemoryWebhooks: Sendable {
    private var records: [WebhookID: WebhookRecord] = [:]
    /// In the order of their positions.
    private var entries: [WebhookID: [WebhookEntry]] = [:]

    var backlogs: [WebhookBacklog] {
        records.values.sorted { $0.id < $1.id }.map { record in
            let pending = entries[record.id] ?? []
            return WebhookBacklog(
                record: record, pending: pending.count, lastPosition: pending.last?.position ?? 0)
        }
    }

    func entries(of id: WebhookID, limit: Int) -> [WebhookEntry] { Array((entries[id] ?? []).prefix(limit)) }

    mutating func apply(_ change: WebhookChange) {
        switch change {
        case .kept(let record): records[record.id] = record
        case .removed(let id):
            records[id] = nil
            entries[id] = nil
        case .queued(let queued):
            for entry in queued where records[entry.webhook] != nil {
                entries[entry.webhook, default: []].append(entry)
            }
        case .delivered(let id, let position): entries[id]?.removeAll { $0.position <= position }
        }
    }
}
