import WeftFormats
import WeftModel

/// The Merkle tree as RFC 9162 §2.1 defines it, recursively and over all leaves: what the fast one is compared with.
enum PlainTree {
    static func root(_ leaves: ArraySlice<Digest>) -> Digest {
        switch leaves.count {
        case 0: return MerkleHash.empty
        case 1: return leaves.first!
        default:
            let middle = leaves.startIndex + split(leaves.count)
            return MerkleHash.node(root(leaves[..<middle]), root(leaves[middle...]))
        }
    }

    /// `PATH` of §2.1.3.1.
    static func inclusion(_ index: Int, _ leaves: ArraySlice<Digest>) -> [Digest] {
        guard leaves.count > 1 else { return [] }
        let half = split(leaves.count)
        let (left, right) = (leaves.prefix(half), leaves.dropFirst(half))
        return index < half
            ? inclusion(index, left) + [root(right)] : inclusion(index - half, right) + [root(left)]
    }

    /// `SUBPROOF` of §2.1.4.1.
    static func consistency(_ old: Int, _ leaves: ArraySlice<Digest>, isWhole: Bool = true) -> [Digest] {
        guard old < leaves.count else { return isWhole ? [] : [root(leaves)] }
        let half = split(leaves.count)
        let (left, right) = (leaves.prefix(half), leaves.dropFirst(half))
        return old <= half
            ? consistency(old, left, isWhole: isWhole) + [root(right)]
            : consistency(old - half, right, isWhole: false) + [root(left)]
    }

    private static func split(_ count: Int) -> Int {
        var half = 1
        while half * 2 < count { half *= 2 }
        return half
    }
}

/// Different leaves from numbers.
func leafHash(_ number: Int) -> Digest { MerkleHash.leaf(Array("entry \(number)".utf8)) }

/// All perfect subtrees of a log, by way of its frontier.
struct StoredTree {
    var hashes: [MerkleSubtree: Digest] = [:]
    /// By size.
    var roots: [Digest] = []

    init(leaves: [Digest]) {
        var frontier = MerkleFrontier()
        roots.append(frontier.root)
        for leaf in leaves {
            frontier.append(leaf) { hashes[$0] = $1 }
            roots.append(frontier.root)
        }
    }

    func inclusion(_ index: Int, _ size: Int) -> [Digest] {
        MerkleTree.inclusionPath(index: UInt64(index), size: UInt64(size)) { hashes[$0]! }
    }

    func consistency(_ old: Int, _ new: Int) -> [Digest] {
        MerkleTree.consistencyPath(from: UInt64(old), to: UInt64(new)) { hashes[$0]! }
    }
}

extension Digest {
    var flipped: Digest {
        var bytes = bytes
        bytes[7] ^= 0x10
        return Digest(bytes: bytes)!
    }
}
