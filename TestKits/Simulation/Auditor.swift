import WeftEngine
import WeftModel

/// Keeps books of its own, from what was committed, published and acknowledged, and compares.
struct Auditor {
    private let configuration: EngineConfiguration
    private var owners: [NodeID: String] = [:]
    /// Owners of whom at least one node may give a wrong answer.
    private var dishonestOwners: Set<String> = []
    private var acknowledgedJobs: [(id: JobID, specDigest: Digest, submitter: String)] = []
    private var publishedEnds: Set<TaskID> = []
    private var endedTasks: Set<TaskID> = []
    private var recordedResults: Set<AttemptID> = []
    /// Answers by task, in the order of their commits.
    private(set) var votes: [TaskID: [AttemptResult]] = [:]
    /// Failures of the payload's own making, by task.
    private var failures: [TaskID: Int] = [:]
    /// Answers whose comparison the engine waits for.
    private var comparing: [TaskID: Set<Agreements.Pair>] = [:]
    /// The same of tasks that were decided meanwhile.
    private var uncompared: [TaskID: Set<Agreements.Pair>] = [:]
    private var reputations: [NodeID: Reputation] = [:]
    private var performances: [NodeID: Performance] = [:]
    private(set) var books = BookAuditor()
    /// Judgements so far, of each node the last that went against it, and of each task whose answer others may be given
    /// who had agreed and when that was.
    private(set) var judgements = 0
    private(set) var lies: [NodeID: Int] = [:]
    var cached: [TaskID: (entry: CacheEntry, at: Int)] = [:]
    var tasksCached = 0
    private(set) var tasksEnded = 0

    init(configuration: EngineConfiguration) { self.configuration = configuration }

    mutating func add(_ worker: WorkerPlan) {
        let owner = worker.profile.owner
        owners[worker.id] = owner.isEmpty ? "itself:" + worker.id.text : owner
        if !worker.behaviour.isHonest { dishonestOwners.insert(owners[worker.id]!) }
    }

    func owner(of node: NodeID) -> String { owners[node]! }

    // MARK: What clients and workers were told

    mutating func acknowledge(_ id: JobID, specDigest: Digest, submitter: String) {
        acknowledgedJobs.append((id, specDigest, submitter))
    }

    func lostJob(in journal: ReferenceJournal) -> String? {
        for job in acknowledgedJobs {
            guard let record = journal.jobs[job.id], record.specDigest == job.specDigest,
                record.submitter == job.submitter
            else { return "the acknowledged job \(job.id) is lost" }
        }
        return nil
    }

    /// A worker forgets a result because it was told that it may.
    func acknowledged(_ result: AttemptResult, journal: ReferenceJournal) -> String? {
        guard case .completed = result.outcome else { return nil }
        let task = result.attempt.task
        if journal.hasResult(result.attempt) || journal.tasks[task] != nil { return nil }
        // Of a job that never became durable: it may have been handed out, but nobody was told of it.
        guard let job = journal.jobs[task.job] else { return nil }
        if job.state.isFinal { return nil }
        let owner = owners[result.node]!
        if votes[task]?.contains(where: { owners[$0.node] == owner }) == true { return nil }
        return "the acknowledged result of \(result.attempt) is lost"
    }

    mutating func published(_ notice: Notice) -> String? {
        guard case .taskEnded(let record) = notice else { return nil }
        return publishedEnds.insert(record.id).inserted ? nil : "two verdicts on task \(record.id) were published"
    }

    // MARK: What was committed

    mutating func commit(_ changes: [Change], journal: ReferenceJournal) -> String? {
        for change in changes {
            let problem: String? =
                switch change {
                case .resultArrived(let result): arrived(result, journal: journal)
                case .taskEnded(let record): ended(record, journal: journal)
                case .jobMoved(let id, let state, _, _, let counts): moved(id, state, counts, journal: journal)
                case .nodeChanged(let record): changed(record)
                case .nodePerformed(let node, let performance): performed(node, performance)
                case .creditsMoved(let movements): moved(movements, journal: journal)
                case .cacheEntered(let entry): entered(entry, journal: journal)
                case .jobSubmitted, .tokenChanged, .trustChanged, .logGrew, .cacheTrimmed, .cacheRevoked, .cacheRefused,
                    .webhook:
                    nil
                }
            if let problem { return problem }
        }
        return nil
    }

    /// What a step asks to be compared and what it is told of that, as it is decided.
    mutating func compare(_ step: Step, told events: [Event]) {
        for case .compared(let task, let findings) in events { comparing[task]?.subtract(findings.keys) }
        for case .compare(let task, let pairs) in step.actions { comparing[task, default: []].formUnion(pairs) }
        for case .taskEnded(let record) in step.changes {
            uncompared[record.id] = comparing.removeValue(forKey: record.id)
        }
    }

    /// Whether it is known if a vote is like the answer of its task, which need not wait for that.
    private func isJudged(_ vote: AttemptResult, _ record: TaskRecord) -> Bool {
        guard let answer = vote.answer, let accepted = record.answer, let open = uncompared[record.id] else {
            return true
        }
        return record.supports(answer) || !open.contains(Agreements.Pair(answer, accepted))
    }

    /// A new coordinator asks again.
    mutating func forgetComparisons() { comparing = [:] }

    private mutating func arrived(_ result: AttemptResult, journal: ReferenceJournal) -> String? {
        guard recordedResults.insert(result.attempt).inserted else {
            return "the result of \(result.attempt) was recorded twice"
        }
        let task = result.attempt.task
        guard case .completed = result.outcome else {
            failures[task, default: 0] += 1
            return nil
        }
        let owner = owners[result.node]!
        if votes[task]?.contains(where: { owners[$0.node] == owner }) == true {
            return "\(owner) answered twice to task \(task)"
        }
        votes[task, default: []].append(result)
        if endedTasks.contains(task), let record = journal.tasks[task] { judge([result], record, journal) }
        return nil
    }

    private mutating func ended(_ record: TaskRecord, journal: ReferenceJournal) -> String? {
        guard endedTasks.insert(record.id).inserted else { return "task \(record.id) was settled twice" }
        tasksEnded += 1
        guard let job = journal.jobs[record.id.job] else { return "task \(record.id) ended without its job" }
        if let origin = record.cachedFrom { return reused(origin, for: record, of: job, journal: journal) }
        let policy = job.spec.verification
        let votes = self.votes[record.id] ?? []
        switch record.verdict {
        case .agreed:
            let alike = votes.filter { $0.answer.map(record.supports) ?? false }
            let backers = Set(alike.map { owners[$0.node]! })
            if backers.count < policy.quorum {
                return "task \(record.id) was agreed by \(backers.count) owners; the quorum is \(policy.quorum)"
            }
            if record.dissenters != votes.count(where: { isJudged($0, record) }) - alike.count {
                return "task \(record.id) counts \(record.dissenters) dissenters of \(votes.count) votes"
            }
            if let budget = policy.maxError, record.errorBound.map({ $0 > budget }) ?? true {
                return
                    "task \(record.id) was accepted at \(record.errorBound?.text ?? "no bound"), above \(budget.text)"
            }
            if policy.spotCheck != nil, votes.count > 1, alike.count < 2 {
                return "task \(record.id) was checked, and accepted with one answer of \(votes.count)"
            }
            if policy.maxError == nil || votes.count > 1 { judge(votes, record, journal) }
        case .disagreed:
            if votes.count < policy.quorum {
                return "task \(record.id) was given up as disagreed after \(votes.count) answers"
            }
        case .undecided:
            let failures = self.failures[record.id] ?? 0
            let isByFailures = record.reason?.contains("failed)") == true
            if isByFailures, failures != job.spec.retries + 1 {
                return "task \(record.id) has \(job.spec.retries) retries and was failed after \(failures) failures"
            }
        }
        return nil
    }

    private func moved(
        _ id: JobID, _ state: JobState, _ counts: TaskCounts, journal: ReferenceJournal
    ) -> String? {
        guard state.isFinal else { return nil }
        let rows = journal.counts(of: id)
        if rows.succeeded != Int(counts.succeeded) || rows.failed != Int(counts.failed) {
            return "job \(id) counts \(counts), its task records say \(rows)"
        }
        if counts.ended != counts.total { return "job \(id) is \(state.rawValue) with \(counts)" }
        if counts.disagreed > counts.total { return "job \(id) has more disagreements than tasks: \(counts)" }
        let isRight =
            switch state {
            case .succeeded: counts.succeeded == counts.total
            case .failed: counts.failed > 0 && counts.cancelled == 0
            case .cancelled: counts.cancelled > 0
            case .waiting, .running: false
            }
        return isRight ? nil : "job \(id) is \(state.rawValue) with \(counts)"
    }

    private mutating func moved(_ movements: [Movement], journal: ReferenceJournal) -> String? {
        for movement in movements {
            let problem = books.take(movement, prices: configuration.prices, journal: journal, votes: votes)
            if let problem { return problem }
        }
        return nil
    }

    // MARK: Reputation

    private mutating func judge(_ votes: [AttemptResult], _ record: TaskRecord, _ journal: ReferenceJournal) {
        let policy = journal.jobs[record.id.job]!.spec.verification
        // Of tasks with spot checks, only those have a second answer that were checked.
        let isChecked =
            policy.quorum >= 2 || policy.maxError != nil
            || (policy.spotCheck != nil && (self.votes[record.id] ?? []).count > 1)
        guard record.verdict == .agreed, record.answer != nil, isChecked else { return }
        for vote in votes where isJudged(vote, record) {
            judgements += 1
            if vote.answer.map({ !record.supports($0) }) ?? true { lies[vote.node] = judgements }
            var reputation =
                reputations[vote.node] ?? Reputation(score: configuration.reputationAtStart)
            if vote.answer.map(record.supports) ?? false {
                reputation.agreements += 1
                reputation.score = min(100, reputation.score + configuration.reputationGain)
            } else {
                reputation.disagreements += 1
                reputation.score = max(0, reputation.score - configuration.reputationLoss)
            }
            reputations[vote.node] = reputation
        }
    }

    /// Rows of nodes come last in a step, after everything that moves them.
    private func changed(_ record: NodeRecord) -> String? {
        let expected = reputations[record.id] ?? Reputation(score: configuration.reputationAtStart)
        guard record.reputation != expected else { return nil }
        return "\(record.id) has \(record.reputation); its verdicts make \(expected)"
    }

    /// Of what a node does, the counts only grow, and are those of its days.
    private mutating func performed(_ node: NodeID, _ performance: Performance) -> String? {
        let before = performances.updateValue(performance, forKey: node) ?? Performance()
        let days = performance.history.reduce(0) { $0 + $1.finished }
        if days != performance.finished {
            return "\(node) finished \(performance.finished) attempts, and \(days) on single days"
        }
        guard performance.finished < before.finished || performance.lost < before.lost else { return nil }
        return "\(node) had \(before), and has \(performance)"
    }

    /// A wrong answer needs as many dishonest owners as the quorum.
    func wronglyAccepted(_ record: TaskRecord, isRight: Bool, quorum: Int) -> String? {
        guard record.verdict == .agreed, !isRight, dishonestOwners.count < quorum else { return nil }
        return "task \(record.id) accepted a wrong answer; \(dishonestOwners.count) owners lie, the quorum is \(quorum)"
    }
}
