import FoundationEssentials
import GRDB
import WeftFormats
import WeftModel
import WeftStorage

/// What a writer remembers between commits, to write less. Thrown away when a commit fails.
struct WriterMemory: Sendable {
    /// What is remembered is forgotten at these sizes; it can be looked up or made again.
    static let numberLimit = 100_000
    static let profileLimit = 5000

    /// Node ids as `results` name them.
    var nodeNumbers: [NodeID: Int64] = [:]
    /// Profiles as they are stored, to not encode them anew when a reputation moves.
    var profiles: [NodeID: (profile: NodeProfile, json: [UInt8])] = [:]
}

/// Writes changes within one transaction. One value per transaction.
struct ChangeWriter {
    let db: Database
    var memory: WriterMemory
    /// What the tasks written so far add to their jobs' counts; written once per job and commit.
    private var tallies: [JobID: Tally] = [:]
    private var insertTask: RawStatement?
    private var insertResult: RawStatement?

    private struct Tally {
        var succeeded = 0
        var failed = 0
        var cancelled = 0
        var disagreed = 0
    }

    init(_ db: Database, memory: WriterMemory) {
        self.db = db
        self.memory = memory
    }

    mutating func write(_ changes: [Change]) throws {
        // Of several rows for one node only the last one matters; a busy node has one for every verdict.
        var lastOfNode: [NodeID: Int] = [:]
        var trust: TrustSnapshot?
        var log: LogGrowth?
        var books = BookWriter(db)
        for position in changes.indices {
            if case .nodeChanged(let record) = changes[position] { lastOfNode[record.id] = position }
        }
        for (position, change) in changes.enumerated() {
            switch change {
            case .jobSubmitted(let record):
                try insert(record)
            case .jobMoved(let id, let state, let reason, let endedAt, let counts):
                try writeTally(of: id)
                try move(id, to: state, reason: reason, endedAt: endedAt, counts: counts)
            case .taskEnded(let record):
                try insert(record)
            case .resultArrived(let result):
                try insert(result)
            case .nodeChanged(let record):
                if lastOfNode[record.id] == position { try put(record) }
            case .nodePerformed(let node, let performance):
                try put(performance, of: node)
            case .tokenChanged(let record):
                try put(record)
            case .trustChanged(let snapshot):
                trust = TrustSnapshot(
                    record: snapshot.record, standings: (trust?.standings ?? []) + snapshot.standings)
            case .logGrew(let growth):
                log = LogGrowth(size: growth.size, tiles: (log?.tiles ?? []) + growth.tiles)
            case .creditsMoved(let movements):
                for movement in movements { try books.write(movement) }
            case .cacheEntered(let entry):
                try enter(entry)
            case .cacheTrimmed(let count):
                try trimCache(keeping: count)
            case .cacheRevoked(let node):
                try revokeCache(of: node)
            case .cacheRefused(let key, let origin):
                try refuseCached(key, from: origin)
            case .webhook(let change):
                try write(change)
            }
        }
        if let trust { try put(trust) }
        if let log { try put(log) }
        for job in tallies.keys.sorted() { try writeTally(of: job) }
    }

    // MARK: Jobs

    private func insert(_ record: JobRecord) throws {
        let counts = record.state.isFinal ? record.counts : TaskCounts(total: record.counts.total)
        do {
            try RawStatement(
                db,
                """
                INSERT INTO jobs (id, spec_digest, submitter, idempotency_key, submitted_at, state, reason, ended_at, \
                total, running, succeeded, failed, cancelled, disagreed, traceparent, log_size) \
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT value FROM meta WHERE name = 'logSize'))
                """
            ).run { row in
                row.bind(record.id)
                row.bind(record.specDigest)
                row.bind(record.submitter)
                row.bind(record.spec.idempotencyKey)
                row.bind(record.submittedAt)
                row.bind(record.state.code)
                row.bind(record.reason)
                row.bind(record.endedAt)
                row.bind(counts)
                row.bind(record.trace?.description)
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw JournalError.writeFailed(
                "there is a job \(record.id) already, or one of \(record.submitter) with its idempotency key")
        }
        try RawStatement(db, "INSERT INTO specs (job, json) VALUES (?, ?)").run { row in
            row.bind(record.id)
            row.bind(CanonicalJSON.encode(record.spec.document))
        }
        for (name, value) in record.spec.labels {
            try RawStatement(db, "INSERT INTO labels (name, value, job) VALUES (?, ?, ?)").run { row in
                row.bind(name)
                row.bind(value)
                row.bind(record.id)
            }
        }
    }

    private func move(_ id: JobID, to state: JobState, reason: String?, endedAt: Instant?, counts: TaskCounts) throws {
        // A job that is not finished counts its ended tasks; a finished one keeps what it ended with.
        let final = """
            , total = ?, running = ?, succeeded = ?, failed = ?, cancelled = ?, disagreed = ?
            """
        try RawStatement(
            db,
            "UPDATE jobs SET state = ?2, reason = ?3, ended_at = ?4\(state.isFinal ? final : "") WHERE id = ?1"
        ).run { row in
            row.bind(id)
            row.bind(state.code)
            row.bind(reason)
            row.bind(endedAt)
            if state.isFinal { row.bind(counts) }
        }
    }

    private mutating func writeTally(of job: JobID) throws {
        guard let tally = tallies.removeValue(forKey: job) else { return }
        try RawStatement(
            db,
            """
            UPDATE jobs SET succeeded = succeeded + ?2, failed = failed + ?3, cancelled = cancelled + ?4, \
            disagreed = disagreed + ?5 WHERE id = ?1 AND state < 2
            """
        ).run { row in
            row.bind(job)
            row.bind(tally.succeeded)
            row.bind(tally.failed)
            row.bind(tally.cancelled)
            row.bind(tally.disagreed)
        }
    }

    // MARK: Tasks and results

    private mutating func insert(_ record: TaskRecord) throws {
        let statement =
            try insertTask
            ?? RawStatement(
                db,
                """
                INSERT INTO tasks (job, task, state, verdict, answer, reason, dissenters, ended_at, error_bound, log_index, \
                alike, origin_job, origin_task) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
                ON CONFLICT (job, task) DO NOTHING
                """)
        insertTask = statement
        let inserted = try statement.run { row in
            row.bind(record.id.job)
            row.bind(record.id.index)
            row.bind(record.state.code)
            row.bind(record.verdict.code)
            row.bind(record.answer)
            row.bind(record.reason)
            row.bind(record.dissenters)
            row.bind(record.endedAt)
            row.bind(record.errorBound.map { Int64($0.perBillion) })
            row.bind(record.logIndex.map { Int64(bitPattern: $0) })
            row.bind(record.alike.isEmpty ? nil : record.alike.flatMap(\.bytes))
            row.bind(record.cachedFrom.map { Int64(bitPattern: $0.job.number) })
            row.bind(record.cachedFrom.map { Int64($0.index) })
        }
        guard inserted == 1 else { return }
        if let origin = record.cachedFrom { try cite(origin.job, by: record.id.job) }
        switch record.state {
        case .succeeded: tallies[record.id.job, default: Tally()].succeeded += 1
        case .failed: tallies[record.id.job, default: Tally()].failed += 1
        case .cancelled: tallies[record.id.job, default: Tally()].cancelled += 1
        case .waiting, .running: break
        }
        if record.dissenters > 0 { tallies[record.id.job, default: Tally()].disagreed += 1 }
    }

    private mutating func insert(_ result: AttemptResult) throws {
        let node = try number(of: result.node)
        let statement =
            try insertResult
            ?? RawStatement(
                db,
                """
                INSERT INTO results (job, task, lease, replica, node, started_at, finished_at, wall_us, cpu_us, \
                memory_bytes, failure, message, exit_status, stdout, stdout_bytes, stderr, stderr_bytes, outputs, \
                answer, signature, disk_bytes, output_bytes, seen_us) \
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
                ON CONFLICT (job, task, lease) DO NOTHING
                """)
        insertResult = statement
        try statement.run { row in
            row.bind(result.attempt.task.job)
            row.bind(result.attempt.task.index)
            row.bind(result.attempt.lease)
            row.bind(Int64(result.attempt.replica))
            row.bind(node)
            row.bind(result.startedAt)
            row.bind(result.finishedAt)
            row.bind(result.usage?.wallMicroseconds)
            row.bind(result.usage?.cpuMicroseconds)
            row.bind(result.usage?.peakMemoryBytes)
            row.bind(result.outcome)
            row.bind(result.answer)
            row.bind(result.signature.isEmpty ? nil : result.signature)
            row.bind(result.usage?.diskBytes)
            row.bind(result.usage?.outputBytes)
            row.bind(result.seenMicroseconds)
        }
    }

    mutating func number(of node: NodeID) throws -> Int64 {
        if let known = memory.nodeNumbers[node] { return known }
        if memory.nodeNumbers.count >= WriterMemory.numberLimit { memory.nodeNumbers = [:] }
        try RawStatement(db, "INSERT INTO node_numbers (id) VALUES (?) ON CONFLICT (id) DO NOTHING").run { row in
            row.bind(node.text)
        }
        let numbers = try RawStatement(db, "SELECT number FROM node_numbers WHERE id = ?").rows {
            $0.bind(node.text)
        } _: {
            $0.integer(0)
        }
        guard let number = numbers.first else { preconditionFailure("a node that was just numbered has a number") }
        memory.nodeNumbers[node] = number
        return number
    }

    // MARK: Nodes and tokens

    private mutating func put(_ record: NodeRecord) throws {
        let json = try profile(of: record)
        try RawStatement(
            db,
            """
            INSERT INTO nodes (id, profile, score, agreements, disagreements, draining, connected, first_seen_at, \
            last_seen_at, network) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET \
            profile = excluded.profile, score = excluded.score, agreements = excluded.agreements, \
            disagreements = excluded.disagreements, draining = excluded.draining, connected = excluded.connected, \
            first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at, network = excluded.network
            """
        ).run { row in
            row.bind(record.id.text)
            row.bind(json)
            row.bind(record.reputation.score)
            row.bind(record.reputation.agreements)
            row.bind(record.reputation.disagreements)
            row.bind(record.isDraining)
            row.bind(record.isConnected)
            row.bind(record.firstSeenAt)
            row.bind(record.lastSeenAt)
            row.bind(record.network)
        }
    }

    private func put(_ performance: Performance, of node: NodeID) throws {
        let json = try Self.json(performance)
        try RawStatement(db, "UPDATE nodes SET performance = ?2 WHERE id = ?1").run { row in
            row.bind(node.text)
            row.bind(json)
        }
    }

    private mutating func profile(of record: NodeRecord) throws -> [UInt8] {
        if let known = memory.profiles[record.id], known.profile == record.profile { return known.json }
        let json = try Self.json(record.profile)
        if memory.profiles.count >= WriterMemory.profileLimit { memory.profiles = [:] }
        memory.profiles[record.id] = (record.profile, json)
        return json
    }

    private static func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    private func put(_ trust: TrustSnapshot) throws {
        let record = try Self.json(trust.record)
        try RawStatement(db, "INSERT OR REPLACE INTO trust (id, json) VALUES (0, ?)").run { $0.bind(record) }
        for standing in trust.standings {
            let json = try Self.json(standing)
            try RawStatement(db, "INSERT OR REPLACE INTO standings (node, driver, json) VALUES (?, ?, ?)").run { row in
                row.bind(standing.node.text)
                row.bind(standing.driver)
                row.bind(json)
            }
        }
    }

    private func put(_ log: LogGrowth) throws {
        for tile in log.tiles {
            // Not replaced: a row that stays leaves its index alone.
            try RawStatement(
                db,
                """
                INSERT INTO log_tiles (level, position, hashes) VALUES (?, ?, ?) \
                ON CONFLICT (level, position) DO UPDATE SET hashes = excluded.hashes
                """
            ).run { row in
                row.bind(tile.level)
                row.bind(Int64(bitPattern: tile.index))
                row.bind(tile.hashes)
            }
        }
        try RawStatement(db, "UPDATE meta SET value = ? WHERE name = 'logSize'").run { row in
            row.bind(Int64(bitPattern: log.size))
        }
    }

    private func put(_ record: TokenRecord) throws {
        try RawStatement(
            db,
            """
            INSERT OR REPLACE INTO tokens (name, role, secret_digest, created_at, revoked_at) VALUES (?, ?, ?, ?, ?)
            """
        ).run { row in
            row.bind(record.name)
            row.bind(record.role.code)
            row.bind(record.secretDigest)
            row.bind(record.createdAt)
            row.bind(record.revokedAt)
        }
    }
}

extension Binder {
    /// Six columns.
    fileprivate mutating func bind(_ counts: TaskCounts) {
        for count in [
            counts.total, counts.running, counts.succeeded, counts.failed, counts.cancelled, counts.disagreed,
        ] {
            bind(count)
        }
    }

    /// Eight columns: failure, message, exit status, standard output and error with their sizes, outputs.
    fileprivate mutating func bind(_ outcome: Outcome) {
        switch outcome {
        case .completed(let completion):
            bindNull()
            bindNull()
            bind(Int64(completion.exitStatus))
            bind(completion.standardOutput)
            bind(completion.standardError)
            bind(OutputsCodec.encode(completion.outputs))
        case .failed(let failure):
            bind(failure.kind.code)
            bind(failure.message)
            for _ in 0..<6 { bindNull() }
        }
    }
}
