package import WeftModel

extension MerkleTree {
    /// The root that a leaf's hash and its path give (RFC 9162 §2.1.3.2).
    ///
    /// - Parameter node: ``MerkleHash/node(_:_:)``, or what remembers what that gave.
    /// - Returns: nil when no tree of this size has such a leaf, or paths of this length.
    package static func root(
        leaf: Digest, index: UInt64, size: UInt64, path: [Digest],
        node hash: (Digest, Digest) -> Digest = MerkleHash.node
    ) -> Digest? {
        guard index < size else { return nil }
        var node = index
        var last = size - 1
        var root = leaf
        for sibling in path {
            guard last > 0 else { return nil }
            if node & 1 == 1 || node == last {
                root = hash(sibling, root)
                while node & 1 == 0, node > 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                root = hash(root, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 ? root : nil
    }

    /// Whether `path` shows that the tree with root `newRoot` begins with the leaves of that with `oldRoot`
    /// (§2.1.4.2).
    package static func isConsistent(
        old: UInt64, oldRoot: Digest, new: UInt64, newRoot: Digest, path: [Digest]
    ) -> Bool {
        guard old <= new else { return false }
        guard new > 0 else { return path.isEmpty && oldRoot == MerkleHash.empty && newRoot == oldRoot }
        guard old > 0 else { return path.isEmpty && oldRoot == MerkleHash.empty }
        guard old < new else { return path.isEmpty && oldRoot == newRoot }
        // A perfect old tree is a part of the new one, so its root begins the path without being sent.
        let siblings = old & (old - 1) == 0 ? [oldRoot] + path : path
        guard !path.isEmpty, let start = siblings.first else { return false }
        let shift = UInt64((old - 1).trailingOneBitCount)
        var node = (old - 1) >> shift
        var last = (new - 1) >> shift
        var (oldSide, newSide) = (start, start)
        for sibling in siblings.dropFirst() {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                oldSide = MerkleHash.node(sibling, oldSide)
                newSide = MerkleHash.node(sibling, newSide)
                while node & 1 == 0, node > 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                newSide = MerkleHash.node(newSide, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && oldSide == oldRoot && newSide == newRoot
    }
}

extension FixedWidthInteger {
    fileprivate var trailingOneBitCount: Int { (~self).trailingZeroBitCount }
}
