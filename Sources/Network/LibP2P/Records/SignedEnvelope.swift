import SwiftProtobuf

/// Why a signed record is not to be believed.
public enum RecordError: Error, Sendable, Hashable {
    case malformed(String)
    /// Signed with a kind of key that cannot be checked here.
    case unverifiableKey(String)
    case badSignature
    /// Signed by another peer than the one it speaks of.
    case wrongPeer
    case tooLarge(limit: Int)
}

/// Bytes that a peer signed for one purpose (libp2p RFC 0002). One that was read has been verified.
public struct SignedEnvelope: Sendable, Hashable {
    /// Bytes of an encoded envelope at most.
    public static let greatestLength = 64 * 1024

    public let publicKey: PublicKey
    /// What the payload is.
    public let payloadType: [UInt8]
    public let payload: [UInt8]
    public let signature: [UInt8]

    /// Signs a payload.
    /// - Parameter domain: The purpose; a signature for one is none for another.
    public init(payload: [UInt8], payloadType: [UInt8], domain: String, keys: KeyPair) {
        publicKey = keys.publicKey
        self.payloadType = payloadType
        self.payload = payload
        signature = keys.sign(Self.signedBytes(domain: domain, payloadType: payloadType, payload: payload))
    }

    /// Reads and verifies.
    public init(encoded: some Collection<UInt8>, domain: String) throws(RecordError) {
        guard encoded.count <= Self.greatestLength else { throw .tooLarge(limit: Self.greatestLength) }
        guard let wire = try? Libp2p_Records_WireEnvelope(serializedBytes: Array(encoded)) else {
            throw .malformed("not the protobuf of an envelope")
        }
        do {
            publicKey = try PublicKey(encoded: Array(wire.publicKey))
        } catch {
            throw .malformed("\(error)")
        }
        payloadType = Array(wire.payloadType)
        payload = Array(wire.payload)
        signature = Array(wire.signature)
        guard publicKey.isVerifiable else { throw .unverifiableKey(publicKey.algorithm) }
        let signed = Self.signedBytes(domain: domain, payloadType: payloadType, payload: payload)
        guard publicKey.verify(signature: signature, of: signed) else { throw .badSignature }
    }

    public var encoded: [UInt8] {
        let wire = Libp2p_Records_WireEnvelope.with {
            $0.publicKey = publicKey.encoded.data
            $0.payloadType = payloadType.data
            $0.payload = payload.data
            $0.signature = signature.data
        }
        return wire.encodedBytes()
    }

    private static func signedBytes(domain: String, payloadType: [UInt8], payload: [UInt8]) -> [UInt8] {
        [Array(domain.utf8), payloadType, payload].reduce(into: []) { bytes, part in
            Varint.append(UInt64(part.count), to: &bytes)
            bytes += part
        }
    }
}
