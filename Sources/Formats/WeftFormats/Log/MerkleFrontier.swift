package import WeftModel

/// What of a Merkle tree is needed to let it grow, and its root: the hashes of the perfect subtrees that its leaves fall
/// into, one for each bit that is set in their number.
package struct MerkleFrontier: Hashable, Sendable {
    /// How many leaves there are.
    package private(set) var size: UInt64
    /// Left to right, so the largest first.
    private var hashes: [Digest]

    /// The tree without leaves.
    package init() {
        size = 0
        hashes = []
    }

    /// The tree of the first `size` leaves.
    ///
    /// - Throws: what `hash` throws.
    package init<Failure: Error>(
        size: UInt64, hash: (MerkleSubtree) throws(Failure) -> Digest
    ) throws(Failure) {
        self.size = size
        hashes = []
        for subtree in MerkleSubtree.covering(first: 0, count: size) { hashes.append(try hash(subtree)) }
    }

    package var root: Digest {
        guard var root = hashes.last else { return MerkleHash.empty }
        for left in hashes.dropLast().reversed() { root = MerkleHash.node(left, root) }
        return root
    }

    /// Adds a leaf. `complete` hears of every perfect subtree that ends with it, upwards: the leaf itself first.
    ///
    /// - Precondition: there are fewer than ``MerkleTree/maxSize`` leaves.
    package mutating func append(_ leaf: Digest, complete: (MerkleSubtree, Digest) -> Void = { _, _ in }) {
        precondition(size < MerkleTree.maxSize, "a log has at most 2^48 entries")
        var subtree = MerkleSubtree(level: 0, index: size)
        var digest = leaf
        complete(subtree, digest)
        while subtree.index & 1 == 1 {
            digest = MerkleHash.node(hashes.removeLast(), digest)
            subtree = MerkleSubtree(level: subtree.level + 1, index: subtree.index >> 1)
            complete(subtree, digest)
        }
        hashes.append(digest)
        size += 1
    }
}
