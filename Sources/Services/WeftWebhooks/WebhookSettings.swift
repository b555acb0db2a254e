/// What the operator allows webhooks, and how deliveries go.
package struct WebhookSettings: Sendable {
    /// Hosts that events may be sent to, as they stand in URLs; none by default.
    package var hosts: [String]
    /// This program's version.
    package var version: String
    /// How long one request may take, from the look-up of the name to the end of the answer.
    package var timeout: Duration = .seconds(15)
    package var backoff = WebhookBackoff()

    package init(hosts: [String] = [], version: String = "") {
        self.hosts = hosts
        self.version = version
    }
}
