package import LibP2P

/// What one peer sends another at once.
package struct GossipRPC: Sendable, Hashable {
    package struct Subscription: Sendable, Hashable {
        package var topic: String
        package var isSubscribed: Bool

        package init(topic: String, isSubscribed: Bool) {
            self.topic = topic
            self.isSubscribed = isSubscribed
        }
    }

    /// "These I have."
    package struct Have: Sendable, Hashable {
        package var topic: String
        package var ids: [MessageID]

        package init(topic: String, ids: [MessageID]) {
            self.topic = topic
            self.ids = ids
        }
    }

    /// "You are no longer in my mesh."
    package struct Prune: Sendable, Hashable {
        package var topic: String
        /// How long not to ask again; nil when the peer speaks version 1.0.
        package var backoffSeconds: UInt64?
        /// Others who follow the topic.
        package var peers: [ExchangedPeer]

        package init(topic: String, backoffSeconds: UInt64?, peers: [ExchangedPeer] = []) {
            self.topic = topic
            self.backoffSeconds = backoffSeconds
            self.peers = peers
        }
    }

    package struct ExchangedPeer: Sendable, Hashable {
        package var peer: PeerID
        /// As it came; who uses it verifies it.
        package var signedRecord: [UInt8]?

        package init(peer: PeerID, signedRecord: [UInt8]? = nil) {
            self.peer = peer
            self.signedRecord = signedRecord
        }
    }

    package var subscriptions: [Subscription] = []
    /// Encoded messages.
    package var messages: [[UInt8]] = []
    package var have: [Have] = []
    package var want: [MessageID] = []
    package var graft: [String] = []
    package var prune: [Prune] = []

    package init() {}

    package var isEmpty: Bool { self == GossipRPC() }
}
