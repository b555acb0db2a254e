public import LibP2P

/// A message of a topic, as its readers get it. Its signature has been verified: the author wrote it, or somebody who has its key.
public struct GossipMessage: Sendable, Hashable {
    public let topic: String
    public let author: PeerID
    /// Told apart from all other messages of its author, and greater than those before it. Says nothing of time: an old message may
    /// come again once it has been forgotten, so who must not act twice remembers the number.
    public let sequence: UInt64
    public let bytes: [UInt8]
    /// The neighbour that it came from.
    public let sender: PeerID

    public init(topic: String, author: PeerID, sequence: UInt64, bytes: [UInt8], sender: PeerID) {
        self.topic = topic
        self.author = author
        self.sequence = sequence
        self.bytes = bytes
        self.sender = sender
    }
}

/// What a topic's validator says of a message (gossipsub v1.1, "Extended Validators").
public enum GossipVerdict: Sendable, Hashable {
    /// It is delivered and handed on.
    case accept
    /// It goes no further, and nobody is to blame.
    case ignore
    /// It goes no further, and who sent it loses standing.
    case reject
}

/// Why something is not published or subscribed to.
public enum GossipError: Error, Sendable, Hashable {
    /// In bytes.
    case messageTooLarge(limit: Int)
    /// Topics have at least one byte and at most so many, in UTF-8.
    case badTopicName(limit: Int)
    case tooManyTopics(limit: Int)
}

/// What a message is known by: its author and sequence number, one after the other (libp2p pubsub, "Message Identification").
package struct MessageID: Sendable, Hashable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    package init(author: PeerID, sequence: UInt64) {
        bytes = author.bytes + withUnsafeBytes(of: sequence.bigEndian) { Array($0) }
    }
}
