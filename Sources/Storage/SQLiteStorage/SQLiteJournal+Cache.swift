import GRDB
package import WeftModel
import WeftStorage

extension SQLiteJournal {
    package nonisolated func cached(_ keys: [Digest]) async throws -> [CacheFinding] {
        guard !keys.isEmpty else { return [] }
        return try await read { db in
            var findings: [CacheFinding] = []
            for key in Set(keys) {
                for entry in try Self.entries(under: key, db) {
                    findings.append(
                        CacheFinding(
                            entry: entry, task: try Self.task(entry.origin, db),
                            results: try Self.results(of: entry.origin, db)))
                }
            }
            return findings
        }
    }

    package nonisolated func cacheCount() async throws -> Int {
        try await read { db in
            try RawStatement(db, "SELECT count(*) FROM cache").rows { Int($0.integer(0)) }.first ?? 0
        }
    }

    package nonisolated func cachedTaskCount(of job: JobID) async throws -> Int {
        try await read { db in
            try RawStatement(db, "SELECT coalesce(sum(tasks), 0) FROM citations WHERE job = ?").rows {
                $0.bind(job)
            } _: {
                Int($0.integer(0))
            }.first ?? 0
        }
    }

    private static func entries(under key: Digest, _ db: Database) throws -> [CacheEntry] {
        let rows = try RawStatement(
            db, "SELECT position, job, task, error_bound FROM cache WHERE key = ?"
        ).rows {
            $0.bind(key)
        } _: { row in
            (
                position: row.integer(0),
                entry: CacheEntry(
                    key: key, origin: TaskID(job: JobID(UInt64(bitPattern: row.integer(1))), index: row.count(2)),
                    voters: [], errorBound: row.optionalInteger(3).flatMap { ErrorRate(perBillion: Int($0)) })
            )
        }
        return try rows.map { row in
            var entry = row.entry
            entry.voters = try RawStatement(
                db,
                "SELECT n.id FROM cache_voters v JOIN node_numbers n ON n.number = v.node WHERE v.position = ? ORDER BY n.id"
            ).rows {
                $0.bind(row.position)
            } _: {
                NodeID($0.text(0))
            }
            return entry
        }
    }
}
