import Crypto
package import WeftModel

/// The secret half of a machine's identity: an Ed25519 key that signs in its name.
package struct SigningIdentity: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    package let publicIdentity: PublicIdentity

    /// A new key from the system's random source.
    package init() { self.init(key: Curve25519.Signing.PrivateKey()) }

    /// The key of a 32-byte seed (RFC 8032's private key); nil for any other number of bytes.
    package init?(seed: [UInt8]) {
        guard seed.count == 32, let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            return nil
        }
        self.init(key: key)
    }

    private init(key: Curve25519.Signing.PrivateKey) {
        self.key = key
        guard let publicIdentity = PublicIdentity(keyBytes: Array(key.publicKey.rawRepresentation)) else {
            preconditionFailure("an Ed25519 public key has 32 bytes")
        }
        self.publicIdentity = publicIdentity
    }

    package var nodeID: NodeID { publicIdentity.nodeID }

    /// The 32 secret bytes. Only for the key file, and for the same key in the network of peers.
    package var seed: [UInt8] { Array(key.rawRepresentation) }

    /// 64 bytes. On Linux the same for the same bytes (RFC 8032); Apple's CryptoKit adds randomness.
    package func sign(_ bytes: [UInt8]) -> [UInt8] {
        do {
            return Array(try key.signature(for: bytes))
        } catch {
            preconditionFailure("signing with a valid key in memory cannot fail: \(error)")
        }
    }

    package func sign(_ statement: some Statement) -> [UInt8] { sign(statement.bytes) }
}

/// The public half of a machine's identity.
package struct PublicIdentity: Hashable, Sendable {
    /// The 32 bytes of the Ed25519 public key.
    package let keyBytes: [UInt8]

    /// nil unless there are 32 bytes.
    package init?(keyBytes: [UInt8]) {
        guard keyBytes.count == 32 else { return nil }
        self.keyBytes = keyBytes
    }

    /// An identity multihash of 36 bytes: a protobuf message with the key's type (1, Ed25519) and the 32 key bytes
    /// (libp2p's peer id specification).
    private static let peerIDPrefix: [UInt8] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20]

    /// The libp2p peer id.
    package var nodeID: NodeID { NodeID(Base58.encode(Self.peerIDPrefix + keyBytes)) }

    /// nil unless `nodeID` is the peer id of an Ed25519 key.
    package init?(nodeID: NodeID) {
        guard let bytes = Base58.decode(nodeID.text), bytes.starts(with: Self.peerIDPrefix) else { return nil }
        self.init(keyBytes: Array(bytes.dropFirst(Self.peerIDPrefix.count)))
    }

    /// Whether `signature` is this key's over exactly `bytes`. False, too, for signatures and keys that are malformed.
    package func verify(signature: [UInt8], over bytes: [UInt8]) -> Bool {
        guard signature.count == 64, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: keyBytes) else {
            return false
        }
        return key.isValidSignature(signature, for: bytes)
    }

    package func verify(signature: [UInt8], over statement: some Statement) -> Bool {
        verify(signature: signature, over: statement.bytes)
    }
}

extension NodeID {
    /// The key that this id names; nil if it is not the peer id of an Ed25519 key.
    package var publicKey: PublicIdentity? { PublicIdentity(nodeID: self) }
}
