package import WeftModel

/// That a receipt is an entry of a coordinator's log. See docs/log.md for the file.
package struct InclusionProof: Hashable, Sendable {
    /// Which entry, from 0; below the head's size.
    package var index: UInt64
    package var head: SignedTreeHead
    /// See ``MerkleTree/inclusionPath(index:size:hash:)``.
    package var path: [Digest]
    /// The positions of those of the receipt's results that came when the task had ended, ascending. They are not part
    /// of the entry: see ``LogEntry/late(in:)``.
    package var late: [Int]

    package init(index: UInt64, head: SignedTreeHead, path: [Digest], late: [Int] = []) {
        self.index = index
        self.head = head
        self.path = path
        self.late = late
    }

    /// The file: canonical JSON.
    package var bytes: [UInt8] { Self.bytes(index: index, head: head.envelope, path: path, late: late) }

    private static func bytes(index: UInt64, head: Envelope, path: [Digest], late: [Int]) -> [UInt8] {
        CanonicalJSON.encode([
            "version": .integer(LogDocument.version),
            "index": .integer(Int64(index)),
            "head": head.document,
            "path": LogDocument.document(path),
            "late": .array(late.map { .integer(Int64($0)) }),
        ])
    }

    /// Reads a file, and checks its head. Whether it proves anything, ``verify(_:)`` says.
    ///
    /// - Throws: ``LogError`` with check `format`, `coordinator` or `coordinator signature`.
    package init(verifying bytes: [UInt8], expectedCoordinator: NodeID?) throws(LogError) {
        let document = try LogDocument.parse(bytes, "the proof", limits: LogDocument.proofLimits)
        guard document["version"] == .integer(LogDocument.version), document["head"] != nil else {
            throw LogError(.format, "this is not an inclusion proof of version \(LogDocument.version)")
        }
        index = try LogDocument.number(document["index"], "index")
        path = try LogDocument.path(document["path"])
        late = try Self.late(document["late"])
        let envelope = try LogDocument.envelope(document["head"])
        guard Self.bytes(index: index, head: envelope, path: path, late: late) == bytes else {
            throw LogError(.format, "the proof has other members or another spelling than docs/log.md says")
        }
        head = try SignedTreeHead(verifying: envelope, expectedCoordinator: expectedCoordinator)
    }

    /// Checks that the receipt, whose own checks it has passed, is the entry ``index`` of the head's log.
    ///
    /// - Throws: ``LogError`` with check `coordinator` or `inclusion`.
    package func verify(_ verified: VerifiedReceipt) throws(LogError) {
        let receipt = verified.receipt
        guard receipt.coordinator == head.head.coordinator else {
            throw LogError(
                .coordinator, "the receipt is of \(receipt.coordinator), the log of \(head.head.coordinator)")
        }
        if !late.isEmpty { try checkLate(in: receipt) }
        try verify(leaf: LogEntry(receipt, without: late).leafHash)
    }

    /// Checks that the entry with this hash is the entry ``index`` of the head's log.
    ///
    /// - Throws: ``LogError`` with check `inclusion`.
    package func verify(leaf: Digest) throws(LogError) {
        let (size, root) = (head.head.size, head.head.root)
        guard MerkleTree.root(leaf: leaf, index: index, size: size, path: path) == root else {
            throw LogError(.inclusion, "it is not entry \(index) of the \(size) entries with the root \(root)")
        }
    }

    /// Answers come late only where others have agreed: those alone must be the quorum. Or a coordinator could log a
    /// verdict first and look for answers to it afterwards.
    private func checkLate(in receipt: Receipt) throws(LogError) {
        guard receipt.verdict == .agreed, late.allSatisfy({ $0 < receipt.results.count }) else {
            throw LogError(.inclusion, "the receipt has no such late results")
        }
        let quorum = receipt.spec.verification.quorum
        let logged = receipt.results.enumerated().filter { !late.contains($0.offset) }
        guard logged.count(where: { receipt.supports($0.element.answer) }) >= quorum else {
            throw LogError(.inclusion, "without the late results there is no quorum of \(quorum)")
        }
    }

    private static func late(_ document: Document?) throws(LogError) -> [Int] {
        guard let elements = document?.elements, elements.count <= LogDocument.maxLate else {
            throw LogError(.format, "late is not a list of at most \(LogDocument.maxLate) numbers")
        }
        var late: [Int] = []
        for element in elements {
            guard let position = element.integer.flatMap(Int.init(exactly:)), position > late.last ?? -1 else {
                throw LogError(.format, "late is not a list of ascending numbers from 0 on")
            }
            late.append(position)
        }
        return late
    }
}
