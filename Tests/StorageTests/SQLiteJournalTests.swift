import GRDB
import Glibc
import SQLiteStorage
import Testing
import WeftModel
import WeftStorage

@Suite struct SQLiteJournalTests {
    let folder: TemporaryFolder
    var path: String { folder.path + "/weft.db" }

    init() throws { folder = try TemporaryFolder() }

    private func job(_ number: UInt64, tasks: UInt32 = 1_000_000, command: String = "true") -> JobRecord {
        let payload = Payload.process(ProcessPayload(command: [command]))
        return JobRecord(
            id: JobID(number), spec: JobSpec(name: "j", payload: payload, array: ArrayRange(first: 0, count: tasks)),
            specDigest: Digest(bytes: Array(repeating: 7, count: 32))!, submitter: "ann",
            submittedAt: Instant(microseconds: 1))
    }

    private func task(_ index: UInt32, job: UInt64 = 1) -> TaskRecord {
        TaskRecord(
            id: TaskID(job: JobID(job), index: index), state: .succeeded, verdict: .agreed,
            answer: Digest(bytes: Array(repeating: 8, count: 32)), endedAt: Instant(microseconds: 5))
    }

    @Test func everyCommitIsSyncedInAWriteAheadLog() async throws {
        let journal = try SQLiteJournal(path: path)
        #expect(try await journal.writerPragma("synchronous") == 2)
        #expect(try await journal.writerPragma("auto_vacuum") == 2)
        #expect(try await journal.writerPragma("journal_size_limit") == 16 << 20)
        #expect(try await journal.writerPragma("wal_autocheckpoint") == 4096)
        try await journal.close()
        #expect(try Files.read(path)[18...19] == [2, 2], "the file's header does not say WAL")
    }

    @Test func aSecondOwnerIsRefusedUntilTheFirstCloses() async throws {
        let first = try SQLiteJournal(path: path)
        #expect(throws: JournalError.inUse(path + ".lock")) { try SQLiteJournal(path: path) }
        try await first.close()
        let second = try SQLiteJournal(path: path)
        try await second.close()
    }

    @Test func aJournalOfANewerVersionIsRefusedInClearWords() async throws {
        try await SQLiteJournal(path: path).close()
        try change(path) { db in try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('9 from later')")
        }
        let error = #expect(throws: JournalError.self) { try SQLiteJournal(path: path) }
        #expect(error?.description.contains("newer version of Weft (format 9 from later") == true)
    }

    @Test func aDatabaseOfAnotherProgramIsLeftAlone() throws {
        try change(path) { db in try db.execute(sql: "CREATE TABLE theirs (a)") }
        let error = #expect(throws: JournalError.self) { try SQLiteJournal(path: path) }
        #expect(error == .unreadable("it is a database of another program"))
        #expect(try change(path) { db in try db.tableExists("jobs") } == false)
    }

    @Test func aFileThatIsNoDatabaseIsUnreadable() throws {
        try Files.write(Array(repeating: 65, count: 10_000), to: path)
        let error = #expect(throws: JournalError.self) { try SQLiteJournal(path: path) }
        #expect(error == .unreadable("it is not a SQLite database"))
    }

    @Test func aFolderThatIsNotThereIsNamed() throws {
        let error = #expect(throws: JournalError.self) { try SQLiteJournal(path: folder.path + "/none/weft.db") }
        #expect(error?.description.contains("none/weft.db") == true)
    }

    /// What takes a file of each format back to the one before.
    private static let steps = [
        "1": """
        ALTER TABLE tasks DROP COLUMN error_bound; ALTER TABLE tasks DROP COLUMN log_index;
        DROP TABLE standings; DROP TABLE trust; DROP TABLE log_tiles; DELETE FROM meta WHERE name = 'logSize';
        """,
        "2": """
        ALTER TABLE tasks DROP COLUMN alike; ALTER TABLE nodes DROP COLUMN performance;
        ALTER TABLE nodes DROP COLUMN network;
        """,
        "3": """
        ALTER TABLE results DROP COLUMN seen_us; DROP TABLE accounts; DROP TABLE movements; DROP TABLE open_escrows;
        DELETE FROM meta WHERE name = 'lastEscrow';
        """,
        "4": """
        ALTER TABLE tasks DROP COLUMN origin_job; ALTER TABLE tasks DROP COLUMN origin_task;
        DROP TABLE cache; DROP TABLE cache_voters; DROP TABLE citations;
        """,
        "5": "ALTER TABLE jobs DROP COLUMN traceparent;",
        "6": "DROP TABLE webhooks; DROP TABLE webhook_entries;",
        "7": "ALTER TABLE jobs DROP COLUMN log_size; DELETE FROM meta WHERE name = 'logMinimum';",
    ]

    /// A file as each earlier format had it.
    @Test(arguments: ["1", "2", "3", "4", "5", "6", "7", "8"])
    func everyEarlierFormatIsMigrated(_ format: String) async throws {
        try await makeLatestFormat().close()
        try change(path) { db in
            for (earlier, statements) in Self.steps.sorted(by: { $0.key > $1.key }) where earlier >= format {
                try db.execute(sql: statements)
            }
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier > ?", arguments: [format])
        }
        let journal = try SQLiteJournal(path: path)
        let snapshot = try await journal.load()
        #expect(snapshot.jobs.map(\.record.id) == [JobID(1)])
        #expect(snapshot.jobs.first?.ended == [task(3)])
        try await journal.verify()
        try await journal.close()
    }

    private func makeLatestFormat() async throws -> SQLiteJournal {
        let journal = try SQLiteJournal(path: path)
        _ = try await journal.load()
        try await journal.commit([.jobSubmitted(job(1)), .taskEnded(task(3))])
        return journal
    }

    @Test func damageIsReportedAsSuch() async throws {
        let journal = try SQLiteJournal(path: path)
        _ = try await journal.load()
        try await journal.commit([.jobSubmitted(job(1))])
        try await journal.close()
        try change(path) { db in try db.execute(sql: "UPDATE specs SET json = CAST('{' AS BLOB)") }
        let again = try SQLiteJournal(path: path)
        let isUnreadable: (any Error) -> Bool = { if case JournalError.unreadable = $0 { true } else { false } }
        await #expect(performing: { _ = try await again.load() }, throws: isUnreadable)
        await #expect(performing: { _ = try await again.job(JobID(1)) }, throws: isUnreadable)
        try await again.close()
    }

    @Test(.enabled(if: SmallDisk.isPossible, "mounting a small file system needs CAP_SYS_ADMIN"))
    func aFullDiskFailsTheCommitAndLosesNothingAcknowledged() async throws {
        let disk = try #require(try SmallDisk(sizeBytes: 2 << 20))
        let path = disk.path + "/weft.db"
        let journal = try SQLiteJournal(path: path)
        _ = try await journal.load()
        try await journal.commit([.jobSubmitted(job(1))])
        var acknowledged: UInt32 = 0
        var failures = 0
        for batch in UInt32(0)..<200 where failures < 3 {
            do {
                try await journal.commit((0..<500).map { .taskEnded(task(batch * 500 + $0)) })
                acknowledged += 500
                #expect(failures == 0)
            } catch JournalError.writeFailed {
                failures += 1
            }
        }
        #expect(failures == 3)
        #expect(acknowledged > 0)
        #expect(try await journal.job(JobID(1))?.counts.succeeded == acknowledged)
        try await journal.close()
        // A start writes, too, and what is full to the last page has no room for that.
        try disk.grow(to: 4 << 20)
        let again = try SQLiteJournal(path: path)
        #expect(try await again.load().jobs.first?.ended.count == Int(acknowledged))
        try await again.verify()
        try await again.close()
    }

    @Test func pruningGivesRoomBackAndTheLogStaysBounded() async throws {
        let journal = try SQLiteJournal(path: path)
        _ = try await journal.load()
        try await journal.commit([.jobSubmitted(job(1, command: String(repeating: "x", count: 100_000)))])
        for batch in UInt32(0)..<4 {
            try await journal.commit((0..<15_000).map { .taskEnded(task(batch * 15_000 + $0)) })
        }
        let counts = TaskCounts(total: 60_000, succeeded: 60_000)
        try await journal.commit([
            .jobMoved(JobID(1), .succeeded, reason: nil, endedAt: Instant(microseconds: 9), counts: counts)
        ])
        let before = try #require(try await journal.writerPragma("page_count"))
        #expect(try await journal.prune(endedBefore: Instant(microseconds: 10), limit: 5) == 1)
        let after = try #require(try await journal.writerPragma("page_count"))
        #expect(after < before / 4)
        let log = try Files.read(path + "-wal").count
        #expect(log < 20 << 20)
        try await journal.close()
    }

    @Test func prunedRowsThatACrashLeftAreDeletedByTheNextPruning() async throws {
        let journal = try SQLiteJournal(path: path)
        _ = try await journal.load()
        try await journal.commit([.jobSubmitted(job(1)), .taskEnded(task(0))])
        try await journal.close()
        try change(path) { db in
            try db.execute(sql: "INSERT INTO pruned VALUES (1); DELETE FROM jobs; DELETE FROM specs")
        }
        let again = try SQLiteJournal(path: path)
        _ = try await again.load()
        #expect(try await again.task(TaskID(job: JobID(1), index: 0)) == nil)
        #expect(try await again.prune(endedBefore: Instant(microseconds: 0), limit: 1) == 0)
        try await again.close()
        #expect(try change(path) { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM tasks") } == 0)
    }

    private func change<Value>(_ path: String, _ body: (Database) throws -> Value) throws -> Value {
        let queue = try DatabaseQueue(path: path)
        let value = try queue.writeWithoutTransaction(body)
        try queue.close()
        return value
    }
}
