public import Crypto
import SwiftProtobuf

/// The Ed25519 key of this peer.
public struct KeyPair: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    public let publicKey: PublicKey
    public let peerID: PeerID

    /// A new one.
    public init() { self.init(Curve25519.Signing.PrivateKey()) }

    public init(_ key: Curve25519.Signing.PrivateKey) {
        self.key = key
        publicKey = .ed25519(Array(key.publicKey.rawRepresentation))
        peerID = PeerID(publicKey: publicKey)
    }

    /// The pair that is made from a secret of 32 bytes.
    public init(seed: some Collection<UInt8>) throws(KeyError) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: Array(seed)) else {
            throw .malformed("a secret of \(seed.count) bytes")
        }
        self.init(key)
    }

    /// Reads the protobuf that other implementations keep keys in: secret and public key, 64 bytes, or the older form of 96.
    public init(encoded: [UInt8]) throws(KeyError) {
        guard encoded.count <= 200, let wire = try? Libp2p_Keys_WirePrivateKey(serializedBytes: encoded) else {
            throw .malformed("not the protobuf of a private key")
        }
        let data = Array(wire.data)
        guard wire.type == .ed25519, data.count == 64 || data.count == 96 else {
            throw .malformed("not an Ed25519 private key")
        }
        try self.init(seed: data.prefix(32))
        guard case .ed25519(let own) = publicKey, data.dropFirst(32).elementsEqual(data.count == 96 ? own + own : own)
        else { throw .malformed("the two halves of the key are not of one pair") }
    }

    /// The secret of 32 bytes. Keep it from others.
    public var seed: [UInt8] { Array(key.rawRepresentation) }

    /// The protobuf that other implementations keep keys in. Keep it from others.
    public var encoded: [UInt8] {
        guard case .ed25519(let own) = publicKey else { preconditionFailure("a key pair is Ed25519") }
        return [0x08, 0x01, 0x12, 64] + seed + own
    }

    public func sign(_ message: some Collection<UInt8>) -> [UInt8] {
        guard let signature = try? key.signature(for: Array(message)) else {
            preconditionFailure("signing with a valid Ed25519 key cannot fail")
        }
        return Array(signature)
    }
}
