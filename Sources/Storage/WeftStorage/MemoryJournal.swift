import WeftFormats
package import WeftModel

/// The reference journal: everything in memory, nothing survives the process. For tests and for trying Weft out.
///
/// ``restarted()`` stands for a crash and a new start: what was committed is there again, the old value is closed.
package actor MemoryJournal: Journal {
    private var contents: JournalContents
    private var commits = 0
    private var isClosed = false
    private let failure: @Sendable (Int) -> JournalError?

    /// - Parameter failure: asked before each commit with its number, counted from 1 over this value's life. What it
    ///   returns is thrown, and nothing of that commit is kept.
    package init(failure: @escaping @Sendable (_ commit: Int) -> JournalError? = { _ in nil }) {
        self.init(contents: JournalContents(), failure: failure)
    }

    private init(contents: JournalContents, failure: @escaping @Sendable (Int) -> JournalError?) {
        self.contents = contents
        self.failure = failure
    }

    /// A journal with the same contents, as a new process would find them. This one is closed.
    package func restarted() -> MemoryJournal {
        isClosed = true
        return MemoryJournal(contents: contents, failure: failure)
    }

    package func load() async throws -> Snapshot {
        try requireOpen()
        return contents.startEpoch()
    }

    package func commit(_ changes: [Change]) async throws {
        try requireOpen()
        commits += 1
        if let error = failure(commits) { throw error }
        try contents.check(changes)
        for change in changes { contents.apply(change) }
    }

    package func job(_ id: JobID) async throws -> JobRecord? {
        try requireOpen()
        return contents.jobs[id]?.record
    }

    package func job(submitter: String, idempotencyKey: String) async throws -> JobRecord? {
        try requireOpen()
        guard let id = contents.keys[IdempotencyKey(submitter: submitter, key: idempotencyKey)] else { return nil }
        return contents.jobs[id]?.record
    }

    package func jobs(_ query: JobQuery) async throws -> [JobRecord] {
        try requireOpen()
        let ids = contents.jobs.keys.filter { id in query.before.map { id < $0 } ?? true }.sorted(by: >)
        var found: [JobRecord] = []
        for id in ids where found.count < query.boundedLimit {
            guard let record = contents.jobs[id]?.record, query.matches(record) else { continue }
            found.append(record)
        }
        return found
    }

    package func tasks(_ query: TaskQuery) async throws -> [TaskRecord] {
        try requireOpen()
        guard let entry = contents.jobs[query.job] else { return [] }
        let indexes = entry.tasks.keys.filter { index in query.after.map { index > $0 } ?? true }.sorted()
        return Array(
            indexes.lazy.compactMap { entry.tasks[$0] }.filter(query.matches).prefix(query.boundedLimit))
    }

    package func task(_ id: TaskID) async throws -> TaskRecord? {
        try requireOpen()
        return contents.jobs[id.job]?.tasks[id.index]
    }

    package func results(of task: TaskID) async throws -> [AttemptResult] {
        try requireOpen()
        return contents.jobs[task.job]?.results.filter { $0.attempt.task == task } ?? []
    }

    package func logTile(level: Int, index: UInt64) async throws -> LogTileRecord? {
        try requireOpen()
        return contents.logTiles[TilePlace(level: level, index: index)]
    }

    package func statement(_ query: StatementQuery) async throws -> AccountStatement {
        try requireOpen()
        return try contents.statement(query)
    }

    package func movements(_ identities: [MovementIdentity]) async throws -> [Movement] {
        try requireOpen()
        let wanted = Set(identities)
        return contents.movements.filter { wanted.contains($0.identity) }
    }

    package func cached(_ keys: [Digest]) async throws -> [CacheFinding] {
        try requireOpen()
        return contents.cache.entries(under: keys).map { entry in
            let job = contents.jobs[entry.origin.job]
            return CacheFinding(
                entry: entry, task: job?.tasks[entry.origin.index],
                results: job?.results.filter { $0.attempt.task == entry.origin } ?? [])
        }
    }

    package func cacheCount() async throws -> Int {
        try requireOpen()
        return contents.cache.count
    }

    package func cachedTaskCount(of job: JobID) async throws -> Int {
        try requireOpen()
        return contents.jobs[job]?.tasks.values.count { $0.cachedFrom != nil } ?? 0
    }

    package func webhookEntries(of id: WebhookID, limit: Int) async throws -> [WebhookEntry] {
        try requireOpen()
        return contents.webhooks.entries(of: id, limit: limit)
    }

    package func prune(endedBefore instant: Instant, limit: Int) async throws -> Int {
        try requireOpen()
        return contents.prune(endedBefore: instant, limit: limit)
    }

    package func pruneLog() async throws -> UInt64 {
        try requireOpen()
        return contents.pruneLog()
    }

    package func close() async throws { isClosed = true }

    private func requireOpen() throws {
        if isClosed { throw JournalError.closed }
    }
}

extension JobQuery {
    /// `limit`, kept within what the port allows.
    package var boundedLimit: Int { min(max(limit, 1), 1000) }

    /// Everything but the cursor and the limit.
    fileprivate func matches(_ record: JobRecord) -> Bool {
        if let states, !states.contains(record.state) { return false }
        if let submitter, submitter != record.submitter { return false }
        return labels.allSatisfy { record.spec.labels[$0.key] == $0.value }
    }
}

extension TaskQuery {
    /// `limit`, kept within what the port allows.
    package var boundedLimit: Int { min(max(limit, 1), 10_000) }

    /// Everything but the cursor and the limit.
    fileprivate func matches(_ record: TaskRecord) -> Bool {
        if let states, !states.contains(record.state) { return false }
        return !onlyDisagreed || record.dissenters > 0
    }
}

private struct IdempotencyKey: Hashable, Sendable {
    var submitter: String
    var key: String
}

private struct TilePlace: Hashable, Sendable {
    var level: Int
    var index: UInt64
}

private struct StandingKey: Hashable, Comparable, Sendable {
    private var node: String
    private var driver: String

    init(_ standing: Standing) {
        node = standing.node.text
        driver = standing.driver
    }

    static func < (left: StandingKey, right: StandingKey) -> Bool {
        (left.node, left.driver) < (right.node, right.driver)
    }
}

/// What a journal knows, as a value.
private struct JournalContents: Sendable {
    struct Entry: Sendable {
        var record: JobRecord
        /// How many entries the log had when it was submitted.
        var logSize: UInt64
        var tasks: [UInt32: TaskRecord] = [:]
        /// In the order of their arrival.
        var results: [AttemptResult] = []
        var attempts: Set<AttemptID> = []
    }

    var jobs: [JobID: Entry] = [:]
    var keys: [IdempotencyKey: JobID] = [:]
    private var nodes: [NodeID: NodeRecord] = [:]
    private var tokens: [String: TokenRecord] = [:]
    private var trust: TrustRecord?
    private var standings: [StandingKey: Standing] = [:]
    private var logSize: UInt64 = 0
    private var logMinimum: UInt64 = 0
    var logTiles: [TilePlace: LogTileRecord] = [:]
    private(set) var movements: [Movement] = []
    private var identities: Set<MovementIdentity> = []
    var cache = MemoryCache()
    var webhooks = MemoryWebhooks()
    private var epoch: UInt64 = 0
    private var lastJob: UInt64 = 0

    /// Throws what would make a change impossible, before any of them is applied.
    func check(_ changes: [Change]) throws {
        var newJobs: Set<JobID> = []
        var newKeys: Set<IdempotencyKey> = []
        try checkMovements(changes)
        for case .jobSubmitted(let record) in changes {
            guard jobs[record.id] == nil, newJobs.insert(record.id).inserted else {
                throw JournalError.writeFailed("there is a job \(record.id) already")
            }
            guard let key = record.key else { continue }
            guard keys[key] == nil, newKeys.insert(key).inserted else {
                throw JournalError.writeFailed("\(key.submitter) used the idempotency key \(key.key) already")
            }
        }
    }

    private func checkMovements(_ changes: [Change]) throws {
        var last = movements.last?.sequence ?? 0
        var new: Set<MovementIdentity> = []
        for case .creditsMoved(let moved) in changes {
            for movement in moved {
                guard movement.sequence > last, !identities.contains(movement.identity),
                    new.insert(movement.identity).inserted
                else { throw JournalError.writeFailed("movement \(movement.identity) was stored before") }
                last = movement.sequence
            }
        }
    }

    /// The reference for what a statement is.
    func statement(_ query: StatementQuery) throws -> AccountStatement {
        var balance = Credits.zero
        for movement in movements where movement.sequence <= query.after {
            if movement.to == query.account { balance = try balance.adding(movement.amount) }
            if movement.from == query.account { balance = try balance.subtracting(movement.amount) }
        }
        let earliest = query.from ?? Instant(microseconds: .min)
        let end = max(earliest, query.to ?? Instant(microseconds: .max))
        return try AccountStatement(
            of: query.account, in: movements, from: .init(sequence: query.after, balance: balance),
            period: earliest..<end, limit: query.boundedLimit)
    }

    mutating func apply(_ change: Change) {
        switch change {
        case .jobSubmitted(var record):
            if !record.state.isFinal { record.counts = TaskCounts(total: record.counts.total) }
            jobs[record.id] = Entry(record: record, logSize: logSize)
            lastJob = max(lastJob, record.id.number)
            if let key = record.key { keys[key] = record.id }
        case .jobMoved(let id, let state, let reason, let endedAt, let counts):
            guard jobs[id] != nil else { return }
            jobs[id]!.record.state = state
            jobs[id]!.record.reason = reason
            jobs[id]!.record.endedAt = endedAt
            if state.isFinal { jobs[id]!.record.counts = counts }
        case .taskEnded(let record):
            guard jobs[record.id.job] != nil, jobs[record.id.job]!.tasks[record.id.index] == nil else { return }
            jobs[record.id.job]!.tasks[record.id.index] = record
            if !jobs[record.id.job]!.record.state.isFinal { jobs[record.id.job]!.record.counts.count(record) }
        case .resultArrived(let result):
            let job = result.attempt.task.job
            guard jobs[job] != nil, jobs[job]!.attempts.insert(result.attempt).inserted else { return }
            jobs[job]!.results.append(result)
        case .nodeChanged(let record):
            nodes[record.id] = record.replacing(nodes[record.id])
        case .nodePerformed(let node, let performance):
            nodes[node]?.performance = performance
        case .tokenChanged(let record):
            tokens[record.name] = record
        case .trustChanged(let snapshot):
            trust = snapshot.record
            for standing in snapshot.standings { standings[StandingKey(standing)] = standing }
        case .logGrew(let growth):
            logSize = growth.size
            for tile in growth.tiles { logTiles[TilePlace(level: tile.level, index: tile.index)] = tile }
        case .creditsMoved(let moved):
            movements += moved
            identities.formUnion(moved.map(\.identity))
        case .cacheEntered(let entry): cache.enter(entry)
        case .cacheTrimmed(let count): cache.trim(keeping: count)
        case .cacheRevoked(let node): cache.removeAll { $0.voters.contains(node) }
        case .cacheRefused(let key, let origin): cache.removeAll { $0.key == key && $0.origin == origin }
        case .webhook(let change): webhooks.apply(change)
        }
    }

    mutating func startEpoch() -> Snapshot {
        epoch += 1
        if epoch > 1 { lastJob += Snapshot.unheardJobs }
        let unfinished = jobs.values.filter { !$0.record.state.isFinal }.sorted { $0.record.id < $1.record.id }
        return Snapshot(
            epoch: epoch, lastJob: lastJob,
            jobs: unfinished.map { entry in
                UnfinishedJob(
                    record: entry.record, ended: entry.tasks.values.sorted { $0.id < $1.id },
                    results: entry.results.filter { entry.tasks[$0.attempt.task.index] == nil })
            },
            nodes: nodes.values.sorted { $0.id < $1.id }, tokens: tokens.values.sorted { $0.name < $1.name },
            trust: trust.map { record in
                TrustSnapshot(
                    record: record, standings: standings.sorted { $0.key < $1.key }.map { $0.value })
            },
            logSize: logSize, logMinimum: logMinimum, ledger: LedgerRecord(of: movements), webhooks: webhooks.backlogs)
    }

    mutating func prune(endedBefore instant: Instant, limit: Int) -> Int {
        let cited = Set(jobs.values.flatMap { $0.tasks.values.compactMap(\.cachedFrom?.job) })
        let ended = jobs.values.map(\.record).filter { record in
            record.state.isFinal && record.endedAt.map { $0 < instant } ?? false && !cited.contains(record.id)
        }
        let oldest = ended.sorted { ($0.endedAt!, $0.id) < ($1.endedAt!, $1.id) }.prefix(max(0, limit))
        for record in oldest {
            jobs[record.id] = nil
            if let key = record.key { keys[key] = nil }
            cache.removeAll { $0.origin.job == record.id }
        }
        return oldest.count
    }

    mutating func pruneLog() -> UInt64 {
        logMinimum = jobs.min { $0.key < $1.key }?.value.logSize ?? logSize
        for place in logTiles.keys
        where place.index < LogTile.firstKept(level: place.level, minimumIndex: logMinimum) {
            logTiles[place] = nil
        }
        return logMinimum
    }
}

extension JobRecord {
    fileprivate var key: IdempotencyKey? {
        spec.idempotencyKey.map { IdempotencyKey(submitter: submitter, key: $0) }
    }
}

extension TaskCounts {
    fileprivate mutating func count(_ record: TaskRecord) {
        switch record.state {
        case .succeeded: succeeded += 1
        case .failed: failed += 1
        case .cancelled: cancelled += 1
        case .waiting, .running: break
        }
        if record.dissenters > 0 { disagreed += 1 }
    }
}
