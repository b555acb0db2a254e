import HTTPTypes
import HummingbirdCore
import WeftFormats
import WeftModel
import WeftWebhooks

/// `/api/v1/webhooks`: who is told of events. A submitter sees and manages its own, an administrator all. docs/webhooks.md.
struct WebhookRoutes: Sendable {
    let webhooks: WebhookService
    let limits: HTTPServer.Limits

    var routes: [Route] {
        [
            Route(method: .get, path: "/api/v1/webhooks", access: .role(.submitter)) { call in
                try .json(Page(items: await webhooks.webhooks(seenBy: call.caller()), next: nil))
            },
            Route(method: .post, path: "/api/v1/webhooks", access: .role(.submitter), handler: create),
            Route(method: .get, path: "/api/v1/webhooks/{webhook}", access: .role(.submitter)) { call in
                try .resource(await webhooks.webhook(call.webhook, seenBy: call.caller()), for: call)
            },
            Route(method: .delete, path: "/api/v1/webhooks/{webhook}", access: .role(.submitter)) { call in
                try await webhooks.delete(call.webhook, by: call.caller())
                return Response(status: .noContent)
            },
            Route(method: .post, path: "/api/v1/webhooks/{webhook}/test", access: .role(.submitter)) { call in
                try .json(await webhooks.test(call.webhook, by: call.caller()))
            },
        ]
    }

    @Sendable private func create(_ call: Call) async throws -> Response {
        let request = try await call.document(WebhookRequest.self, limit: limits.documentBytes)
        let webhook = try await webhooks.create(request, by: call.caller())
        return try .json(
            webhook, status: .created,
            headers: [.location: "/api/v1/webhooks/\(webhook.id)", .cacheControl: "no-store"])
    }
}

extension Call {
    fileprivate var webhook: String { parameters["webhook"] ?? "" }
}
