/// The name of a webhook: `wh_` and 16 hexadecimal digits.
package struct WebhookID: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    package let text: String

    private init(unchecked text: String) { self.text = text }

    package init(random: UInt64) {
        let digits = String(random, radix: 16)
        self.init(unchecked: "wh_" + String(repeating: "0", count: 16 - digits.count) + digits)
    }

    /// nil for anything that is no name of a webhook.
    package init?(text: String) {
        let digits = text.utf8.dropFirst(3)
        guard text.hasPrefix("wh_"), digits.count == 16,
            digits.allSatisfy({ ("0"..."9").contains(UnicodeScalar($0)) || ("a"..."f").contains(UnicodeScalar($0)) })
        else { return nil }
        self.init(unchecked: text)
    }

    package init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package static func < (left: WebhookID, right: WebhookID) -> Bool { left.text < right.text }
    package var description: String { text }
}

/// What deliveries are signed with: `whsec_` and the key in base64. Does not show itself in logs.
package struct WebhookSecret: Hashable, Sendable, Codable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    package let text: String

    package init(_ text: String) { self.text = text }

    package init(from decoder: any Decoder) throws {
        text = try decoder.singleValueContainer().decode(String.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package var description: String { "whsec_…" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A webhook as it is kept: who wants to be told of what, and how telling goes.
package struct WebhookRecord: Hashable, Sendable, Codable {
    package var id: WebhookID
    /// The name of the token that made it.
    package var owner: String
    /// Whether it is told of everybody's jobs and of nodes, as administrators' are, or of its owner's jobs alone.
    package var seesAll: Bool
    package var url: String
    package var name: String?
    /// Kinds of events as the API has them, or `job.ended`.
    package var kinds: [String]
    /// Of this job alone.
    package var job: JobID?
    package var secret: WebhookSecret
    package var createdAt: Instant
    package var status = WebhookStatus()

    package init(
        id: WebhookID, owner: String, seesAll: Bool, url: String, name: String? = nil, kinds: [String],
        job: JobID? = nil, secret: WebhookSecret, createdAt: Instant
    ) {
        self.id = id
        self.owner = owner
        self.seesAll = seesAll
        self.url = url
        self.name = name
        self.kinds = kinds
        self.job = job
        self.secret = secret
        self.createdAt = createdAt
    }
}

/// How a webhook's deliveries go.
package struct WebhookStatus: Hashable, Sendable, Codable {
    package var deliveredAt: Instant?
    package var attemptedAt: Instant?
    /// Why the last failure was one.
    package var error: String?
    /// Since the last delivery.
    package var failures = 0
    /// The first of those.
    package var failingSince: Instant?
    /// Nothing is delivered from then on.
    package var disabledAt: Instant?
    package var disabledReason: String?
    /// Events that were not kept for it and that it has not been told of.
    package var missed = 0

    package init() {}

    package var isDisabled: Bool { disabledAt != nil }
}

/// An event that a webhook is to be told of.
package struct WebhookEntry: Hashable, Sendable {
    package var webhook: WebhookID
    /// Counts up within the webhook from 1; may start again when none is left.
    package var position: UInt64
    /// The event as the API has it, in JSON.
    package var event: [UInt8]

    package init(webhook: WebhookID, position: UInt64, event: [UInt8]) {
        self.webhook = webhook
        self.position = position
        self.event = event
    }
}

package enum WebhookChange: Hashable, Sendable {
    /// A new webhook, or one of which something is otherwise now.
    case kept(WebhookRecord)
    /// It is gone, with its entries.
    case removed(WebhookID)
    /// Of webhooks that are kept, in the order of their positions.
    case queued([WebhookEntry])
    /// Entries up to this position are done with.
    case delivered(WebhookID, through: UInt64)
}

/// A webhook at a start.
package struct WebhookBacklog: Hashable, Sendable {
    package var record: WebhookRecord
    package var pending: Int
    /// 0 where none is pending.
    package var lastPosition: UInt64

    package init(record: WebhookRecord, pending: Int = 0, lastPosition: UInt64 = 0) {
        self.record = record
        self.pending = pending
        self.lastPosition = lastPosition
    }
}
