import SwiftProtobuf

/// Where a peer says that it can be reached (libp2p RFC 0003).
public struct PeerRecord: Sendable, Hashable {
    public static let domain = "libp2p-peer-record"
    public static let payloadType: [UInt8] = [0x03, 0x01]
    /// Addresses that are read at most; a record with more is refused.
    public static let greatestAddressCount = 128

    public let peer: PeerID
    /// A later record has a greater number. Says nothing of time.
    public let sequence: UInt64
    public let addresses: [Multiaddr]

    public init(peer: PeerID, sequence: UInt64, addresses: [Multiaddr]) {
        self.peer = peer
        self.sequence = sequence
        self.addresses = addresses
    }

    /// Reads a signed record and checks that who it speaks of signed it. Addresses of unknown kinds are left out.
    public init(signed encoded: some Collection<UInt8>) throws(RecordError) {
        let envelope = try SignedEnvelope(encoded: encoded, domain: Self.domain)
        guard envelope.payloadType == Self.payloadType else { throw .malformed("not a peer record") }
        guard let wire = try? Libp2p_Records_WirePeerRecord(serializedBytes: envelope.payload),
            let peer = try? PeerID(bytes: Array(wire.peerID))
        else { throw .malformed("not the protobuf of a peer record") }
        guard peer == envelope.publicKey.peerID else { throw .wrongPeer }
        guard wire.addresses.count <= Self.greatestAddressCount else {
            throw .tooLarge(limit: Self.greatestAddressCount)
        }
        self.init(
            peer: peer, sequence: wire.sequence,
            addresses: wire.addresses.compactMap { try? Multiaddr(bytes: Array($0.multiaddr)) })
    }

    /// The record in an envelope, as it is sent.
    /// - Precondition: The keys are those of `peer`.
    public func signed(by keys: KeyPair) -> SignedEnvelope {
        precondition(keys.peerID == peer, "a peer signs only its own record")
        let wire = Libp2p_Records_WirePeerRecord.with {
            $0.peerID = peer.bytes.data
            $0.sequence = sequence
            $0.addresses = addresses.map { address in .with { $0.multiaddr = address.bytes.data } }
        }
        return SignedEnvelope(
            payload: wire.encodedBytes(), payloadType: Self.payloadType, domain: Self.domain, keys: keys)
    }
}
