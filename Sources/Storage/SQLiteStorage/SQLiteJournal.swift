import GRDB
import Synchronization
package import WeftModel
package import WeftStorage

/// The embedded journal: one SQLite file, owned by one process.
///
/// - Writes go through one connection on the actor's own queue, with the log synced at each commit
///   (`journal_mode=WAL`, `synchronous=FULL`); the caller gathers changes into large commits, one sync each.
/// - Queries read from connections of their own, beside the writer.
/// - After a failed sync nobody can tell what the disk holds, so every later commit throws
///   ``JournalError/writeFailed(_:)`` until the journal is opened again. A full disk is no such failure: nothing of
///   the commit is kept, and a later one may succeed.
package actor SQLiteJournal: Journal {
    private let pool: DatabasePool
    private let executor: QueueExecutor
    private let gate: Gate
    private var lock: OwnerLock?
    private var memory = WriterMemory()
    private var brokenBy: JournalError?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Opens or creates the journal at `path`; the folder must exist. Blocks while it opens, recovers and migrates.
    ///
    /// Throws ``JournalError/inUse(_:)`` while another journal value, in this process or another, has it open;
    /// ``JournalError/unreadable(_:)`` for a file that is damaged, not a journal, or of a newer version.
    package init(path: String) throws(JournalError) {
        lock = try OwnerLock(path: path + ".lock")
        do {
            pool = try Self.open(path)
        } catch {
            throw JournalError(reading: error)
        }
        gate = Gate()
        executor = QueueExecutor(label: "weft.journal")
    }

    package func load() throws -> Snapshot {
        try write { db in try Snapshot.startEpoch(db) }
    }

    package func commit(_ changes: [Change]) throws {
        if changes.isEmpty { return try gate.check() }
        memory = try write { [memory] db in
            var writer = ChangeWriter(db, memory: memory)
            try writer.write(changes)
            return writer.memory
        }
    }

    /// Removes jobs at once, and then their tasks and results in short transactions between which others may commit.
    package func prune(endedBefore instant: Instant, limit: Int) async throws -> Int {
        let count = try write { db in try Pruning.hideJobs(db, endedBefore: instant, limit: limit) }
        while try write({ db in try Pruning.deleteSlice(db) }) { await Task.yield() }
        return count
    }

    /// Gives entries up at once, and then their tiles in short transactions between which others may commit.
    package func pruneLog() async throws -> UInt64 {
        let minimum = try write { db in try Pruning.raiseLogMinimum(db) }
        while try write({ db in try Pruning.deleteTiles(db, minimumIndex: minimum) }) { await Task.yield() }
        return minimum
    }

    package func close() throws {
        guard gate.close() else { return }
        do { try pool.close() } catch { throw JournalError(writing: error) }
        lock = nil
    }

    /// Reads the whole file and says what is wrong with it: ``JournalError/unreadable(_:)``. Takes as long as reading.
    package func verify() async throws {
        let problems = try await read { db in
            try RawStatement(db, "PRAGMA quick_check(10)").rows { $0.text(0) }
        }
        guard problems == ["ok"] else { throw JournalError.unreadable(problems.joined(separator: "; ")) }
    }

    /// The value of a PRAGMA of the writing connection, for tests and for diagnosis.
    package func writerPragma(_ name: String) throws -> Int64? {
        try gate.check()
        do {
            return try pool.writeWithoutTransaction { db in try Int64.fetchOne(db, sql: "PRAGMA \(name)") }
        } catch {
            throw JournalError(reading: error)
        }
    }

    /// One durable transaction; all or nothing.
    private func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try gate.check()
        if let brokenBy { throw brokenBy }
        do {
            return try pool.writeWithoutTransaction { db in
                // As the library's own transactions do, without compiling these statements each time.
                try RawStatement(db, "BEGIN IMMEDIATE").run()
                do {
                    let value = try body(db)
                    try RawStatement(db, "COMMIT").run()
                    return value
                } catch {
                    // Some failures have ended the transaction already.
                    if db.isInsideTransaction { try? db.rollback() }
                    throw error
                }
            }
        } catch {
            let failure = JournalError(writing: error)
            if (error as? DatabaseError)?.leavesDiskUnknown == true {
                brokenBy = .writeFailed("an earlier commit could not be synced, start again: \(failure)")
            }
            throw failure
        }
    }

    /// A consistent view beside the writer.
    nonisolated func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value
    {
        try gate.check()
        do {
            return try await pool.read(body)
        } catch let error as CancellationError {
            throw error
        } catch {
            try gate.check()
            throw JournalError(reading: error)
        }
    }
}

/// Whether the journal is open, for callers on and off the actor.
private final class Gate: Sendable {
    private let isOpen = Atomic(true)

    func check() throws {
        if !isOpen.load(ordering: .acquiring) { throw JournalError.closed }
    }

    /// Returns whether it was open.
    func close() -> Bool { isOpen.exchange(false, ordering: .acquiringAndReleasing) }
}

extension DatabaseError {
    fileprivate var leavesDiskUnknown: Bool {
        extendedResultCode == .SQLITE_IOERR_FSYNC || extendedResultCode == .SQLITE_IOERR_DIR_FSYNC
    }
}
