import GRDB
import WeftFormats
import WeftModel

/// Removal of old jobs, and of the entries of the log that are of none that is left. Jobs and entries disappear at once; their
/// many rows are deleted piece by piece after that, and go on being deleted at the next pruning should the process end in
/// between.
enum Pruning {
    /// Rows of each table that one transaction deletes: some tens of milliseconds.
    private static let sliceRows = 5000
    /// Tiles that one transaction deletes, of 8 KiB each.
    private static let sliceTiles = 500
    /// Pages of 4 KiB that one transaction gives back to the file system.
    private static let vacuumPages = 2000

    /// Returns how many jobs are gone.
    static func hideJobs(_ db: Database, endedBefore instant: Instant, limit: Int) throws -> Int {
        // Numbers are never given out twice, so the highest one outlives its job.
        try RawStatement(
            db,
            """
            UPDATE meta SET value = max(value, (SELECT coalesce(max(id), 0) FROM jobs)) WHERE name = 'lastJob'
            """
        ).run()
        let ids = try RawStatement(
            db,
            """
            SELECT id FROM jobs WHERE ended_at < ? AND state NOT IN (0, 1) \
            AND NOT EXISTS (SELECT 1 FROM citations c WHERE c.origin = jobs.id) ORDER BY ended_at, id LIMIT ?
            """
        ).rows {
            $0.bind(instant)
            $0.bind(max(0, limit))
        } _: {
            $0.integer(0)
        }
        for id in ids {
            for sql in [
                "INSERT INTO pruned (job) VALUES (?)", "DELETE FROM jobs WHERE id = ?",
                "DELETE FROM specs WHERE job = ?", "DELETE FROM labels WHERE job = ?",
                "DELETE FROM cache_voters WHERE position IN (SELECT position FROM cache WHERE job = ?)",
                "DELETE FROM cache WHERE job = ?", "DELETE FROM citations WHERE job = ?",
            ] {
                try RawStatement(db, sql).run { $0.bind(id) }
            }
        }
        return ids.count
    }

    /// Deletes some rows of removed jobs. Returns whether there may be more.
    static func deleteSlice(_ db: Database) throws -> Bool {
        let next = try RawStatement(db, "SELECT job FROM pruned LIMIT 1").rows { $0.integer(0) }.first
        guard let job = next else { return try giveBack(db) }
        let results = try RawStatement(
            db,
            "DELETE FROM results WHERE arrival IN (SELECT arrival FROM results WHERE job = ? LIMIT \(sliceRows))"
        ).run { $0.bind(job) }
        let tasks = try RawStatement(
            db,
            """
            DELETE FROM tasks WHERE job = ?1 AND task IN (SELECT task FROM tasks WHERE job = ?1 LIMIT \(sliceRows))
            """
        ).run { $0.bind(job) }
        if results < sliceRows, tasks < sliceRows {
            try RawStatement(db, "DELETE FROM pruned WHERE job = ?").run { $0.bind(job) }
        }
        return true
    }

    /// Gives up the entries of the log that came before the oldest job. Returns the number of the first that is kept.
    static func raiseLogMinimum(_ db: Database) throws -> UInt64 {
        try RawStatement(
            db,
            """
            UPDATE meta SET value = coalesce((SELECT log_size FROM jobs ORDER BY id LIMIT 1), \
            (SELECT value FROM meta WHERE name = 'logSize')) WHERE name = 'logMinimum'
            """
        ).run()
        let values = try RawStatement(db, "SELECT value FROM meta WHERE name = 'logMinimum'").rows { $0.integer(0) }
        return UInt64(bitPattern: values.first ?? 0)
    }

    /// Deletes some tiles that no entry which is kept needs. Returns whether there may be more.
    static func deleteTiles(_ db: Database, minimumIndex: UInt64) throws -> Bool {
        for level in 0..<LogTile.levels(size: minimumIndex) {
            let firstKept = LogTile.firstKept(level: level, minimumIndex: minimumIndex)
            let deleted = try RawStatement(
                db,
                """
                DELETE FROM log_tiles WHERE rowid IN \
                (SELECT rowid FROM log_tiles WHERE level = ? AND position < ? LIMIT \(sliceTiles))
                """
            ).run { row in
                row.bind(level)
                row.bind(Int64(bitPattern: firstKept))
            }
            if deleted == sliceTiles { return true }
        }
        return try giveBack(db)
    }

    private static func giveBack(_ db: Database) throws -> Bool {
        let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
        guard free > 0 else { return false }
        try db.execute(sql: "PRAGMA incremental_vacuum(\(vacuumPages))")
        return free > vacuumPages
    }
}
