import NIOHTTP1
package import WeftFormats

/// Webhooks (docs/webhooks.md).
extension WeftClient {
    /// The caller's; all for an administrator.
    package func webhooks() async throws -> [WebhookView] {
        try await get(Page<WebhookView>.self, "/api/v1/webhooks").items
    }

    package func webhook(_ id: String) async throws -> WebhookView { try await get(WebhookView.self, Self.path(id)) }

    /// The secret is in the answer, and never to be had again.
    package func createWebhook(_ request: WebhookRequest) async throws -> WebhookView {
        try await post(WebhookView.self, "/api/v1/webhooks", request, isIdempotent: false)
    }

    package func deleteWebhook(_ id: String) async throws {
        _ = try await transport.answer(
            to: Transport.Call(method: .DELETE, path: Self.path(id), timeout: policy.callTimeout))
    }

    /// Sends a test and waits for what becomes of it.
    package func testWebhook(_ id: String) async throws -> WebhookTestView {
        try await transport.json(
            WebhookTestView.self,
            Transport.Call(
                method: .POST, path: Self.path(id) + "/test", isIdempotent: false, timeout: .seconds(60)))
    }

    private static func path(_ id: String) -> String { "/api/v1/webhooks/\(Transport.escape(id))" }
}
