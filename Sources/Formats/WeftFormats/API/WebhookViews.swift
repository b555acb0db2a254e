package import WeftModel

/// What a webhook can be told of: the kinds of events, and one that most people want.
package enum WebhookKind {
    /// A `job.moved` whose state is final.
    package static let jobEnded = "job.ended"
    package static let all =
        [jobEnded] + EventView.Kind.allCases.filter { $0 != .missed }.map(\.rawValue)
    package static let standard = [jobEnded]
    /// Kinds that are of no job: only administrators' webhooks are told of them.
    package static let ofNodes: Set<String> = Set(
        [EventView.Kind.nodeJoined, .nodeLeft, .nodeChanged].map(\.rawValue))
}

/// The body of `POST /api/v1/webhooks`.
package struct WebhookRequest: Codable, Hashable, Sendable {
    package var url: String
    /// ``WebhookKind/standard`` if nil.
    package var kinds: [String]?
    package var job: JobID?
    package var name: String?

    package init(url: String, kinds: [String]? = nil, job: JobID? = nil, name: String? = nil) {
        self.url = url
        self.kinds = kinds
        self.job = job
        self.name = name
    }
}

/// A webhook, as `GET /api/v1/webhooks/{webhook}` gives it.
package struct WebhookView: Codable, Hashable, Sendable {
    package enum State: String, Codable, Hashable, Sendable, CaseIterable {
        case active
        /// The last try failed; it is tried again.
        case failing
        /// Nothing is delivered any more; `disabledReason` says why.
        case disabled
    }

    package var id: WebhookID
    package var name: String?
    package var url: String
    package var kinds: [String]
    package var job: JobID?
    package var owner: String
    package var createdAt: Timestamp
    package var state: State
    /// Events that wait to be delivered.
    package var pending: Int
    /// Events that were not kept for it, and that it will be told the number of.
    package var missed: Int
    /// Since the last delivery.
    package var failures: Int
    package var lastDeliveryAt: Timestamp?
    package var lastAttemptAt: Timestamp?
    /// Of the last failure.
    package var lastError: String?
    package var failingSince: Timestamp?
    package var disabledAt: Timestamp?
    package var disabledReason: String?
    /// Only in the answer to its making.
    package var secret: String?

    package init(_ record: WebhookRecord, pending: Int) {
        let status = record.status
        id = record.id
        name = record.name
        url = record.url
        kinds = record.kinds
        job = record.job
        owner = record.owner
        createdAt = Timestamp(record.createdAt)
        state = status.isDisabled ? .disabled : status.failures > 0 ? .failing : .active
        self.pending = pending
        missed = status.missed
        failures = status.failures
        lastDeliveryAt = status.deliveredAt.map(Timestamp.init)
        lastAttemptAt = status.attemptedAt.map(Timestamp.init)
        lastError = status.error
        failingSince = status.failingSince.map(Timestamp.init)
        disabledAt = status.disabledAt.map(Timestamp.init)
        disabledReason = status.disabledReason
    }
}

/// What became of a test, as `POST /api/v1/webhooks/{webhook}/test` gives it.
package struct WebhookTestView: Codable, Hashable, Sendable {
    package var delivered: Bool
    /// The status that the receiver answered with, if it did.
    package var status: Int?
    /// Why it was not delivered.
    package var error: String?
    package var seconds: Double

    package init(delivered: Bool, status: Int?, error: String?, seconds: Double) {
        self.delivered = delivered
        self.status = status
        self.error = error
        self.seconds = seconds
    }
}

/// Webhooks in numbers; the deliveries are those since the coordinator started.
package struct WebhookStats: Codable, Hashable, Sendable {
    package var webhooks: Int
    package var disabled: Int
    package var pending: Int
    /// Events that were delivered, and tries that failed.
    package var delivered: Int64
    package var failed: Int64
    /// Events that could not be kept.
    package var missed: Int64

    package init(
        webhooks: Int = 0, disabled: Int = 0, pending: Int = 0, delivered: Int64 = 0, failed: Int64 = 0,
        missed: Int64 = 0
    ) {
        self.webhooks = webhooks
        self.disabled = disabled
        self.pending = pending
        self.delivered = delivered
        self.failed = failed
        self.missed = missed
    }
}
