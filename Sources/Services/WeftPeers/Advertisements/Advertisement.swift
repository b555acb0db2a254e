package import LibP2P
import SwiftProtobuf
package import WeftModel
import WeftWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a node offers to whoever finds it, until a certain moment. `proto/peers.proto` is how it is written.
package struct Advertisement: Sendable, Hashable {
    /// What a signature is made for; it is none for anything else.
    static let domain = "weft-advertisement"
    static let payloadType = Array("/weft/advertisement".utf8)
    /// Longest time from now to its end that is believed, so that nobody is remembered for long after going.
    package static let longestLife = Duration.seconds(600)
    /// Clocks of nodes may differ by so much.
    static let clockTolerance = Duration.seconds(120)
    package static let addressLimit = 16

    package var peer: PeerID
    /// A later one of the same node has a greater number.
    package var sequence: UInt64
    package var expiresAt: Instant
    /// At most ``addressLimit``, the best first.
    package var addresses: [Multiaddr]
    package var profile: NodeProfile
    /// Attempts that could begin now; 0 while it works for somebody.
    package var freeSlots: Int
    /// For a second of one processor.
    package var price: Credits

    package var node: NodeID { NodeID("\(peer)") }

    package init(
        peer: PeerID, sequence: UInt64, expiresAt: Instant, addresses: [Multiaddr], profile: NodeProfile,
        freeSlots: Int, price: Credits = .zero
    ) {
        self.peer = peer
        self.sequence = sequence
        self.expiresAt = expiresAt
        self.addresses = Array(addresses.prefix(Self.addressLimit))
        self.profile = profile
        self.freeSlots = freeSlots
        self.price = price
    }

    /// As it is sent: an envelope that the node has signed.
    /// - Precondition: `keys` are the peer's.
    package func signed(by keys: KeyPair) throws -> [UInt8] {
        precondition(keys.peerID == peer, "a node advertises only itself")
        let message = Weft_Peers_V1_Advertisement.with {
            $0.peer = Data(peer.bytes)
            $0.sequence = sequence
            $0.expiresAtUs = expiresAt.microseconds
            $0.addresses = addresses.map { Data($0.bytes) }
            $0.freeSlots = UInt32(clamping: freeSlots)
            $0.pricePerCpuSecond = UInt64(clamping: price.microCredits)
        }
        var whole = message
        whole.profile = try profile.wire.serializedBytes()
        return SignedEnvelope(
            payload: try whole.serializedBytes(), payloadType: Self.payloadType, domain: Self.domain, keys: keys
        ).encoded
    }

    /// Reads one and checks its signature, its time and its bounds.
    /// - Throws: ``AdvertisementError``.
    package init(signed bytes: [UInt8], now: Instant) throws(AdvertisementError) {
        let envelope: SignedEnvelope
        do { envelope = try SignedEnvelope(encoded: bytes, domain: Self.domain) } catch {
            throw error == .badSignature ? .badSignature : .malformed("\(error)")
        }
        guard envelope.payloadType == Self.payloadType else { throw .malformed("it is signed as something else") }
        guard let message = try? Weft_Peers_V1_Advertisement(serializedBytes: envelope.payload),
            let wire = try? Weft_Wire_V1_Profile(serializedBytes: message.profile)
        else { throw .malformed("it is no message of proto/peers.proto") }
        guard message.addresses.count <= Self.addressLimit else { throw .malformed("it has too many addresses") }
        let profile: NodeProfile
        do { profile = try NodeProfile(wire: wire) } catch { throw .malformed("\(error)") }
        guard let peer = try? PeerID(bytes: Array(message.peer)), peer == envelope.publicKey.peerID else {
            throw .wrongSigner
        }
        let expiresAt = Instant(microseconds: message.expiresAtUs)
        guard expiresAt > now else { throw .expired }
        guard expiresAt - now <= Self.longestLife + Self.clockTolerance else { throw .lastsTooLong }
        self.init(
            peer: peer, sequence: message.sequence, expiresAt: expiresAt,
            addresses: message.addresses.compactMap { try? Multiaddr(bytes: Array($0)) }, profile: profile,
            freeSlots: Int(message.freeSlots),
            price: Credits(microCredits: Int64(clamping: message.pricePerCpuSecond)))
    }
}

/// Why an advertisement counts for nothing.
package enum AdvertisementError: Error, Sendable, Hashable {
    case malformed(String)
    case badSignature
    /// Signed by another peer than the one it speaks of.
    case wrongSigner
    case expired
    /// It ends later than anybody may ask to be remembered.
    case lastsTooLong
    /// An earlier one than what is known, or the same again: a replay.
    case stale
    /// There is no room for more nodes of this network, or at all.
    case full
}
