import WeftModel

/// The journal's rows and rules, as its port documents them. Everything in here is durable.
struct ReferenceJournal {
    private struct Key: Hashable { var submitter: String, key: String }

    private(set) var epoch: UInt64 = 0
    private(set) var lastJob: UInt64 = 0
    private(set) var jobs: [JobID: JobRecord] = [:]
    private(set) var tasks: [TaskID: TaskRecord] = [:]
    private(set) var nodes: [NodeID: NodeRecord] = [:]
    /// By task, in the order of arrival.
    private(set) var results: [TaskID: [AttemptResult]] = [:]
    private var endedTasks: [JobID: [TaskID]] = [:]
    private var openTasks: [JobID: Set<TaskID>] = [:]
    private var keys: [Key: JobID] = [:]
    private var trust: TrustRecord?
    private var standings: [String: Standing] = [:]
    private var movements: [Movement] = []
    private var identities: Set<MovementIdentity> = []
    /// Of each key the latest of each kind.
    private(set) var cache: [CacheEntry] = []

    mutating func commit(_ changes: [Change]) {
        for change in changes { apply(change) }
    }

    private mutating func apply(_ change: Change) {
        switch change {
        case .jobSubmitted(let record):
            guard jobs[record.id] == nil else { return }
            jobs[record.id] = record
            lastJob = max(lastJob, record.id.number)
            if let key = record.spec.idempotencyKey {
                keys[Key(submitter: record.submitter, key: key)] = record.id
            }
        case .jobMoved(let id, let state, let reason, let endedAt, let counts):
            jobs[id]?.state = state
            jobs[id]?.reason = reason
            jobs[id]?.endedAt = endedAt
            if state.isFinal { jobs[id]?.counts = counts }
        case .taskEnded(let record):
            guard tasks[record.id] == nil else { return }
            tasks[record.id] = record
            endedTasks[record.id.job, default: []].append(record.id)
            openTasks[record.id.job]?.remove(record.id)
        case .resultArrived(let result):
            let task = result.attempt.task
            guard results[task]?.contains(where: { $0.attempt == result.attempt }) != true else { return }
            results[task, default: []].append(result)
            if tasks[task] == nil { openTasks[task.job, default: []].insert(task) }
        case .nodeChanged(let record): nodes[record.id] = record.replacing(nodes[record.id])
        case .nodePerformed(let node, let performance): nodes[node]?.performance = performance
        case .tokenChanged, .logGrew, .webhook: break
        case .creditsMoved(let moved):
            movements += moved
            identities.formUnion(moved.map(\.identity))
        case .trustChanged(let snapshot):
            trust = snapshot.record
            for standing in snapshot.standings { standings[standing.node.text + " " + standing.driver] = standing }
        case .cacheEntered(let entry):
            guard entry.key != nil else { return }
            cache.removeAll { $0.key == entry.key && $0.isBudgeted == entry.isBudgeted }
            cache.append(entry)
        case .cacheTrimmed(let count): cache.removeFirst(max(0, cache.count - count))
        case .cacheRevoked(let node): cache.removeAll { $0.voters.contains(node) }
        case .cacheRefused(let key, let origin): cache.removeAll { $0.key == key && $0.origin == origin }
        }
    }

    /// Counts one more start and says what is not finished.
    mutating func load() -> Snapshot {
        epoch += 1
        if epoch > 1 { lastJob += Snapshot.unheardJobs }
        let unfinished = jobs.values.filter { !$0.state.isFinal }.sorted { $0.id < $1.id }.map { record in
            UnfinishedJob(
                record: record, ended: (endedTasks[record.id] ?? []).sorted().map { tasks[$0]! },
                results: (openTasks[record.id] ?? []).sorted().flatMap { results[$0] ?? [] })
        }
        return Snapshot(
            epoch: epoch, lastJob: lastJob, jobs: unfinished, nodes: nodes.values.sorted { $0.id < $1.id },
            trust: trust.map { record in
                TrustSnapshot(record: record, standings: standings.sorted { $0.key < $1.key }.map(\.value))
            }, ledger: LedgerRecord(of: movements))
    }

    func job(submitter: String, key: String) -> JobID? { keys[Key(submitter: submitter, key: key)] }

    func hasMoved(_ identity: MovementIdentity) -> Bool { identities.contains(identity) }

    func hasResult(_ attempt: AttemptID) -> Bool {
        results[attempt.task]?.contains { $0.attempt == attempt } ?? false
    }

    /// Ended tasks of a job, by what became of them.
    func counts(of id: JobID) -> (succeeded: Int, failed: Int) {
        let ended = endedTasks[id] ?? []
        let succeeded = ended.count { tasks[$0]!.state == .succeeded }
        return (succeeded, ended.count - succeeded)
    }
}
