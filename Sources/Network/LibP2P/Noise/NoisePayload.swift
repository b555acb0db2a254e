import Crypto
import SwiftProtobuf

/// What the two ends tell each other under the handshake (libp2p specification "noise-libp2p", handshake payload).
struct NoisePayload: Sendable, Hashable {
    static let signaturePrefix = Array("noise-libp2p-static-key:".utf8)
    /// Bytes at most; identities of the longest keys fit.
    static let greatestLength = 4096

    let identity: PublicKey
    let signature: [UInt8]
    /// Multiplexers that this end speaks, in order of preference.
    let muxers: [String]

    /// Binds an identity to the handshake's own key.
    init(keys: KeyPair, staticKey: [UInt8], muxers: [String]) {
        identity = keys.publicKey
        signature = keys.sign(Self.signaturePrefix + staticKey)
        self.muxers = muxers
    }

    /// Reads and verifies.
    init(encoded: [UInt8], staticKey: [UInt8]) throws(NoiseError) {
        guard encoded.count <= Self.greatestLength,
            let wire = try? Libp2p_Noise_WireNoisePayload(serializedBytes: encoded)
        else { throw .malformed("not the payload of a handshake") }
        do {
            identity = try PublicKey(encoded: Array(wire.identityKey))
        } catch {
            throw .malformed("not an identity: \(error)")
        }
        signature = Array(wire.identitySignature)
        guard identity.isVerifiable else { throw .unverifiableKey(identity.algorithm) }
        guard identity.verify(signature: signature, of: Self.signaturePrefix + staticKey) else { throw .badSignature }
        muxers = Array(wire.extensions.streamMuxers.prefix(16))
    }

    var encoded: [UInt8] {
        let wire = Libp2p_Noise_WireNoisePayload.with {
            $0.identityKey = identity.encoded.data
            $0.identitySignature = signature.data
            $0.extensions.streamMuxers = muxers
        }
        return wire.encodedBytes()
    }
}
