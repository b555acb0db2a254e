package import WeftModel

/// What who delivers for a webhook is woken by.
package enum WebhookSignal: Hashable, Sendable {
    /// Something waits.
    case work
    /// Do not wait for the next try: a test has just arrived.
    case retry
}

/// What is to be delivered next.
package struct WebhookWork: Hashable, Sendable {
    package var record: WebhookRecord
    /// The next ones, in order; none where nothing waits, or the webhook is disabled.
    package var entries: [WebhookEntry]

    package init(record: WebhookRecord, entries: [WebhookEntry]) {
        self.record = record
        self.entries = entries
    }
}

/// What became of it.
package struct WebhookReport: Hashable, Sendable {
    /// Why a try failed.
    package struct Failure: Error, Hashable, Sendable {
        package var reason: String
        /// It is not tried again.
        package var isFinal: Bool

        package init(_ reason: String, isFinal: Bool = false) {
            self.reason = reason
            self.isFinal = isFinal
        }
    }

    /// The position of the last one that was delivered, and how many were.
    package var through: UInt64?
    package var delivered: Int
    /// The one after them was tried, too.
    package var failure: Failure?

    package init(through: UInt64? = nil, delivered: Int = 0, failure: Failure? = nil) {
        self.through = through
        self.delivered = delivered
        self.failure = failure
    }
}
