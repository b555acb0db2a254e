import WeftFormats
import WeftModel

/// Webhooks as tables.
enum WebhookTables {
    static func list(_ webhooks: [WebhookView], now: Instant) -> Table {
        var table = Table([
            .init("id"), .init("name", mayShrink: true), .init("url", mayShrink: true), .init("kinds", mayShrink: true),
            .init("owner", mayShrink: true), .init("state"), .init("pending", .right), .init("delivered", .right),
        ])
        for webhook in webhooks {
            table.add([
                Table.Cell(webhook.id.text), Table.Cell(webhook.name ?? ""), Table.Cell(webhook.url),
                Table.Cell(webhook.kinds.joined(separator: ",")), Table.Cell(webhook.owner),
                Table.Cell(webhook.state.rawValue, webhook.state == .active ? .good : .warning),
                Table.Cell(String(webhook.pending)),
                Table.Cell(webhook.lastDeliveryAt.map { Humanize.age(of: $0.instant, now: now) } ?? "never"),
            ])
        }
        return table
    }

    static func details(_ webhook: WebhookView, now: Instant) -> Details {
        func age(_ moment: Timestamp?) -> String? {
            moment.map { "\($0), \(Humanize.age(of: $0.instant, now: now))" }
        }
        var details = Details()
        details.add("Webhook", webhook.id.text, .strong)
        details.add("Name", webhook.name)
        details.add("URL", webhook.url)
        details.add("Kinds", webhook.kinds.joined(separator: ", "))
        details.add("Job", webhook.job?.description)
        details.add("Owner", webhook.owner)
        details.add("Made", age(webhook.createdAt))
        details.add("State", webhook.state.rawValue)
        details.add("Disabled", webhook.disabledReason)
        details.add("Pending", Humanize.count(Int64(webhook.pending)))
        details.add("Missed", webhook.missed == 0 ? nil : Humanize.count(Int64(webhook.missed)))
        details.add("Delivered", age(webhook.lastDeliveryAt) ?? "never")
        details.add(
            "Failures", webhook.failures == 0 ? nil : "\(webhook.failures) since \(age(webhook.failingSince) ?? "")")
        details.add("Last error", webhook.lastError)
        return details
    }

    static func line(_ test: WebhookTestView) -> String {
        let time = Humanize.duration(microseconds: Int64(test.seconds * 1_000_000))
        return test.delivered
            ? "delivered in \(time), the receiver answered \(test.status.map(String.init) ?? "")"
            : "not delivered in \(time)"
    }
}
