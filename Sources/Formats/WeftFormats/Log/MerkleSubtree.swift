/// A perfect subtree of a Merkle tree: 2^`level` leaves, the first of which has the number `index` · 2^`level`.
///
/// Its hash never changes once its leaves are there, whatever comes after them.
package struct MerkleSubtree: Hashable, Sendable {
    /// 0 for a leaf.
    package var level: Int
    /// Which of the level's subtrees, from 0.
    package var index: UInt64

    package init(level: Int, index: UInt64) {
        self.level = level
        self.index = index
    }

    /// The perfect subtrees that `count` leaves from `first` on fall into, left to right and ever smaller.
    ///
    /// - Precondition: `first` is a multiple of a power of two that is not below `count`, as it is of every part of a
    ///   tree that has a hash (RFC 9162 §2.1.1).
    static func covering(first: UInt64, count: UInt64) -> [MerkleSubtree] {
        var subtrees: [MerkleSubtree] = []
        var (first, count) = (first, count)
        while count > 0 {
            let level = 63 - count.leadingZeroBitCount
            subtrees.append(MerkleSubtree(level: level, index: first >> UInt64(level)))
            first += 1 << UInt64(level)
            count -= 1 << UInt64(level)
        }
        return subtrees
    }
}
