import Logging
import WeftEngine
import WeftFormats
import WeftModel
import WeftStorage

/// Finds verified answers for a job's tasks, and checks them as receipts are checked. Outside of the actor and of its loop:
/// signatures cost more than decisions.
struct CacheLookup: Sendable {
    /// Larger arrays are run: what is looked up is held in memory until it is used.
    static let maxTasks: UInt32 = 10_000
    /// Answers of one submission come from so many jobs at most; each job's spec has to be read.
    private static let maxOrigins = 64
    /// How many findings are checked before others may have the thread.
    private static let slice = 64

    struct Found: Sendable {
        var answers: [UInt32: CachedAnswer] = [:]
        /// Entries that are not what they claim to be, and why.
        var refused: [(key: Digest, origin: TaskID, reason: String)] = []
    }

    var coordinator: NodeID
    var journal: any Journal
    var blobs: any BlobStore
    /// Answers of jobs that ended before are not used: they are about to be removed.
    var endedAfter: Instant?

    /// Throws ``JournalError`` or ``BlobError``.
    func find(_ spec: JobSpec, keys: CacheKeys) async throws -> Found {
        let offsets = offsets(of: spec, keys)
        let findings = try await journal.cached(Array(offsets.keys))
        guard !findings.isEmpty else { return Found() }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) {
            try await check(findings, for: spec, offsets)
        }
    }

    private func offsets(of spec: JobSpec, _ keys: CacheKeys) -> [Digest: [UInt32]] {
        let range = spec.indexes
        return (0..<range.count).reduce(into: [:]) { result, offset in
            guard let key = keys.key(of: range.first + offset) else { return }
            result[key, default: []].append(offset)
        }
    }

    private func check(
        _ findings: [CacheFinding], for spec: JobSpec, _ offsets: [Digest: [UInt32]]
    ) async throws -> Found {
        var found = Found()
        var check = CacheCheck(coordinator: coordinator)
        var jobs: [JobID: JobRecord] = [:]
        var tiles: [UInt64: LogTile] = [:]
        for (position, finding) in findings.enumerated() {
            if position % Self.slice == Self.slice - 1 { await Task.yield() }
            let origin = finding.entry.origin
            guard let key = finding.entry.key, let places = offsets[key],
                spec.verification.accepts(agreeing: finding.entry.voters.count, errorBound: finding.entry.errorBound),
                found.answers[places[0]] == nil,
                let job = try await job(origin.job, &jobs), isKept(job)
            else { continue }
            let leaf = try await leaf(of: finding.task, &tiles)
            do {
                let receipt = try check.check(finding, of: job, leaf: leaf)
                guard let answer = receipt.answer, try await hasBlobs(finding, answer) else { continue }
                let cached = CachedAnswer(
                    origin: origin, answer: answer, voters: finding.entry.voters, errorBound: finding.entry.errorBound)
                for offset in places { found.answers[offset] = cached }
            } catch let refusal as CacheCheck.Refusal {
                found.refused.append((key, origin, refusal.description))
            }
        }
        return found
    }

    private func job(_ id: JobID, _ known: inout [JobID: JobRecord]) async throws -> JobRecord? {
        if let job = known[id] { return job }
        guard known.count < Self.maxOrigins, let job = try await journal.job(id) else { return nil }
        known[id] = job
        return job
    }

    private func isKept(_ job: JobRecord) -> Bool {
        guard let bound = endedAfter, let ended = job.endedAt else { return true }
        return ended >= bound
    }

    /// What the log of receipts has of the task.
    private func leaf(of task: TaskRecord?, _ tiles: inout [UInt64: LogTile]) async throws -> Digest? {
        guard let index = task?.logIndex else { return nil }
        let width = UInt64(LogTile.fullWidth)
        if tiles[index / width] == nil {
            guard let record = try await journal.logTile(level: 0, index: index / width) else { return nil }
            tiles[index / width] = LogTile(
                address: LogTile.Address(level: 0, index: index / width), bytes: record.hashes)
        }
        guard let hashes = tiles[index / width]?.hashes, Int(index % width) < hashes.count else { return nil }
        return hashes[Int(index % width)]
    }

    /// Whether everything that its task's outputs are served from is there.
    private func hasBlobs(_ finding: CacheFinding, _ answer: Digest) async throws -> Bool {
        for result in finding.results where result.answer == answer {
            guard case .completed(let completion) = result.outcome else { continue }
            for blob in completion.blobs where try await blobs.size(of: blob.digest) != blob.sizeBytes { return false }
            return true
        }
        return false
    }
}

extension Coordinator {
    /// Verified answers for the job's tasks; none where that cannot be found out, since then they are run.
    func lookUp(_ spec: JobSpec) async -> CachedAnswers {
        guard configuration.cacheEntries > 0, spec.mayUseCache, spec.indexes.count <= CacheLookup.maxTasks,
            let keys = CacheKeys(of: spec)
        else { return CachedAnswers() }
        // Before anything is read: who is found lying from now on has no part in what is taken.
        let asOf = durableRevocations
        let lookup = CacheLookup(
            coordinator: id, journal: journal, blobs: blobs, endedAfter: configuration.retention.map { cacheBound($0) })
        do {
            let found = try await lookup.find(spec, keys: keys)
            await refuse(found.refused)
            cacheMisses += Int64(spec.indexes.count) - Int64(found.answers.count)
            return CachedAnswers(found.answers, asOf: asOf)
        } catch {
            logger.warning("the cache cannot be read", metadata: ["error": "\(error)"])
            return CachedAnswers()
        }
    }

    /// Jobs that ended before may be removed before one that uses their answers is durable.
    private func cacheBound(_ retention: Duration) -> Instant {
        let kept = retention.microseconds - min(60_000_000, retention.microseconds / 2)
        return Instant(microseconds: clock.now.microseconds - kept)
    }

    private func refuse(_ entries: [(key: Digest, origin: TaskID, reason: String)]) async {
        guard !entries.isEmpty else { return }
        cacheRefusals += Int64(entries.count)
        for entry in entries.prefix(10) {
            logger.warning(
                "an entry of the cache is not what it claims to be, and was removed",
                metadata: ["task": "\(entry.origin)", "reason": "\(entry.reason)", "key": "\(entry.key)"])
        }
        if entries.count > 10 { logger.warning("and \(entries.count - 10) more entries of the cache") }
        do {
            try await journal.commit(entries.map { .cacheRefused($0.key, $0.origin) })
        } catch {
            logger.warning("refused entries of the cache could not be removed", metadata: ["error": "\(error)"])
        }
    }
}
