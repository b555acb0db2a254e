package import WeftModel

/// That a coordinator's log of one head goes on with the log of an earlier one. See docs/log.md for the file.
package struct ConsistencyProof: Hashable, Sendable {
    package var old: SignedTreeHead
    package var new: SignedTreeHead
    /// See ``MerkleTree/consistencyPath(from:to:hash:)``.
    package var path: [Digest]

    package init(from old: SignedTreeHead, to new: SignedTreeHead, path: [Digest]) {
        self.old = old
        self.new = new
        self.path = path
    }

    /// The file: canonical JSON.
    package var bytes: [UInt8] { Self.bytes(old: old.envelope, new: new.envelope, path: path) }

    private static func bytes(old: Envelope, new: Envelope, path: [Digest]) -> [UInt8] {
        CanonicalJSON.encode([
            "version": .integer(LogDocument.version),
            "old": old.document,
            "new": new.document,
            "path": LogDocument.document(path),
        ])
    }

    /// Reads a file, and checks its heads. Whether it proves anything, ``verify(from:)`` says.
    ///
    /// - Throws: ``LogError`` with check `format`, `coordinator` or `coordinator signature`.
    package init(verifying bytes: [UInt8], expectedCoordinator: NodeID?) throws(LogError) {
        let document = try LogDocument.parse(bytes, "the proof", limits: LogDocument.proofLimits)
        guard document["version"] == .integer(LogDocument.version), document["old"] != nil, document["new"] != nil
        else {
            throw LogError(.format, "this is not a consistency proof of version \(LogDocument.version)")
        }
        path = try LogDocument.path(document["path"])
        let old = try LogDocument.envelope(document["old"])
        let new = try LogDocument.envelope(document["new"])
        guard Self.bytes(old: old, new: new, path: path) == bytes else {
            throw LogError(.format, "the proof has other members or another spelling than docs/log.md says")
        }
        self.old = try SignedTreeHead(verifying: old, expectedCoordinator: expectedCoordinator)
        self.new = try SignedTreeHead(verifying: new, expectedCoordinator: expectedCoordinator)
    }

    /// Checks that the new head's log begins with the entries of the old one's.
    ///
    /// - Parameter held: The head that one has kept. It must stand for the same log as the proof's old one; with nil, the
    ///   proof only says that its own two heads belong together.
    /// - Throws: ``LogError`` with check `coordinator`, `size` or `consistency`.
    package func verify(from held: SignedTreeHead?) throws(LogError) {
        guard old.head.coordinator == new.head.coordinator,
            held == nil || held?.head.coordinator == old.head.coordinator
        else { throw LogError(.coordinator, "the heads are of different coordinators") }
        if let held, held.head.size != old.head.size || held.head.root != old.head.root {
            throw LogError(.consistency, "the proof begins with another head than the one that was kept")
        }
        guard old.head.size <= new.head.size else {
            throw LogError(.size, "the log has shrunk from \(old.head.size) to \(new.head.size) entries")
        }
        guard
            MerkleTree.isConsistent(
                old: old.head.size, oldRoot: old.head.root, new: new.head.size, newRoot: new.head.root, path: path)
        else {
            throw LogError(
                .consistency,
                "the path does not show that the \(new.head.size) entries begin with the \(old.head.size) of before")
        }
    }
}
