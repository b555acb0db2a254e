import Foundation
package import LibP2P
import SwiftProtobuf

/// A message with its author's signature, policy `StrictSign` (libp2p pubsub, "Message Signing").
package struct SignedMessage: Sendable, Hashable {
    static let prefix = Array("libp2p-pubsub:".utf8)

    /// What a message lacks that comes from a peer that keeps to the policy.
    package enum Flaw: Error, Sendable, Hashable {
        case malformed
        case noTopic
        case noAuthor
        case badSequence
        case noSignature
        /// There is no key in it or in the author's id, or it is another peer's, or of a kind that cannot be checked.
        case badKey
    }

    package let id: MessageID
    package let topic: String
    package let author: PeerID
    package let sequence: UInt64
    package let bytes: [UInt8]
    /// The protobuf as it came, and as it is handed on.
    package let encoded: [UInt8]
    private let key: PublicKey
    private let signature: [UInt8]
    private let signedBytes: [UInt8]

    /// Reads a message. Its signature is not yet verified.
    package init(encoded: [UInt8]) throws(Flaw) {
        guard var wire = try? WireGossipContent(serializedBytes: encoded) else { throw .malformed }
        guard wire.hasTopic, !wire.topic.isEmpty else { throw .noTopic }
        guard let author = try? PeerID(bytes: Array(wire.from)) else { throw .noAuthor }
        guard wire.sequenceNumber.count == 8 else { throw .badSequence }
        guard !wire.signature.isEmpty else { throw .noSignature }
        guard let key = Self.key(of: author, given: wire.hasKey ? Array(wire.key) : nil) else { throw .badKey }
        topic = wire.topic
        self.author = author
        sequence = wire.sequenceNumber.reduce(0) { $0 << 8 | UInt64($1) }
        id = MessageID(author: author, sequence: sequence)
        bytes = Array(wire.data)
        self.encoded = encoded
        self.key = key
        signature = Array(wire.signature)
        wire.clearSignature()
        wire.clearKey()
        signedBytes = Self.prefix + wire.encodedBytes()
    }

    /// Signs a new message.
    package init(topic: String, bytes: [UInt8], sequence: UInt64, keys: KeyPair) {
        var wire = WireGossipContent()
        wire.from = Data(keys.peerID.bytes)
        wire.data = Data(bytes)
        wire.sequenceNumber = withUnsafeBytes(of: sequence.bigEndian) { Data($0) }
        wire.topic = topic
        signedBytes = Self.prefix + wire.encodedBytes()
        signature = keys.sign(signedBytes)
        wire.signature = Data(signature)
        encoded = wire.encodedBytes()
        key = keys.publicKey
        id = MessageID(author: keys.peerID, sequence: sequence)
        author = keys.peerID
        self.topic = topic
        self.sequence = sequence
        self.bytes = bytes
    }

    /// Whether the author signed it. Costs about as much as a signature does; nothing is remembered.
    package var isAuthentic: Bool { key.verify(signature: signature, of: signedBytes) }

    package func delivered(by sender: PeerID) -> GossipMessage {
        GossipMessage(topic: topic, author: author, sequence: sequence, bytes: bytes, sender: sender)
    }

    private static func key(of author: PeerID, given: [UInt8]?) -> PublicKey? {
        let key: PublicKey?
        if let given, !given.isEmpty { key = try? PublicKey(encoded: given) } else { key = author.publicKey }
        guard let key, key.isVerifiable, key.peerID == author else { return nil }
        return key
    }
}
