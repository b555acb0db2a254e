package import LibP2P
import SwiftProtobuf
package import WeftModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A coordinator's word that a peer may read a blob from the nodes that work for it: signed, so that they need not ask.
package struct BlobGrant: Sendable, Hashable {
    static let domain = "weft-blob-grant"
    static let payloadType = Array("/weft/blob-grant".utf8)

    package let peer: PeerID
    package let digest: Digest

    package init(peer: PeerID, digest: Digest) {
        self.peer = peer
        self.digest = digest
    }

    /// As it is sent.
    package func signed(by keys: KeyPair) -> [UInt8] {
        let message = Weft_Blobs_V1_Grant.with {
            $0.peer = Data(peer.bytes)
            $0.digest = Data(digest.bytes)
        }
        return SignedEnvelope(
            payload: message.encodedBytes(), payloadType: Self.payloadType, domain: Self.domain, keys: keys
        ).encoded
    }

    /// Whether these bytes are this grant, signed by that coordinator.
    package func isSigned(_ bytes: [UInt8], by coordinator: PeerID) -> Bool {
        guard let envelope = try? SignedEnvelope(encoded: bytes, domain: Self.domain),
            envelope.payloadType == Self.payloadType, envelope.publicKey.peerID == coordinator,
            let message = try? Weft_Blobs_V1_Grant(serializedBytes: envelope.payload)
        else { return false }
        return Array(message.peer) == peer.bytes && Digest(bytes: message.digest) == digest
    }
}
