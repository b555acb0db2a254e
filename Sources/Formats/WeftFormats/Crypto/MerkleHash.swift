package import WeftModel

/// Hashes of a Merkle tree: RFC 9162 §2.1.1, with SHA-256.
package enum MerkleHash {
    /// The root of the tree without leaves: the hash of nothing.
    package static let empty = Hashing.sha256([])

    /// `0x00` before the leaf's bytes.
    package static func leaf(_ bytes: [UInt8]) -> Digest {
        var hash = leafPrefix
        hash.update(bytes)
        return hash.finalize()
    }

    /// `0x01` before the two digests.
    package static func node(_ left: Digest, _ right: Digest) -> Digest {
        var hash = nodePrefix
        hash.update(left)
        hash.update(right)
        return hash.finalize()
    }

    private static let leafPrefix = begun(with: 0)
    private static let nodePrefix = begun(with: 1)

    private static func begun(with byte: UInt8) -> SHA256Stream {
        var hash = SHA256Stream()
        hash.update([byte])
        return hash
    }
}
