import WeftCoordinator
import WeftFormats
import WeftModel
import WeftWebhooks

/// Without webhooks: Tests/WebhookTests has them with a coordinator.
extension FakeService {
    var id: NodeID { NodeID("12D3KooWfake") }

    func addWebhook(_ request: WebhookRequest, by owner: Principal) async throws -> WebhookView {
        throw RequestError.unavailable("this coordinator keeps none")
    }

    func webhooks(of owner: String?) async -> [WebhookView] { [] }
    func webhook(_ id: WebhookID) async throws -> WebhookView { throw RequestError.notFound("no webhook \(id)") }
    func removeWebhook(_ id: WebhookID) async throws { throw RequestError.notFound("no webhook \(id)") }
    func reviveWebhook(_ id: WebhookID, by tester: Principal) async throws {}
    func newWebhooks() async -> [WebhookID]? { nil }
    func signals(of id: WebhookID) async -> Mailbox<WebhookSignal>? { nil }
    func work(of id: WebhookID, limit: Int) async throws -> WebhookWork? { nil }
    func report(_ report: WebhookReport, of id: WebhookID) async throws {}
}
