import Crypto
public import LibP2P

/// A place in the space of keys: 256 bits, as four words with the most significant first.
///
/// Peers and what is looked for are placed by their SHA-256, and how far two places are apart is their exclusive or
/// (kad-dht specification, "Distance").
public struct KademliaKey: Sendable, Hashable {
    package static let bitCount = 256

    package var words: (UInt64, UInt64, UInt64, UInt64)

    package init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// Where these bytes are placed: a peer id, a multihash, or the key of a value.
    public init(hashing bytes: some Collection<UInt8>) {
        var hash = SHA256()
        if bytes.withContiguousStorageIfAvailable({ hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }) == nil {
            hash.update(data: Array(bytes))
        }
        self.init(digest: hash.finalize())
    }

    /// Where a peer is placed.
    public init(of peer: PeerID) { self.init(hashing: peer.bytes) }

    private init(digest: SHA256Digest) {
        words = digest.withUnsafeBytes { bytes in
            func word(_ index: Int) -> UInt64 {
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
            }
            return (word(0), word(1), word(2), word(3))
        }
    }

    /// How far two places are apart.
    package func distance(to other: KademliaKey) -> KademliaKey {
        KademliaKey(
            words: (
                words.0 ^ other.words.0, words.1 ^ other.words.1, words.2 ^ other.words.2, words.3 ^ other.words.3
            ))
    }

    /// How many leading bits two places share: 0 ... 256.
    package func commonPrefixLength(with other: KademliaKey) -> Int {
        let apart = distance(to: other).words
        if apart.0 != 0 { return apart.0.leadingZeroBitCount }
        if apart.1 != 0 { return 64 + apart.1.leadingZeroBitCount }
        if apart.2 != 0 { return 128 + apart.2.leadingZeroBitCount }
        return 192 + apart.3.leadingZeroBitCount
    }

    public static func == (left: KademliaKey, right: KademliaKey) -> Bool { left.words == right.words }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

extension KademliaKey: Comparable {
    public static func < (left: KademliaKey, right: KademliaKey) -> Bool { left.words < right.words }
}

extension KademliaKey {
    /// Bytes whose place shares exactly `prefixLength` bits with this one, found by trying random ones.
    ///
    /// Peers place what is asked for by its hash, so that a place can only be asked for by bytes that hash to it. About
    /// 2^(prefixLength + 1) tries are needed; past `maxTries` the answer is nil.
    package func preimage(
        sharing prefixLength: Int, maxTries: Int, using random: inout some RandomNumberGenerator
    ) -> [UInt8]? {
        for _ in 0..<maxTries {
            let bytes = (0..<4).flatMap { _ in
                withUnsafeBytes(of: random.next(), Array.init)
            }
            if KademliaKey(hashing: bytes).commonPrefixLength(with: self) == prefixLength { return bytes }
        }
        return nil
    }
}
