import Testing
import WeftFormats
import WeftModel

/// Every proof of every tree of up to 130 leaves, true and spoilt.
@Suite struct MerkleTreeTests {
    private static let count = 130
    private static let leaves = (0..<count).map(leafHash)
    private static let tree = StoredTree(leaves: leaves)
    private let leaves = Self.leaves
    private let tree = Self.tree

    @Test func rootsAreTheDefinitions() {
        for size in 0...Self.count {
            #expect(tree.roots[size] == PlainTree.root(leaves[..<size]))
            #expect(tree.roots[size] == MerkleTree.root(size: UInt64(size)) { tree.hashes[$0]! })
        }
    }

    /// Spoilt in every place: a hash flipped, dropped, put in, or two exchanged.
    private func spoilt(_ path: [Digest]) -> [[Digest]] {
        var paths: [[Digest]] = []
        for place in path.indices {
            var flipped = path
            flipped[place] = path[place].flipped
            var shorter = path
            shorter.remove(at: place)
            paths += [flipped, shorter]
            if place > 0 {
                var exchanged = path
                exchanged.swapAt(place - 1, place)
                paths.append(exchanged)
            }
        }
        for place in 0...path.count {
            var longer = path
            longer.insert(leaves[0].flipped, at: place)
            paths.append(longer)
        }
        return paths
    }

    @Test(arguments: 1...count) func everyLeafIsProvenAndNothingElse(size: Int) {
        var wrong: [String] = []
        func root(_ leaf: Digest, _ index: Int, _ size: Int, _ path: [Digest]) -> Digest? {
            MerkleTree.root(leaf: leaf, index: UInt64(index), size: UInt64(size), path: path)
        }
        for index in 0..<size {
            let path = tree.inclusion(index, size)
            // The definition costs too much for each: it is asked for some of the sizes.
            if size < 40 || size % 16 < 3, path != PlainTree.inclusion(index, leaves[..<size]) {
                wrong.append("\(index) of \(size): another path than the definition's")
            }
            let whole = tree.roots[size]
            if root(leaves[index], index, size, path) != whole { wrong.append("\(index) of \(size) is not proven") }
            if root(leaves[index].flipped, index, size, path) == whole { wrong.append("\(index): another leaf") }
            for bad in spoilt(path) where root(leaves[index], index, size, bad) == whole {
                wrong.append("\(index) of \(size): proven by a spoilt path")
            }
            for other in [index - 1, index + 1, index ^ 2, index ^ 64, size - 1 - index]
            where other >= 0 && other != index {
                if root(leaves[index], other, size, path) == whole { wrong.append("\(index) is proven as \(other)") }
            }
            for other in [size - 1, size + 1, size * 2] where other > 0 && other <= Self.count {
                if root(leaves[index], index, other, path) == tree.roots[other] {
                    wrong.append("\(index) of \(size) is proven for \(other)")
                }
            }
        }
        #expect(wrong == [])
    }

    @Test(arguments: 0...count) func everyPastIsProvenAndNothingElse(new: Int) {
        var wrong: [String] = []
        func holds(_ old: Int, _ oldRoot: Digest, _ new: Int, _ newRoot: Digest, _ path: [Digest]) -> Bool {
            MerkleTree.isConsistent(
                old: UInt64(old), oldRoot: oldRoot, new: UInt64(new), newRoot: newRoot, path: path)
        }
        for old in 0...new {
            let path = tree.consistency(old, new)
            if old > 0, new < 40 || new % 16 < 3, path != PlainTree.consistency(old, leaves[..<new]) {
                wrong.append("\(old) of \(new): another path than the definition's")
            }
            let (oldRoot, newRoot) = (tree.roots[old], tree.roots[new])
            if !holds(old, oldRoot, new, newRoot, path) { wrong.append("\(old) of \(new) is not proven") }
            if holds(old, oldRoot.flipped, new, newRoot, path) { wrong.append("\(old) of \(new): another past") }
            // A log that was empty proves nothing of what it is now.
            if old > 0, holds(old, oldRoot, new, newRoot.flipped, path) { wrong.append("\(old) of \(new): another") }
            for bad in spoilt(path) where holds(old, oldRoot, new, newRoot, bad) {
                wrong.append("\(old) of \(new): proven by a spoilt path")
            }
            for other in [old - 1, old + 1] where other > 0 && other <= new && old > 0 {
                if holds(other, oldRoot, new, newRoot, path) { wrong.append("\(old) of \(new) is proven as \(other)") }
            }
            for other in [new - 1, new + 1] where other > old && other <= Self.count && old > 0 {
                if holds(old, oldRoot, other, tree.roots[other], path) {
                    wrong.append("\(old) of \(new) is proven for \(other)")
                }
            }
            if old < new, holds(new, newRoot, old, oldRoot, path) { wrong.append("\(new) shrinks to \(old)") }
        }
        #expect(wrong == [])
    }

    @Test func theLargestLogHasPathsOfTheLargestLength() {
        let size = MerkleTree.maxSize
        let path = MerkleTree.inclusionPath(index: size - 1, size: size) { _ in leaves[0] }
        #expect(path.count == 48)
        let past = MerkleTree.consistencyPath(from: size - 1, to: size) { _ in leaves[0] }
        #expect(past.count <= MerkleTree.maxPath)
        let other = MerkleTree.consistencyPath(from: size / 2 + 1, to: size) { _ in leaves[0] }
        #expect(other.count == MerkleTree.maxPath)
    }
}
