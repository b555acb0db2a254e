import FoundationEssentials
import GRDB
import WeftModel
import WeftStorage

extension Snapshot {
    /// Counts up the epoch and reads what is not finished. Memory is proportional to that.
    static func startEpoch(_ db: Database) throws -> Snapshot {
        try RawStatement(db, "UPDATE meta SET value = value + 1 WHERE name = 'epoch'").run()
        let meta = try RawStatement(db, "SELECT name, value FROM meta").rows { ($0.text(0), $0.integer(1)) }
        let values = Dictionary(uniqueKeysWithValues: meta)
        guard let epoch = values["epoch"], let lastPruned = values["lastJob"] else {
            throw JournalError.unreadable("its epoch is missing")
        }
        let lastStored = try RawStatement(db, "SELECT max(id) FROM jobs").rows { $0.integer(0) }.first ?? 0
        let lastJob = max(lastPruned, lastStored) + (epoch > 1 ? Int64(Snapshot.unheardJobs) : 0)
        try RawStatement(db, "UPDATE meta SET value = ? WHERE name = 'lastJob'").run { $0.bind(lastJob) }
        let records = try RawStatement(
            db,
            "SELECT \(JobRecord.columns) FROM jobs j JOIN specs s ON s.job = j.id WHERE j.state IN (0, 1) ORDER BY j.id"
        ).rows { try JobRecord($0) }
        return Snapshot(
            epoch: UInt64(bitPattern: epoch), lastJob: UInt64(bitPattern: lastJob),
            jobs: try records.map { try unfinished($0, db) },
            nodes: try RawStatement(db, "SELECT \(NodeRecord.columns) FROM nodes ORDER BY id").rows {
                try NodeRecord($0)
            },
            tokens: try RawStatement(db, "SELECT \(TokenRecord.columns) FROM tokens ORDER BY name").rows {
                try TokenRecord($0)
            },
            trust: try trust(db), logSize: UInt64(bitPattern: values["logSize"] ?? 0),
            logMinimum: UInt64(bitPattern: values["logMinimum"] ?? 0),
            ledger: try LedgerRecord.load(db, lastJob: JobID(UInt64(bitPattern: values["lastEscrow"] ?? 0))),
            webhooks: try WebhookBacklog.load(db))
    }

    private static func trust(_ db: Database) throws -> TrustSnapshot? {
        do {
            let decoder = JSONDecoder()
            let record = try RawStatement(db, "SELECT json FROM trust WHERE id = 0").rows {
                try decoder.decode(TrustRecord.self, from: Data($0.bytes(0)))
            }.first
            guard let record else { return nil }
            let standings = try RawStatement(db, "SELECT json FROM standings ORDER BY node, driver").rows {
                try decoder.decode(Standing.self, from: Data($0.bytes(0)))
            }
            return TrustSnapshot(record: record, standings: standings)
        } catch let error as DecodingError {
            throw JournalError.unreadable("what is kept of the trust in its nodes is damaged: \(error)")
        }
    }

    private static func unfinished(_ record: JobRecord, _ db: Database) throws -> UnfinishedJob {
        let ended = try RawStatement(db, "SELECT \(TaskRecord.columns) FROM tasks t WHERE job = ? ORDER BY task").rows {
            $0.bind(record.id)
        } _: {
            try TaskRecord($0)
        }
        // The inner query needs the index alone; reading in the order of arrival then needs no sorting of whole rows.
        let results = try RawStatement(
            db,
            """
            SELECT \(AttemptResult.columns) FROM results r JOIN node_numbers n ON n.number = r.node \
            WHERE r.arrival IN (SELECT p.arrival FROM results p WHERE p.job = ? \
            AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.job = p.job AND t.task = p.task)) ORDER BY r.arrival
            """
        ).rows {
            $0.bind(record.id)
        } _: {
            try AttemptResult($0)
        }
        return UnfinishedJob(record: record, ended: ended, results: results)
    }
}
