package import WeftFormats
package import WeftModel
import WeftStorage

/// What the log of receipts proves, as files (docs/log.md).
extension Coordinator {
    /// The log goes on where the journal has it.
    static func openLog(_ snapshot: Snapshot, _ journal: any Journal) async throws -> ReceiptLog {
        let appender = try await withTiles(journal) { load in try LogAppender(size: snapshot.logSize, load: load) }
        return ReceiptLog(appender, minimumIndex: snapshot.logMinimum, unfinished: snapshot.jobs)
    }

    /// Which entries the log has, and which of them are kept.
    package func logExtent() async -> LogExtent {
        await settled()
        return receiptLog.extent
    }

    /// A signed head of the log as it is now.
    package func logHead() async -> [UInt8] {
        await settled()
        return head(size: receiptLog.size, root: receiptLog.root).bytes
    }

    /// That the log of now begins with the `size` entries that it had once.
    package func logConsistency(from size: UInt64) async throws -> [UInt8] {
        await settled()
        let (now, root) = (receiptLog.size, receiptLog.root)
        guard size <= now else {
            throw RequestError.notFound("the log has \(now) entries, not \(size)")
        }
        guard size == 0 || size >= receiptLog.minimumIndex else {
            throw RequestError.notFound(
                "the log's first \(receiptLog.minimumIndex) entries were pruned: of its first \(size) nothing can be shown any more"
            )
        }
        let (path, old) = try await Self.withTiles(journal) { load in
            let reader = LogReader(size: now, load: load)
            return (try reader.consistencyPath(from: size, to: now), try reader.root(size: size))
        }
        return ConsistencyProof(from: head(size: size, root: old), to: head(size: now, root: root), path: path).bytes
    }

    /// That the task's receipt is an entry of the log.
    package func logProof(_ id: TaskID) async throws -> [UInt8] {
        await settled()
        let (job, task, results) = try await evidence(of: id)
        guard let index = task.logIndex else {
            throw RequestError.notFound("task \(id) ended before this coordinator kept a log")
        }
        let (size, root) = (receiptLog.size, receiptLog.root)
        let (path, leaf) = try await Self.withTiles(journal) { load in
            let reader = LogReader(size: size, load: load)
            return (try reader.inclusionPath(index: index, size: size), try reader.leaf(index))
        }
        guard let entry = LogEntry.logged(as: leaf, of: task, specDigest: job.specDigest, results),
            let late = entry.late(in: Receipt(coordinator: self.id, job: job, task: task, results: results))
        else { throw RequestError.unavailable("what is kept of task \(id) is not what was logged") }
        return InclusionProof(index: index, head: head(size: size, root: root), path: path, late: late).bytes
    }

    /// A tile of the log: up to 256 hashes of 32 bytes. Of those that still grow it may have more than any head says.
    package func logTile(level: Int, index: UInt64) async throws -> [UInt8] {
        guard let tile = try await journal.logTile(level: level, index: index) else {
            throw RequestError.notFound("the log has no tile \(level)/\(index)")
        }
        return tile.hashes
    }

    private func head(size: UInt64, root: Digest) -> SignedTreeHead {
        TreeHead(coordinator: id, size: size, root: root, issuedAt: Timestamp(clock.now)).signed(by: identity)
    }

    private struct Missing: Error { var address: LogTile.Address }

    /// Runs `body` again and again with one more tile, until it has all that it asks for: some ten times at most.
    private static func withTiles<Result>(
        _ journal: any Journal, _ body: (@escaping (LogTile.Address) throws -> LogTile?) throws -> Result
    ) async throws -> Result {
        var tiles: [LogTile.Address: LogTile?] = [:]
        while true {
            let known = tiles
            do {
                return try body { address in
                    guard let tile = known[address] else { throw Missing(address: address) }
                    return tile
                }
            } catch let missing as Missing {
                let record = try await journal.logTile(level: missing.address.level, index: missing.address.index)
                tiles[missing.address] = .some(record.flatMap { LogTile(address: missing.address, bytes: $0.hashes) })
            }
        }
    }
}
