import GRDB
import WeftStorage

extension SQLiteJournal {
    /// Pages of log (4 KiB each) after which a commit also moves them into the database: 16 MiB.
    private static let checkpointPages = 4096

    /// Opens, configures and migrates. Throws ``JournalError`` or ``GRDB/DatabaseError``.
    static func open(_ path: String) throws -> DatabasePool {
        let pool = try DatabasePool(path: path, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            try refuseForeign(db)
            // The pool has set NORMAL when it chose WAL: that loses the last commits when the machine crashes.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
                throw JournalError.unreadable("SQLite does not accept PRAGMA synchronous = FULL")
            }
        }
        try Schema.migrator.migrate(pool)
        return pool
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "weft.journal"
        configuration.maximumReaderCount = 4
        configuration.foreignKeysEnabled = false
        // Only a tool that looks into the file can be in the way: the owner lock keeps other coordinators out.
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            guard !db.configuration.readonly else { return }
            // Has an effect on a new file only; lets pruning give pages back.
            try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            try db.execute(sql: "PRAGMA wal_autocheckpoint = \(checkpointPages)")
            // A log that one huge commit has blown up shrinks again.
            try db.execute(sql: "PRAGMA journal_size_limit = \(checkpointPages * 4096)")
            try db.execute(sql: "PRAGMA cache_size = -32768")
        }
        return configuration
    }

    /// Throws for a database of another program or of a newer version of this one.
    private static func refuseForeign(_ db: Database) throws {
        let application = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
        guard isEmpty || application == Schema.applicationID else {
            throw JournalError.unreadable("it is a database of another program")
        }
        let known = Schema.migrator.migrations
        let newer = try Schema.migrator.appliedIdentifiers(db).subtracting(known).sorted()
        guard newer.isEmpty else {
            throw JournalError.unreadable(
                """
                it was written by a newer version of Weft (format \(newer.joined(separator: ", ")); this version knows \
                formats up to \(known.last ?? "none")); use that version, or restore a backup
                """)
        }
    }
}
