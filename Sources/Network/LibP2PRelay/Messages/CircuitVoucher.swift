public import LibP2P
import SwiftProtobuf

/// A relay's signed word that it keeps a place for a peer ("Reservation Vouchers").
public struct CircuitVoucher: Sendable, Hashable {
    static let domain = "libp2p-relay-rsvp"
    static let payloadType: [UInt8] = [0x03, 0x02]

    public let relay: PeerID
    public let peer: PeerID
    /// Seconds since 1970.
    public let expires: UInt64

    public init(relay: PeerID, peer: PeerID, expires: UInt64) {
        self.relay = relay
        self.peer = peer
        self.expires = expires
    }

    /// Reads a signed voucher; the relay that it names has signed it.
    /// - Throws: `RecordError`.
    public init(signed encoded: [UInt8]) throws(RecordError) {
        let envelope = try SignedEnvelope(encoded: encoded, domain: Self.domain)
        guard envelope.payloadType == Self.payloadType else { throw .malformed("not a voucher") }
        guard let wire = try? WireCircuitVoucher(serializedBytes: envelope.payload),
            let relay = try? PeerID(bytes: Array(wire.relay)), let peer = try? PeerID(bytes: Array(wire.peer))
        else { throw .malformed("not the protobuf of a voucher") }
        guard envelope.publicKey.peerID == relay else { throw .wrongPeer }
        self.init(relay: relay, peer: peer, expires: wire.expires)
    }

    /// As it is sent.
    /// - Precondition: The keys are those of `relay`.
    public func signed(by keys: KeyPair) -> [UInt8] {
        precondition(keys.peerID == relay, "a relay signs only its own vouchers")
        let wire = WireCircuitVoucher.with {
            $0.relay = relay.bytes.data
            $0.peer = peer.bytes.data
            $0.expires = expires
        }
        return SignedEnvelope(
            payload: wire.encodedBytes(), payloadType: Self.payloadType, domain: Self.domain, keys: keys
        ).encoded
    }
}
