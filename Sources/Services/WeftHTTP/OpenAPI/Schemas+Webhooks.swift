import WeftFormats
import WeftModel
import WeftWebhooks

extension Schemas {
    static let webhooks: [(name: String, schema: Document)] = [
        (
            "WebhookRequest",
            Schema.object(
                "A webhook to make.",
                [
                    .always(
                        "url", Schema.text(WebhookRules.url, pattern: Bounds.plainPattern),
                        "Where events are sent, by https or http; of a host that the operator allows."),
                    .maybe(
                        "kinds", Schema.list(kind, atMost: WebhookRules.kinds.upperBound),
                        "What it is told of; `job.ended` (`job.moved` to a state that is final) by default."),
                    .maybe("job", Schema.job, "Of this job alone."),
                    .maybe("name", Schema.text(WebhookRules.name), "For people."),
                ], isClosed: true)
        ),
        (
            "Webhook",
            Schema.object(
                "A webhook, and how its deliveries go.",
                [
                    .always("id", Schema.text(19...19, pattern: Bounds.webhookPattern), "Unique."),
                    .maybe("name", Schema.anyText, "For people."),
                    .always("url", Schema.anyText, "Where events are sent."),
                    .always("kinds", Schema.list(kind), "What it is told of."),
                    .maybe("job", Schema.job, "The only job that it is told of."),
                    .always("owner", Schema.anyText, "The name of the token that made it."),
                    .always("created_at", Schema.moment, "When it was made."),
                    .always("state", Schema.choice(WebhookView.State.allCases), "Whether it works."),
                    .always("pending", Schema.count, "Events that wait to be delivered."),
                    .always(
                        "missed", Schema.count, "Events that were not kept, and that it will be told the number of."),
                    .always("failures", Schema.count, "Since the last delivery."),
                    .maybe("last_delivery_at", Schema.moment, "When an event arrived last."),
                    .maybe("last_attempt_at", Schema.moment, "When it was tried last."),
                    .maybe("last_error", Schema.anyText, "Why the last failure was one."),
                    .maybe("failing_since", Schema.moment, "When the first of the failures was."),
                    .maybe("disabled_at", Schema.moment, "Since when nothing is delivered any more."),
                    .maybe("disabled_reason", Schema.anyText, "Why."),
                    .maybe("secret", Schema.anyText, "Only in the answer to its making."),
                ])
        ),
        ("Webhooks", Schema.page(of: "Webhook", "Webhooks, oldest first.")),
        (
            "WebhookTest",
            Schema.object(
                "What became of a test.",
                [
                    .always("delivered", Schema.flag, "Whether it arrived."),
                    .maybe("status", Schema.integer(100...999), "What the receiver answered."),
                    .maybe("error", Schema.anyText, "Why it did not arrive."),
                    .always("seconds", Schema.number, "How long it took."),
                ])
        ),
    ]

    static let webhookStats = Schema.object(
        "Webhooks, and deliveries since the coordinator started.",
        [
            .always("webhooks", Schema.count, "That there are."), .always("disabled", Schema.count, "Of these."),
            .always("pending", Schema.count, "Events that wait."),
            .always("delivered", Schema.count, "Events that arrived."),
            .always("failed", Schema.count, "Tries that failed."),
            .always("missed", Schema.count, "Events that could not be kept."),
        ])

    private static let kind: Document = ["type": "string", "enum": .array(WebhookKind.all.map(Document.string))]
}
