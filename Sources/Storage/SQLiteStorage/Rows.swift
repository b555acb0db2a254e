import FoundationEssentials
import GRDB
import WeftFormats
import WeftModel
import WeftStorage

// How rows are read. The column lists and the positions below them belong together.

extension JobRecord {
    static let columns = """
        j.id, s.json, j.spec_digest, j.submitter, j.submitted_at, j.state, j.reason, j.ended_at, j.total, j.running, \
        j.succeeded, j.failed, j.cancelled, j.disagreed, j.traceparent
        """

    init(_ row: Columns) throws {
        let id = JobID(UInt64(bitPattern: row.integer(0)))
        func damaged(_ what: String) -> JournalError { .unreadable("job \(id): \(what)") }

        let spec: JobSpec
        do {
            // Stored specs passed the limits for untrusted text when they were submitted; those of the future may be
            // other ones.
            let limits = TextLimits(maxBytes: .max, maxDepth: 1000, maxValues: .max)
            spec = try JobSpec(document: JSONText.parse(row.bytes(1), limits: limits))
        } catch {
            throw damaged("its spec is not valid: \(error)")
        }
        guard let digest = Digest(bytes: row.bytes(2)) else { throw damaged("its spec's digest is not 32 bytes") }
        guard let state = JobState(code: row.integer(5)) else { throw damaged("unknown state \(row.integer(5))") }
        self.init(
            id: id, spec: spec, specDigest: digest, submitter: row.text(3), submittedAt: row.moment(4),
            trace: row.optionalText(14).flatMap { TraceContext($0) }, state: state, reason: row.optionalText(6),
            endedAt: row.optionalMoment(7),
            counts: TaskCounts(
                total: row.count(8), running: row.count(9), succeeded: row.count(10), failed: row.count(11),
                cancelled: row.count(12), disagreed: row.count(13)))
    }
}

extension TaskRecord {
    static let columns = """
        t.job, t.task, t.state, t.verdict, t.answer, t.reason, t.dissenters, t.ended_at, t.error_bound, t.log_index, \
        t.alike, t.origin_job, t.origin_task
        """

    init(_ row: Columns) throws {
        let id = TaskID(job: JobID(UInt64(bitPattern: row.integer(0))), index: row.count(1))
        func damaged(_ what: String) -> JournalError { .unreadable("task \(id): \(what)") }

        guard let state = TaskState(code: row.integer(2)) else { throw damaged("unknown state \(row.integer(2))") }
        guard let verdict = Verdict(code: row.integer(3)) else { throw damaged("unknown verdict \(row.integer(3))") }
        self.init(
            id: id, state: state, verdict: verdict,
            answer: try row.digest(4) { throw damaged("its answer is damaged") },
            alike: try row.digests(10) { throw damaged("its answers that are alike are damaged") },
            reason: row.optionalText(5), dissenters: Int(row.integer(6)), endedAt: row.moment(7),
            errorBound: row.optionalInteger(8).flatMap { ErrorRate(perBillion: Int($0)) },
            logIndex: row.optionalInteger(9).map { UInt64(bitPattern: $0) },
            cachedFrom: row.optionalInteger(11).map {
                TaskID(job: JobID(UInt64(bitPattern: $0)), index: row.count(12))
            })
    }
}

extension AttemptResult {
    static let columns = """
        r.job, r.task, r.lease, r.replica, n.id, r.started_at, r.finished_at, r.wall_us, r.cpu_us, r.memory_bytes, \
        r.failure, r.message, r.exit_status, r.stdout, r.stdout_bytes, r.stderr, r.stderr_bytes, r.outputs, r.answer, \
        r.signature, r.disk_bytes, r.output_bytes, r.seen_us
        """

    init(_ row: Columns) throws {
        let attempt = AttemptID(
            task: TaskID(job: JobID(UInt64(bitPattern: row.integer(0))), index: row.count(1)),
            replica: UInt16(truncatingIfNeeded: row.integer(3)), lease: LeaseID(UInt64(bitPattern: row.integer(2))))
        func damaged(_ what: String) -> JournalError { .unreadable("result of \(attempt): \(what)") }

        let outcome: Outcome
        if let code = row.optionalInteger(10) {
            guard let kind = AttemptFailure.Kind(code: code) else { throw damaged("unknown failure \(code)") }
            outcome = .failed(AttemptFailure(kind, row.text(11)))
        } else {
            let outputs = row.isNull(17) ? [] : OutputsCodec.decode(row.bytes(17))
            guard let outputs else { throw damaged("its outputs are damaged") }
            outcome = .completed(
                Completion(
                    exitStatus: Int32(truncatingIfNeeded: row.integer(12)),
                    standardOutput: try row.blob(13) { throw damaged("its standard output is damaged") },
                    standardError: try row.blob(15) { throw damaged("its standard error is damaged") },
                    outputs: outputs))
        }
        self.init(
            attempt: attempt, node: NodeID(row.text(4)), outcome: outcome,
            answer: try row.digest(18) { throw damaged("its answer is damaged") }, signature: row.bytes(19),
            startedAt: row.moment(5), finishedAt: row.moment(6),
            usage: row.optionalInteger(7).map { wall in
                Usage(
                    wallMicroseconds: wall, cpuMicroseconds: row.optionalInteger(8),
                    peakMemoryBytes: row.optionalInteger(9), diskBytes: row.optionalInteger(20),
                    outputBytes: row.optionalInteger(21))
            }, seenMicroseconds: row.optionalInteger(22))
    }
}

extension NodeRecord {
    static let columns = """
        id, profile, score, agreements, disagreements, draining, connected, first_seen_at, last_seen_at, performance, \
        network
        """

    init(_ row: Columns) throws {
        let id = NodeID(row.text(0))
        let profile: NodeProfile
        var performance = Performance()
        do {
            profile = try JSONDecoder().decode(NodeProfile.self, from: Data(row.bytes(1)))
            if !row.isNull(9) { performance = try JSONDecoder().decode(Performance.self, from: Data(row.bytes(9))) }
        } catch {
            throw JournalError.unreadable("node \(id): its profile or performance is not valid: \(error)")
        }
        self.init(
            id: id, profile: profile,
            reputation: Reputation(
                score: Int(row.integer(2)), agreements: row.integer(3), disagreements: row.integer(4)),
            performance: performance, network: row.optionalText(10), isDraining: row.integer(5) != 0,
            isConnected: row.integer(6) != 0, firstSeenAt: row.moment(7),
            lastSeenAt: row.moment(8))
    }
}

extension TokenRecord {
    static let columns = "name, role, secret_digest, created_at, revoked_at"

    init(_ row: Columns) throws {
        let name = row.text(0)
        guard let role = Role(code: row.integer(1)), let digest = Digest(bytes: row.bytes(2)) else {
            throw JournalError.unreadable("token \(name) is damaged")
        }
        self.init(
            name: name, role: role, secretDigest: digest, createdAt: row.moment(3), revokedAt: row.optionalMoment(4))
    }
}

extension Columns {
    func count(_ column: CInt) -> UInt32 { UInt32(truncatingIfNeeded: integer(column)) }

    /// nil for NULL; calls `damaged` for anything but 32 bytes.
    func digest(_ column: CInt, or damaged: () throws -> Never) throws -> Digest? {
        if isNull(column) { return nil }
        guard let digest = Digest(bytes: bytes(column)) else { try damaged() }
        return digest
    }

    /// One after the other; none for NULL. Calls `damaged` for what is not whole digests.
    func digests(_ column: CInt, or damaged: () throws -> Never) throws -> [Digest] {
        if isNull(column) { return [] }
        let bytes = bytes(column)
        let digests = stride(from: 0, to: bytes.count, by: 32).compactMap {
            Digest(bytes: Array(bytes[$0...].prefix(32)))
        }
        guard digests.count * 32 == bytes.count else { try damaged() }
        return digests
    }

    /// A digest and, in the next column, a size.
    func blob(_ column: CInt, or damaged: () throws -> Never) throws -> BlobReference? {
        guard let digest = try digest(column, or: damaged) else { return nil }
        return BlobReference(digest: digest, sizeBytes: integer(column + 1))
    }
}
