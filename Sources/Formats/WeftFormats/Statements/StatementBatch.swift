package import WeftModel

/// Signs many statements with one signature, so that each can be proven alone.
///
/// The statements are the leaves of a Merkle tree as RFC 9162 §2.1.1 defines it (SHA-256, `0x00` before a leaf, `0x01`
/// before an inner node); what is signed is the tree's head, see ``head(_:count:)``. A signature costs fifty times as
/// much as a hash, so a busy worker signs what has gathered at once, and its coordinator verifies at once.
package enum StatementBatch {
    /// The most statements under one signature: a proof then has five digests.
    package static let maxCount = 32

    /// One proof for each statement, in order, which ``StatementProof`` reads.
    ///
    /// - Precondition: 1 to ``maxCount`` statements.
    package static func sign(_ statements: [[UInt8]], by identity: SigningIdentity) -> [StatementProof] {
        precondition((1...maxCount).contains(statements.count), "a batch has 1 to \(maxCount) statements")
        var levels = [statements.map(MerkleHash.leaf)]
        // An odd node at the end of a level moves up as it is: the same tree as the RFC's recursive split.
        while levels[levels.count - 1].count > 1 {
            let below = levels[levels.count - 1]
            levels.append(
                stride(from: 0, to: below.count, by: 2).map { left in
                    left + 1 < below.count ? MerkleHash.node(below[left], below[left + 1]) : below[left]
                })
        }
        let signature = identity.sign(head(levels[levels.count - 1][0], count: statements.count))
        return statements.indices.map { index in
            var path: [Digest] = []
            var position = index
            for level in levels.dropLast() {
                let sibling = position ^ 1
                if sibling < level.count { path.append(level[sibling]) }
                position /= 2
            }
            return StatementProof(
                signature: signature, count: UInt32(statements.count), index: UInt32(index), path: path)
        }
    }

    /// What is signed: domain `weft-batch-1`, the number of statements, the tree's root.
    static func head(_ root: Digest, count: Int) -> [UInt8] {
        var statement = StatementBytes(domain: "weft-batch-1")
        statement.append(UInt64(count))
        statement.append(root)
        return statement.bytes
    }
}

/// That a statement is one of those that a key signed together.
package struct StatementProof: Hashable, Sendable {
    /// Ed25519 over ``StatementBatch/head(_:count:)``, 64 bytes.
    package var signature: [UInt8]
    /// How many statements were signed.
    package var count: UInt32
    /// Which of them this is, from 0.
    package var index: UInt32
    /// From the leaf's sibling up.
    package var path: [Digest]

    package init(signature: [UInt8], count: UInt32, index: UInt32, path: [Digest]) {
        self.signature = signature
        self.count = count
        self.index = index
        self.path = path
    }

    /// The largest number of bytes that a proof may have.
    package static let maxBytes = 72 + 32 * 16

    /// Signature, count and index (4 bytes each, big-endian), path.
    package var bytes: [UInt8] {
        var bytes = signature
        bytes.reserveCapacity(72 + 32 * path.count)
        for number in [count, index] { withUnsafeBytes(of: number.bigEndian) { bytes += $0 } }
        for digest in path { bytes += digest.bytes }
        return bytes
    }

    /// Whether some proof has so many bytes.
    package static func canHave(byteCount: Int) -> Bool {
        byteCount >= 72 && byteCount <= maxBytes && (byteCount - 72) % 32 == 0
    }

    /// nil unless `bytes` have the form of ``bytes``, with at most 16 digests.
    package init?(bytes: [UInt8]) {
        guard Self.canHave(byteCount: bytes.count) else { return nil }
        func number(at start: Int) -> UInt32 { bytes[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        signature = Array(bytes[..<64])
        count = number(at: 64)
        index = number(at: 68)
        path = []
        for start in stride(from: 72, to: bytes.count, by: 32) {
            guard let digest = Digest(bytes: bytes[start..<start + 32]) else { return nil }
            path.append(digest)
        }
    }

    /// The root that the statement's leaf and the path give (RFC 9162 §2.1.3.2); nil when the path does not fit a tree
    /// of this size.
    ///
    /// - Parameter node: ``MerkleHash/node(_:_:)``, or what remembers what that gave.
    package func root(over statement: [UInt8], node: (Digest, Digest) -> Digest = MerkleHash.node) -> Digest? {
        MerkleTree.root(
            leaf: MerkleHash.leaf(statement), index: UInt64(index), size: UInt64(count), path: path, node: node)
    }
}

/// Verifies proofs, and remembers the last heads that it found signed and the nodes below them: the statements of one batch come
/// together, and cost one verification of a signature and one tree between them.
package struct ProofVerifier: Sendable {
    private struct Head: Hashable, Sendable {
        var root: Digest
        var count: UInt32
        var signature: [UInt8]
    }

    private static let remembered = 64

    /// Two neighbours of a tree.
    private struct Neighbours: Hashable, Sendable { var left: Digest, right: Digest }

    /// Those of two full batches.
    private static let rememberedNodes = 64

    private let identity: PublicIdentity
    private var heads: Set<Head> = []
    private var order: [Head] = []
    private var oldest = 0
    private var nodes: [Neighbours: Digest] = [:]

    package init(of identity: PublicIdentity) { self.identity = identity }

    /// Whether `proof` shows that the key signed `statement`.
    package mutating func verify(_ proof: [UInt8], over statement: [UInt8]) -> Bool {
        guard let proof = StatementProof(bytes: proof), let root = proof.root(over: statement, node: { node($0, $1) })
        else { return false }
        let head = Head(root: root, count: proof.count, signature: proof.signature)
        if heads.contains(head) { return true }
        guard
            identity.verify(
                signature: proof.signature, over: StatementBatch.head(root, count: Int(proof.count)))
        else { return false }
        heads.insert(head)
        if order.count < Self.remembered {
            order.append(head)
        } else {
            heads.remove(order[oldest])
            order[oldest] = head
            oldest = (oldest + 1) % Self.remembered
        }
        return true
    }

    private mutating func node(_ left: Digest, _ right: Digest) -> Digest {
        let neighbours = Neighbours(left: left, right: right)
        if let known = nodes[neighbours] { return known }
        if nodes.count >= Self.rememberedNodes { nodes.removeAll(keepingCapacity: true) }
        let node = MerkleHash.node(left, right)
        nodes[neighbours] = node
        return node
    }
}

extension SigningIdentity {
    /// The bytes of a ``StatementProof`` for a statement that is signed alone.
    package func prove(_ statement: some Statement) -> [UInt8] {
        StatementBatch.sign([statement.bytes], by: self)[0].bytes
    }
}

extension PublicIdentity {
    /// Whether `proof` shows that this key signed `statement`. For many statements use a ``ProofVerifier``.
    package func verify(proof: [UInt8], over statement: some Statement) -> Bool {
        var verifier = ProofVerifier(of: self)
        return verifier.verify(proof, over: statement.bytes)
    }
}
