package import WeftModel

/// Hashes of a Merkle tree: RFC 9162 §2.1.1, with SHA-256.
package enum MerkleHash {
    /// The root of the tree without leaves: the hash of nothing.
    package static let empty = Hashing.sha256([])

    /// `0x00` before the leaf's bytes.
    package static func leaf(_ bytes: [UInt8]) -> Digest {
        var hash = SHA256Stream()
        hash.update(CollectionOfOne(0 as UInt8))
        hash.update(bytes)
        return hash.finalize()
    }

    /// `0x01` before the two digests.
    package static func node(_ left: Digest, _ right: Digest) -> Digest {
        var bytes: [UInt8] = [1]
        bytes.reserveCapacity(65)
        bytes += left.bytes
        bytes += right.bytes
        return Hashing.sha256(bytes)
    }
}
