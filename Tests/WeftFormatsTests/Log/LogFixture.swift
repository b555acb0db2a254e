import WeftFormats
import WeftModel

/// A coordinator's log with the entry of one receipt among others, from fixed seeds.
struct LogFixture {
    let receipts = ReceiptFixture()
    /// The entry's place.
    let index = 5
    /// The entries' hashes.
    private(set) var leaves: [Digest] = (0..<11).map(leafHash)

    init() { leaves[index] = LogEntry(receipt).leafHash }

    var coordinator: SigningIdentity { receipts.coordinator }
    var verified: VerifiedReceipt { try! receipts.verify(receipts.honest) }
    var receipt: Receipt { verified.receipt }

    func root(_ leaves: some Sequence<Digest>) -> Digest {
        var frontier = MerkleFrontier()
        for leaf in leaves { frontier.append(leaf) }
        return frontier.root
    }

    func head(
        _ leaves: some Collection<Digest>, size: Int? = nil, by identity: SigningIdentity? = nil
    ) -> SignedTreeHead {
        let identity = identity ?? coordinator
        return TreeHead(
            coordinator: identity.nodeID, size: UInt64(size ?? leaves.count), root: root(leaves),
            issuedAt: Timestamp(Instant(microseconds: 1_700_000_100_000_000 + Int64(leaves.count)))
        ).signed(by: identity)
    }

    /// The receipt's entry among the first `size`.
    func inclusion(size: Int = 11) -> InclusionProof {
        let tree = StoredTree(leaves: leaves)
        return InclusionProof(
            index: UInt64(index), head: head(leaves.prefix(size)), path: tree.inclusion(index, size))
    }

    func consistency(from old: Int = 6, to new: Int = 11) -> ConsistencyProof {
        let tree = StoredTree(leaves: leaves)
        return ConsistencyProof(
            from: head(leaves.prefix(old)), to: head(leaves.prefix(new)), path: tree.consistency(old, new))
    }

    /// A receipt to which a node answered when the task had ended, and the proof that it is logged.
    var late: (receipt: [UInt8], proof: InclusionProof) {
        let right = receipts.completion("right")
        let task = receipts.task(.succeeded, .agreed, right)
        let known = [receipts.result(node: 1, right), receipts.result(node: 2, right)]
        let entry = LogEntry(specDigest: receipts.spec.digest, task: task, results: known)
        var leaves = leaves
        leaves[index] = entry.leafHash
        let file = receipts.issue(task, known + [receipts.result(node: 0, receipts.completion("wrong"))])
        let receipt = try! receipts.verify(file).receipt
        let proof = InclusionProof(
            index: UInt64(index), head: head(leaves), path: StoredTree(leaves: leaves).inclusion(index, leaves.count),
            late: entry.late(in: receipt)!)
        return (file, proof)
    }

    /// The check that `body` says has failed; nil when it passes.
    static func failedCheck(_ body: () throws(LogError) -> Void) -> LogError.Check? {
        do throws(LogError) {
            try body()
            return nil
        } catch {
            return error.check
        }
    }
}

/// Every change of one byte by a few others, every byte left out, and one put in everywhere.
func damaged(_ bytes: [UInt8]) -> some Sequence<[UInt8]> {
    bytes.indices.lazy.flatMap { place -> [[UInt8]] in
        let old = bytes[place]
        let values: Set<UInt8> = [old ^ 1, old ^ 0x20, old ^ 0x80, old &+ 1, UInt8(ascii: "A"), UInt8(ascii: " ")]
        var results = values.filter { $0 != old }.map { value in
            var changed = bytes
            changed[place] = value
            return changed
        }
        var changed = bytes
        changed.remove(at: place)
        results.append(changed)
        changed = bytes
        changed.insert(UInt8(ascii: "A"), at: place)
        results.append(changed)
        return results
    }
}
