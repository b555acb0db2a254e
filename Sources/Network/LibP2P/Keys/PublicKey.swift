import Crypto
import SwiftProtobuf

/// Why a key cannot be used.
public enum KeyError: Error, Sendable, Hashable {
    /// The bytes are not a key in its one valid encoding.
    case malformed(String)
}

/// The key that a peer proves itself by (libp2p specification "Peer Ids and Keys").
public enum PublicKey: Sendable, Hashable {
    /// 32 bytes (RFC 8032).
    case ed25519([UInt8])
    /// A compressed point, 33 bytes.
    case secp256k1([UInt8])
    /// On the curve P-256, as DER of a SubjectPublicKeyInfo.
    case ecdsa([UInt8])
    /// As DER of a SubjectPublicKeyInfo. Such peers have ids, but their signatures cannot be checked here.
    case rsa([UInt8])

    /// Bytes of an encoded key at most: RSA of 8192 bits is the longest.
    static let greatestEncodedLength = 1200

    /// Whether `verify` can tell a good signature of this kind from a bad one. Peers with other keys are refused.
    public var isVerifiable: Bool {
        switch self {
        case .ed25519, .ecdsa, .secp256k1: true
        case .rsa: false
        }
    }

    /// As peers name the kind.
    public var algorithm: String {
        switch self {
        case .ed25519: "Ed25519"
        case .secp256k1: "secp256k1"
        case .ecdsa: "ECDSA"
        case .rsa: "RSA"
        }
    }

    private var raw: [UInt8] {
        switch self {
        case .ed25519(let bytes), .secp256k1(let bytes), .ecdsa(let bytes), .rsa(let bytes): bytes
        }
    }

    /// Reads the protobuf that peers exchange. Whatever is not encoded in the one way that the specification allows is refused,
    /// because another encoding would be another peer id.
    public init(encoded: [UInt8]) throws(KeyError) {
        guard encoded.count <= Self.greatestEncodedLength else { throw .malformed("a key of \(encoded.count) bytes") }
        guard let wire = try? Libp2p_Keys_WirePublicKey(serializedBytes: encoded) else {
            throw .malformed("not the protobuf of a key")
        }
        let data = Array(wire.data)
        switch wire.type {
        case .ed25519:
            guard data.count == 32 else { throw .malformed("an Ed25519 key of \(data.count) bytes") }
            self = .ed25519(data)
        case .secp256K1:
            guard data.count == 33, data[0] == 2 || data[0] == 3 else { throw .malformed("not a compressed point") }
            self = .secp256k1(data)
        case .ecdsa:
            guard (try? P256.Signing.PublicKey(derRepresentation: data)) != nil else {
                throw .malformed("not a key on the curve P-256")
            }
            self = .ecdsa(data)
        case .rsa:
            self = .rsa(data)
        }
        guard self.encoded == encoded else { throw .malformed("a key that is not encoded minimally") }
    }

    /// The protobuf that peers exchange and that ids are made of.
    public var encoded: [UInt8] {
        let type: UInt8 =
            switch self {
            case .rsa: 0
            case .ed25519: 1
            case .secp256k1: 2
            case .ecdsa: 3
            }
        return [0x08, type, 0x12] + Varint.encode(UInt64(raw.count)) + raw
    }

    public var peerID: PeerID { PeerID(publicKey: self) }

    /// Whether the signature of a message is this key's. Never true for keys that are not verifiable.
    public func verify(signature: some Collection<UInt8>, of message: some Collection<UInt8>) -> Bool {
        let signature = Array(signature)
        let message = Array(message)
        switch self {
        case .ed25519(let bytes):
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return false }
            return key.isValidSignature(signature, for: message)
        case .ecdsa(let bytes):
            guard let key = try? P256.Signing.PublicKey(derRepresentation: bytes),
                let parsed = try? P256.Signing.ECDSASignature(derRepresentation: signature)
            else { return false }
            return key.isValidSignature(parsed, for: SHA256.hash(data: message))
        case .secp256k1(let bytes):
            return Secp256k1.verify(signature: signature, of: Array(SHA256.hash(data: message)), key: bytes)
        case .rsa:
            return false
        }
    }
}
