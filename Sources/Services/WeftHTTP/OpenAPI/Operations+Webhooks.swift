import HTTPTypes
import WeftModel

extension Operations {
    static let webhooks: [Operation] = [
        Operation(
            method: .get, path: "/api/v1/webhooks", id: "listWebhooks", tag: .webhooks, summary: "List webhooks",
            details: "Submitters see their own, an admin all.", access: .role(.submitter),
            answers: [.ok(.json("The webhooks, oldest first, without secrets.", Schema.named("Webhooks")))]),
        Operation(
            method: .post, path: "/api/v1/webhooks", id: "createWebhook", tag: .webhooks, summary: "Make a webhook",
            details: """
                Its secret is in the answer, and nowhere else. A submitter's webhook is told of its own jobs, an admin's of \
                everybody's. The host has to be one that the operator allows.
                """,
            access: .role(.submitter),
            body: .json(
                "Where to, and what of.", Schema.named("WebhookRequest"),
                example: ["url": "https://hooks.example.org/weft", "kinds": ["job.ended"]]),
            answers: [
                .created(
                    .json("The webhook with its secret.", Schema.named("Webhook")),
                    links: ["getWebhook", "deleteWebhook", "testWebhook"].map {
                        Operation.Link($0, ["webhook": "$response.body#/id"])
                    })
            ], refusals: [.conflict]),
        Operation(
            method: .get, path: "/api/v1/webhooks/{webhook}", id: "getWebhook", tag: .webhooks,
            summary: "Read a webhook and how its deliveries go", access: .role(.submitter),
            parameters: [.ifNoneMatch],
            answers: [
                .ok(.json("The webhook, without its secret.", Schema.named("Webhook")), headers: ["ETag"]),
                .notModified,
            ]),
        Operation(
            method: .delete, path: "/api/v1/webhooks/{webhook}", id: "deleteWebhook", tag: .webhooks,
            summary: "Delete a webhook", details: "What waits for it is not delivered.", access: .role(.submitter),
            answers: [Operation.Answer(status: 204, content: nil, summary: "It is gone.")]),
        Operation(
            method: .post, path: "/api/v1/webhooks/{webhook}/test", id: "testWebhook", tag: .webhooks,
            summary: "Send a webhook a test, and say what became of it",
            details: "One that arrives makes a disabled webhook work again.", access: .role(.submitter),
            answers: [.ok(.json("What became of it.", Schema.named("WebhookTest")))], refusals: [.busy]),
    ]
}
