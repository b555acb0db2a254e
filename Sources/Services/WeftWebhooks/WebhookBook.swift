package import WeftCoordinator
package import WeftFormats
package import WeftModel

/// What webhooks ask of a coordinator, which keeps them and what each is still to be told.
///
/// - What ``work(of:limit:)`` gives is durable, in order, and given again until it was reported: through a restart, too.
/// - Every call may throw ``RequestError`` or ``JournalError``.
package protocol WebhookBook: Sendable {
    /// The coordinator's.
    var id: NodeID { get }

    func addWebhook(_ request: WebhookRequest, by owner: Principal) async throws -> WebhookView
    func webhooks(of owner: String?) async -> [WebhookView]
    func webhook(_ id: WebhookID) async throws -> WebhookView
    func removeWebhook(_ id: WebhookID) async throws
    func reviveWebhook(_ id: WebhookID, by tester: Principal) async throws

    /// Those that nobody delivers for yet, waiting for the first; nil when the calling task is cancelled. One reader at a
    /// time.
    func newWebhooks() async -> [WebhookID]?
    /// What wakes who delivers for it; closed once it is gone. nil if it is gone already.
    func signals(of id: WebhookID) async -> Mailbox<WebhookSignal>?
    /// nil once it is gone.
    func work(of id: WebhookID, limit: Int) async throws -> WebhookWork?
    func report(_ report: WebhookReport, of id: WebhookID) async throws
}
