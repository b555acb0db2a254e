package import WeftModel

/// Looks through a log, entry by entry, for whether it is what its coordinator signed, now and before: the whole of it, or
/// what is kept of one whose first entries were pruned.
///
/// Needs memory for the frontier alone, however long the log.
package struct LogAudit: Sendable {
    private let old: TreeHead
    private let new: TreeHead
    private var frontier: MerkleFrontier

    /// - Parameters:
    ///   - old: A head that one has kept; nil if there is none.
    ///   - new: The head of the entries that come.
    ///   - pruned: What is kept of the entries that were pruned, which come before the first one to be added. Whether it is
    ///     right shows at the first root that is compared.
    /// - Throws: ``LogError`` with check `coordinator`, `size`, or `history` where two heads of one size differ, or where
    ///   entries were pruned that came after the old head.
    package init(
        from old: SignedTreeHead?, to new: SignedTreeHead, pruned: MerkleFrontier = MerkleFrontier()
    ) throws(LogError) {
        self.new = new.head
        frontier = pruned
        self.old =
            old?.head
            ?? TreeHead(
                coordinator: new.head.coordinator, size: 0, root: MerkleHash.empty, issuedAt: new.head.issuedAt)
        guard self.old.coordinator == self.new.coordinator else {
            throw LogError(
                .coordinator, "the earlier head is of \(self.old.coordinator), the later of \(self.new.coordinator)")
        }
        guard self.old.size <= self.new.size else {
            throw LogError(.size, "the log has shrunk from \(self.old.size) to \(self.new.size) entries")
        }
        guard self.old.size < self.new.size || self.old.root == self.new.root else {
            throw LogError(.history, "there are two logs of \(self.new.size) entries: two heads with different roots")
        }
        guard old == nil || pruned.size <= self.old.size else {
            throw LogError(
                .history,
                "the first \(pruned.size) entries were pruned: of a log of \(self.old.size) nothing can be told any more"
            )
        }
        if old != nil { try checkHistory() }
    }

    /// How many entries have been looked at, or were pruned.
    package var count: UInt64 { frontier.size }

    /// Which tile has the next entry's hash.
    package var nextTile: LogTile.Address { LogTile.Address(of: MerkleSubtree(level: 0, index: frontier.size)) }

    /// The hashes of ``nextTile`` that are to be added.
    ///
    /// - Throws: ``LogError`` with check `tiles` when there is no such tile, or it is another one or too short.
    package func next(of tile: LogTile?) throws -> ArraySlice<Digest> {
        try LogReader.tile(nextTile, size: new.size) { _ in tile }.hashes
            .prefix(nextTile.width(size: new.size)).dropFirst(Int(frontier.size % UInt64(LogTile.fullWidth)))
    }

    /// Takes the hash of the next entry.
    ///
    /// - Throws: ``LogError`` with check `history` when the entries of the old head are others now (changed, dropped or
    ///   in another order), or `root` when there are more than the new head says.
    package mutating func add(_ leaf: Digest) throws(LogError) {
        guard frontier.size < new.size else {
            throw LogError(.root, "there are more entries than the \(new.size) that were signed")
        }
        frontier.append(leaf)
        try checkHistory()
    }

    /// To be called after the last entry.
    ///
    /// - Throws: ``LogError`` with check `root`.
    package func finish() throws(LogError) {
        guard frontier.size == new.size else {
            throw LogError(.root, "there are \(frontier.size) entries, but \(new.size) were signed")
        }
        guard frontier.root == new.root else {
            throw LogError(.root, "the \(new.size) entries have the root \(frontier.root), but \(new.root) was signed")
        }
    }

    private func checkHistory() throws(LogError) {
        guard frontier.size == old.size, frontier.root != old.root else { return }
        throw LogError(
            .history, "the first \(old.size) entries have the root \(frontier.root), but \(old.root) was signed")
    }

    /// Audits a list of entries' hashes from the bytes of heads.
    ///
    /// - Throws: ``LogError``, the first check that failed.
    package static func verify(
        _ leaves: some Sequence<Digest>, from old: [UInt8]?, to new: [UInt8], expectedCoordinator: NodeID?
    ) throws(LogError) {
        var audit = try LogAudit(from: old, to: new, expectedCoordinator: expectedCoordinator)
        for leaf in leaves { try audit.add(leaf) }
        try audit.finish()
    }

    /// Audits stored tiles from the bytes of heads: that the leaves are what was signed, and that every tile above has
    /// what those below it say.
    ///
    /// - Parameters:
    ///   - load: Gives a stored tile, or nil if there is none with this address.
    ///   - minimumIndex: How many entries were pruned.
    /// - Throws: ``LogError``, the first check that failed, and what `load` throws.
    package static func verify(
        tiles load: (LogTile.Address) throws -> LogTile?, from old: [UInt8]?, to new: [UInt8],
        expectedCoordinator: NodeID?, minimumIndex: UInt64 = 0
    ) throws {
        var appender = try LogAppender(size: minimumIndex, load: load)
        var audit = try LogAudit(
            from: old, to: new, expectedCoordinator: expectedCoordinator, pruned: appender.frontier)
        let size = audit.new.size
        // The leaves come first: a tile above can only be judged by leaves that are the right ones.
        var wrong: LogTile.Address?
        while audit.count < size {
            let leaves = try audit.next(of: try load(audit.nextTile))
            for leaf in leaves { try audit.add(leaf) }
            for right in appender.append(leaves) where right.address.level > 0 {
                // One that grows yet is looked at when it is full, or at the log's end.
                guard right.hashes.count == right.address.width(size: size) else { continue }
                let stored = try LogReader.tile(right.address, size: size, load: load)
                if wrong == nil, !stored.hashes.starts(with: right.hashes) { wrong = right.address }
            }
        }
        try audit.finish()
        if let wrong { throw LogError(.tiles, "\(wrong) differs from what the tiles below it say") }
    }

    private init(
        from old: [UInt8]?, to new: [UInt8], expectedCoordinator: NodeID?, pruned: MerkleFrontier = MerkleFrontier()
    ) throws(LogError) {
        let later = try SignedTreeHead(verifying: new, expectedCoordinator: expectedCoordinator)
        var earlier: SignedTreeHead?
        if let old { earlier = try SignedTreeHead(verifying: old, expectedCoordinator: expectedCoordinator) }
        try self.init(from: earlier, to: later, pruned: pruned)
    }
}
