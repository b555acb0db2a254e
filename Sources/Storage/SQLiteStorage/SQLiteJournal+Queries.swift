import GRDB
package import WeftModel
package import WeftStorage

extension SQLiteJournal {
    private static let selectJob = "SELECT \(JobRecord.columns) FROM jobs j JOIN specs s ON s.job = j.id"

    package nonisolated func job(_ id: JobID) async throws -> JobRecord? {
        try await read { db in
            try RawStatement(db, "\(Self.selectJob) WHERE j.id = ?").rows {
                $0.bind(id)
            } _: {
                try JobRecord($0)
            }.first
        }
    }

    package nonisolated func job(submitter: String, idempotencyKey: String) async throws -> JobRecord? {
        try await read { db in
            try RawStatement(db, "\(Self.selectJob) WHERE j.submitter = ? AND j.idempotency_key = ?").rows {
                $0.bind(submitter)
                $0.bind(idempotencyKey)
            } _: {
                try JobRecord($0)
            }.first
        }
    }

    package nonisolated func jobs(_ query: JobQuery) async throws -> [JobRecord] {
        try await read { db in
            guard let states = query.states else { return try Self.page(db, query, state: nil) }
            // Each state by itself is in order by an index; together they would have to be sorted whole.
            let pages = try states.map { try Self.page(db, query, state: $0) }
            return Array(pages.joined().sorted { $0.id > $1.id }.prefix(query.boundedLimit))
        }
    }

    private static func page(_ db: Database, _ query: JobQuery, state: JobState?) throws -> [JobRecord] {
        // The first label's index is in the order asked for and leads; the others are looked up.
        let labels = query.labels.sorted { $0.key < $1.key }
        var sql =
            labels.isEmpty
            ? "\(selectJob) WHERE j.id < ?"
            : """
            SELECT \(JobRecord.columns) FROM labels l CROSS JOIN jobs j ON j.id = l.job JOIN specs s ON s.job = j.id \
            WHERE l.job < ? AND l.name = ? AND l.value = ?
            """
        for _ in labels.dropFirst() {
            sql += " AND EXISTS (SELECT 1 FROM labels WHERE name = ? AND value = ? AND job = j.id)"
        }
        if query.submitter != nil { sql += " AND j.submitter = ?" }
        if state != nil { sql += " AND j.state = ?" }
        sql += " ORDER BY \(labels.isEmpty ? "j.id" : "l.job") DESC LIMIT ?"
        return try RawStatement(db, sql).rows { row in
            row.bind(query.before.map { Int64(clamping: $0.number) } ?? .max)
            for (name, value) in labels {
                row.bind(name)
                row.bind(value)
            }
            if let submitter = query.submitter { row.bind(submitter) }
            if let state { row.bind(state.code) }
            row.bind(query.boundedLimit)
        } _: {
            try JobRecord($0)
        }
    }

    package nonisolated func tasks(_ query: TaskQuery) async throws -> [TaskRecord] {
        let states = (query.states ?? Set(TaskState.allCases)).map(\.code).sorted()
        var sql = """
            SELECT \(TaskRecord.columns) FROM tasks t WHERE t.job = ? AND t.task > ? \
            AND EXISTS (SELECT 1 FROM jobs WHERE id = t.job)
            """
        if query.states != nil {
            sql += " AND t.state IN (\(states.map(String.init).joined(separator: ", ")))"
        }
        if query.onlyDisagreed { sql += " AND t.dissenters > 0" }
        // Lets the small index of what is not an ordinary success answer questions about those.
        if query.onlyDisagreed || query.states?.contains(.succeeded) == false {
            sql += " AND (t.state <> 2 OR t.dissenters > 0)"
        }
        sql += " ORDER BY t.task LIMIT ?"
        return try await read { [sql] db in
            try RawStatement(db, sql).rows { row in
                row.bind(query.job)
                row.bind(query.after.map(Int64.init) ?? -1)
                row.bind(query.boundedLimit)
            } _: {
                try TaskRecord($0)
            }
        }
    }

    package nonisolated func task(_ id: TaskID) async throws -> TaskRecord? {
        try await read { db in try Self.task(id, db) }
    }

    static func task(_ id: TaskID, _ db: Database) throws -> TaskRecord? {
        try RawStatement(
            db,
            """
            SELECT \(TaskRecord.columns) FROM tasks t WHERE t.job = ? AND t.task = ? \
            AND EXISTS (SELECT 1 FROM jobs WHERE id = t.job)
            """
        ).rows {
            $0.bind(id.job)
            $0.bind(id.index)
        } _: {
            try TaskRecord($0)
        }.first
    }

    package nonisolated func logTile(level: Int, index: UInt64) async throws -> LogTileRecord? {
        try await read { db in
            try RawStatement(db, "SELECT hashes FROM log_tiles WHERE level = ? AND position = ?").rows {
                $0.bind(level)
                $0.bind(Int64(bitPattern: index))
            } _: {
                LogTileRecord(level: level, index: index, hashes: $0.bytes(0))
            }.first
        }
    }

    package nonisolated func results(of task: TaskID) async throws -> [AttemptResult] {
        try await read { db in try Self.results(of: task, db) }
    }

    static func results(of task: TaskID, _ db: Database) throws -> [AttemptResult] {
        try RawStatement(
            db,
            """
            SELECT \(AttemptResult.columns) FROM results r JOIN node_numbers n ON n.number = r.node \
            WHERE r.job = ? AND r.task = ? AND EXISTS (SELECT 1 FROM jobs WHERE id = r.job) ORDER BY r.arrival
            """
        ).rows {
            $0.bind(task.job)
            $0.bind(task.index)
        } _: {
            try AttemptResult($0)
        }
    }
}
