package import WeftModel

/// The Merkle tree of a log (RFC 9162 §2.1), of which only the hashes of perfect subtrees are kept.
///
/// Every function asks `hash` for few of them: at most (log₂ n)² for a tree of n leaves.
package enum MerkleTree {
    /// The most leaves. Every number of a proof is then exact in any reader of JSON, and no path is longer than
    /// ``maxPath``.
    package static let maxSize: UInt64 = 1 << 48
    /// The most digests that the proof of anything has.
    package static let maxPath = 49

    /// The root of the first `size` leaves.
    ///
    /// - Throws: what `hash` throws.
    package static func root<Failure: Error>(
        size: UInt64, hash: (MerkleSubtree) throws(Failure) -> Digest
    ) throws(Failure) -> Digest {
        guard size > 0 else { return MerkleHash.empty }
        return try self.hash(first: 0, count: size, hash)
    }

    /// That leaf `index` is one of the first `size`: from the leaf's sibling up (§2.1.3.1).
    ///
    /// - Precondition: `index < size`.
    /// - Throws: what `hash` throws.
    package static func inclusionPath<Failure: Error>(
        index: UInt64, size: UInt64, hash: (MerkleSubtree) throws(Failure) -> Digest
    ) throws(Failure) -> [Digest] {
        precondition(index < size, "a leaf of the tree")
        var path: [Digest] = []
        var (first, count) = (0 as UInt64, size)
        while count > 1 {
            let left = split(count)
            if index - first < left {
                path.append(try self.hash(first: first + left, count: count - left, hash))
                count = left
            } else {
                path.append(try self.hash(first: first, count: left, hash))
                first += left
                count -= left
            }
        }
        return path.reversed()
    }

    /// That the first `old` leaves of the first `new` are the ones that they were when there were no more (§2.1.4.1).
    /// Empty where there is nothing to show: for `old` 0, and for `old == new`.
    ///
    /// - Precondition: `old <= new`.
    /// - Throws: what `hash` throws.
    package static func consistencyPath<Failure: Error>(
        from old: UInt64, to new: UInt64, hash: (MerkleSubtree) throws(Failure) -> Digest
    ) throws(Failure) -> [Digest] {
        precondition(old <= new, "a log does not shrink")
        guard old > 0 else { return [] }
        var path: [Digest] = []
        var (first, count) = (0 as UInt64, new)
        while old - first < count {
            let left = split(count)
            if old - first <= left {
                path.append(try self.hash(first: first + left, count: count - left, hash))
                count = left
            } else {
                path.append(try self.hash(first: first, count: left, hash))
                first += left
                count -= left
            }
        }
        // What is left ends where the old tree ended. As its first part it is the old tree, whose root is known.
        if first > 0 { path.append(try self.hash(first: first, count: count, hash)) }
        return path.reversed()
    }

    /// The largest power of two below `count`, which is at least 2.
    private static func split(_ count: UInt64) -> UInt64 { 1 << UInt64(63 - (count - 1).leadingZeroBitCount) }

    /// The hash of a part of the tree, which is perfect or at the tree's right edge.
    private static func hash<Failure: Error>(
        first: UInt64, count: UInt64, _ hash: (MerkleSubtree) throws(Failure) -> Digest
    ) throws(Failure) -> Digest {
        var result: Digest?
        for subtree in MerkleSubtree.covering(first: first, count: count).reversed() {
            let digest = try hash(subtree)
            result = result.map { MerkleHash.node(digest, $0) } ?? digest
        }
        guard let result else { preconditionFailure("a part of a tree has leaves") }
        return result
    }
}
