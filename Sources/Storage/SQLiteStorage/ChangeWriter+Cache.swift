import GRDB
import WeftModel

/// The cache of verified answers.
extension ChangeWriter {
    mutating func enter(_ entry: CacheEntry) throws {
        guard let key = entry.key else { return }
        try remove(where: "key = ? AND budgeted = ?") { row in
            row.bind(key)
            row.bind(entry.isBudgeted)
        }
        // Without a position it gets the one after the highest.
        try RawStatement(
            db, "INSERT INTO cache (key, budgeted, job, task, error_bound) VALUES (?, ?, ?, ?, ?)"
        ).run { row in
            row.bind(key)
            row.bind(entry.isBudgeted)
            row.bind(entry.origin.job)
            row.bind(entry.origin.index)
            row.bind(entry.errorBound.map { Int64($0.perBillion) })
        }
        let position = db.lastInsertedRowID
        for node in entry.voters {
            let number = try number(of: node)
            try RawStatement(db, "INSERT INTO cache_voters (node, position) VALUES (?, ?)").run { row in
                row.bind(number)
                row.bind(position)
            }
        }
    }

    /// Of the positions, not of the entries: what was removed in between counts, so that nothing has to be counted.
    func trimCache(keeping count: Int) throws {
        try remove(where: "position <= (SELECT max(position) FROM cache) - ?") { $0.bind(count) }
    }

    mutating func revokeCache(of node: NodeID) throws {
        let number = try number(of: node)
        try remove(where: "position IN (SELECT v.position FROM cache_voters v WHERE v.node = ?)") { $0.bind(number) }
    }

    func refuseCached(_ key: Digest, from origin: TaskID) throws {
        try remove(where: "key = ? AND job = ? AND task = ?") { row in
            row.bind(key)
            row.bind(origin.job)
            row.bind(origin.index)
        }
    }

    /// One more task of `job` was given an answer of `origin`.
    func cite(_ origin: JobID, by job: JobID) throws {
        try RawStatement(
            db,
            """
            INSERT INTO citations (origin, job, tasks) VALUES (?, ?, 1) \
            ON CONFLICT (origin, job) DO UPDATE SET tasks = tasks + 1
            """
        ).run { row in
            row.bind(origin)
            row.bind(job)
        }
    }

    private func remove(where condition: String, _ bind: (inout Binder) -> Void) throws {
        let positions = try RawStatement(db, "SELECT position FROM cache WHERE \(condition)").rows(bind) {
            $0.integer(0)
        }
        for position in positions {
            for sql in ["DELETE FROM cache_voters WHERE position = ?", "DELETE FROM cache WHERE position = ?"] {
                try RawStatement(db, sql).run { $0.bind(position) }
            }
        }
    }
}
