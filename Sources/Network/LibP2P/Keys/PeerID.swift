import Crypto

/// Who a peer is: the multihash of its public key (libp2p specification "Peer Ids").
public struct PeerID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// An encoded key of at most so many bytes is in the id as it is; the SHA-256 stands for longer ones.
    static let greatestInlineKeyLength = 42

    /// The bytes of the multihash.
    public let bytes: [UInt8]

    public init(publicKey: PublicKey) {
        let encoded = publicKey.encoded
        bytes =
            encoded.count <= Self.greatestInlineKeyLength
            ? [UInt8(Multihash.identity), UInt8(encoded.count)] + encoded
            : Multihash(sha256Of: encoded).bytes
    }

    /// - Throws: `MultiformatError` when the bytes are not a multihash that a key can have.
    public init(bytes: some Sequence<UInt8>) throws(MultiformatError) {
        try self.init(multihash: try Multihash(bytes: bytes))
    }

    /// Reads `12D3…` and `Qm…` (base58btc), or a CID with the codec `libp2p-key` in any base.
    public init(parsing text: some StringProtocol) throws(MultiformatError) {
        if text.hasPrefix("1") || text.hasPrefix("Qm") {
            try self.init(bytes: try Base58.decode(text))
        } else {
            let name = try CID(bytes: try Multibase.decode(text).bytes)
            guard name.codec == CID.libp2pKey else { throw .unknown("a CID that is not of a key") }
            try self.init(multihash: name.multihash)
        }
    }

    private init(multihash: Multihash) throws(MultiformatError) {
        switch multihash.function {
        case Multihash.identity:
            guard multihash.digest.count <= Self.greatestInlineKeyLength else {
                throw .tooLong(limit: Self.greatestInlineKeyLength)
            }
            guard !multihash.digest.isEmpty else { throw .wrongLength("a peer id without a key") }
        case Multihash.sha256: break
        default: throw .unknown("a digest that peer ids do not have")
        }
        bytes = multihash.bytes
    }

    /// The key, when it is short enough to be in the id itself (Ed25519 and secp256k1).
    public var publicKey: PublicKey? {
        guard bytes[0] == UInt8(Multihash.identity) else { return nil }
        return try? PublicKey(encoded: Array(bytes.dropFirst(2)))
    }

    /// base58btc, as in `12D3KooW…`.
    public var description: String { Base58.encode(bytes) }

    /// As a CID in base 32, as in `bafz…`.
    public var cid: CID {
        guard let multihash = try? Multihash(bytes: bytes) else { preconditionFailure("a peer id is a multihash") }
        return CID(codec: CID.libp2pKey, multihash: multihash)
    }

    /// By their bytes; only so that there is an order.
    public static func < (one: PeerID, other: PeerID) -> Bool { one.bytes.lexicographicallyPrecedes(other.bytes) }
}
