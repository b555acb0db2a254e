import DequeModule
import WeftModel
import WeftTrust

/// Jobs with an error budget: the book of trust says how many answers a task needs, and when one is good enough.
/// docs/trust.md is the model.
extension Engine {
    private func policy(of id: JobID) -> TrustPolicy {
        TrustPolicy(maxError: jobs[id]!.verification.maxError!.share)
    }

    /// A node that says it runs more kinds of payload than this is known for the first of them only.
    private static let maxMembersOfNode = 32

    /// Makes a node known to the book, once for each kind of payload that it runs: who is right in one may be wrong in
    /// another.
    mutating func enrol(_ node: Int) {
        let profile = nodes[node].record.profile
        var keys = profile.owner.isEmpty ? [] : ["owner:" + profile.owner]
        if let network = nodes[node].record.network { keys.append("network:" + network) }
        for payload in Set(profile.drivers.flatMap(\.payloads)).sorted().prefix(Self.maxMembersOfNode)
        where nodes[node].members[payload] == nil {
            nodes[node].members[payload] = trust.enrol(nodes[node].record.id, driver: payload, keys: keys)
        }
    }

    /// What the book knows a node as that runs tasks of this job; nil where it does not run their kind.
    func member(_ node: Int, for id: JobID) -> Member? {
        guard let driver = jobs[id]?.driver else { return nil }
        return nodes[node].members[driver]
    }

    /// Whether the book lets this node answer: it was not caught lying too often, and nobody of its group has answered.
    func mayAnswer(_ task: OpenTask?, of id: JobID, on node: Int) -> Bool {
        guard let member = member(node, for: id), !trust.isExcluded(member) else { return false }
        guard let task else { return true }
        let group = trust.group(of: member)
        let voted = (task.ballot?.votes ?? []) + (task.ballot?.struck ?? [])
        return !voted.contains { trust.group(of: $0.member) == group }
            && !task.running.contains { lease in
                self.member(attempts[lease]!.node, for: id).map { trust.group(of: $0) } == group
            }
    }

    /// Whether one more task of the job may be begun. While little is known of the pool, few are; and finishing what is
    /// begun comes before beginning, since each task that is decided makes the next ones cheaper.
    func mayBegin(_ id: JobID) -> Bool {
        guard jobs[id]!.verification.maxError != nil else { return true }
        return openBudgetTasks < trust.maxTasks
            && undecidedTasks < trust.configuration.cohort + Self.undecidedPerAttempt * occupying
    }

    private static let undecidedPerAttempt = 2

    private mutating func move(_ offset: UInt32, of id: JobID, to state: OpenTask.TrustState) {
        let old = jobs[id]!.open[offset]!.trust
        undecidedTasks += (state == .undecided ? 1 : 0) - (old == .undecided ? 1 : 0)
        jobs[id]!.open[offset]!.trust = state
    }

    /// The ballot of a task that is being started; ``withdraw(_:_:)`` ends it.
    mutating func openBallot(of task: TaskID) -> Ballot {
        openBudgetTasks += 1
        undecidedTasks += 1
        return Ballot(task: task)
    }

    // MARK: Deciding

    /// Asks the book what to do about a task.
    mutating func weigh(_ offset: UInt32, of id: JobID) {
        guard jobs[id]?.open[offset]?.ballot != nil, jobs[id]!.open[offset]!.trust == .undecided,
            areCompared(offset, of: id)
        else { return }
        if let known = knownAnswer(offset, of: id) { return weighCanary(offset, of: id, against: known) }
        restate(offset, of: id)
        let open = jobs[id]!.open[offset]!
        let ballot = open.ballot!
        let answers = open.tally.kinds
        if answers > 1, !open.hasDisagreed { noteDisagreement(offset, of: id, answers: answers) }
        let policy = policy(of: id)
        switch trust.decide(ballot, under: policy, outstanding: open.outstanding) {
        case .wait: break
        case .ask(let count, _): want(count, offset, of: id)
        case .hold:
            move(offset, of: id, to: .held)
            stallingJobs.insert(id)
            take(trust.hold(ballot, under: policy))
        case .accept(let answer, let bound):
            move(offset, of: id, to: .decided)
            jobs[id]!.open[offset]!.waiting = 0
            stallingJobs.insert(id)
            take(trust.settle(ballot, as: answer, bound: bound, under: policy))
        case .cannotBeMet(let refusal): refuse(offset, of: id, because: refusal)
        }
    }

    /// An answer that came after its task was accepted says something of its node all the same.
    mutating func weighLate(_ vote: Vote, of id: JobID, against answer: Digest) {
        guard let member = member(vote.node, for: id) else { return }
        take(trust.canary(member, isRight: vote.answer == answer))
    }

    /// Does what follows from a call of the book, in its order. What has to be decided anew is, before the next event.
    private mutating func take(_ consequences: Consequences) {
        isTrustChanged = true
        changedStandings.formUnion(consequences.changed)
        for member in consequences.changed where trust.isExcluded(member) { takeBack(from: member) }
        revokeCached(of: consequences.convicted)
        for struck in consequences.struck where hasBallot(struck.task) {
            let offset = jobs[struck.task.job]!.offset(of: struck.task)!
            jobs[struck.task.job]!.open[offset]!.ballot!.strike(struck.member)
            move(offset, of: struck.task.job, to: .undecided)
            unsettled.append(struck.task)
        }
        for task in consequences.drawn where hasBallot(task) {
            let offset = jobs[task.job]!.offset(of: task)!
            jobs[task.job]!.open[offset]!.ballot!.isDrawn = true
            move(offset, of: task.job, to: .undecided)
            unsettled.append(task)
        }
        for release in consequences.released { accept(release) }
        for (task, refusal) in consequences.refused where hasBallot(task) {
            refuse(jobs[task.job]!.offset(of: task)!, of: task.job, because: refusal)
        }
    }

    private func hasBallot(_ task: TaskID) -> Bool {
        guard let job = jobs[task.job], let offset = job.offset(of: task) else { return false }
        return job.open[offset]?.ballot != nil
    }

    /// Decides what has to be decided anew. Each decision may lead to more, but only to fewer votes or more checks of what
    /// was held, so it comes to an end.
    mutating func settle() {
        while let task = unsettled.popFirst() {
            guard let offset = jobs[task.job]?.offset(of: task) else { continue }
            weigh(offset, of: task.job)
        }
    }

    mutating func accept(_ release: Release) {
        let id = release.task.job
        guard let offset = jobs[id]?.offset(of: release.task), let open = jobs[id]?.open[offset], open.ballot != nil
        else { return }
        let tally = tally(of: open, for: release.answer)
        guard let answer = tally.leading, let vote = open.votes.first(where: { $0.answer == answer }) else { return }
        let judged = judgements(of: open, by: tally)
        // Nobody's second opinion proves nothing, but where the answer is known.
        if open.votes.count > 1 || knownAnswer(offset, of: id) != nil {
            move(reputationsOf: open.votes.filter { judged[$0.answer] != nil }) { judged[$0] == true }
        }
        endTask(
            offset, of: id, state: vote.isSuccess ? .succeeded : .failed, verdict: .agreed, answer: answer,
            alike: Set(judged.filter(\.value).keys).subtracting([answer]),
            reason: vote.isSuccess ? nil : "the payload failed: see its exit status and outputs",
            dissenters: open.votes.count { judged[$0.answer] == false },
            errorBound: ErrorRate(notBelow: release.bound))
    }

    mutating func refuse(_ offset: UInt32, of id: JobID, because refusal: Refusal) {
        guard let open = jobs[id]?.open[offset], let ballot = open.ballot else { return }
        let tally = open.tally
        let consequences = trust.giveUp(ballot.task)
        endTask(
            offset, of: id, state: .failed, verdict: tally.kinds > 1 ? .disagreed : .undecided, answer: nil,
            reason: refusal.words(forBudgetOf: jobs[id]!.record.spec),
            dissenters: tally.kinds > 1 ? tally.total - tally.count : 0)
        take(consequences)
    }

    // MARK: The ends of tasks and jobs

    /// A task has ended: nothing is asked of the book for it any more.
    mutating func withdraw(_ ballot: Ballot, _ state: OpenTask.TrustState) {
        openBudgetTasks -= 1
        if state == .undecided { undecidedTasks -= 1 }
        stallingJobs.insert(ballot.task.job)
        take(trust.withdraw(ballot.task, heldBy: ballot.votes.count == 1 ? ballot.votes[0].member : nil))
    }

    /// The job is cancelled.
    mutating func withdrawBallots(of id: JobID) {
        for offset in jobs[id]!.open.keys.sorted() {
            guard let task = jobs[id]!.open.removeValue(forKey: offset), let ballot = task.ballot else { continue }
            withdraw(ballot, task.trust)
        }
    }

    /// Where all that a job has begun is held, and it can begin no more, nothing else will ever set its answers free: the
    /// book checks what it holds as it is.
    ///
    /// Returns whether it did, so that there may be something to place.
    mutating func flushStalled() -> Bool {
        guard !stallingJobs.isEmpty else { return false }
        failUnmeetable()
        let isStalled = stallingJobs.contains(where: isStalled)
        stallingJobs.removeAll()
        guard isStalled else { return false }
        take(trust.closeBatches())
        settle()
        return true
    }

    private func isStalled(_ id: JobID) -> Bool {
        guard let job = jobs[id], !job.record.state.isFinal, !job.open.isEmpty, budgetJobs.contains(id) else {
            return false
        }
        let mayBeginMore =
            job.nextFresh < job.range.count && job.open.count < configuration.maxOpenTasks && mayBegin(id)
        guard !mayBeginMore else { return false }
        return job.open.values.allSatisfy { $0.outstanding == 0 && $0.comparing.isEmpty }
    }

    /// Where the pool does not keep to what is assumed of it, jobs with an error budget end, and say so.
    private mutating func failUnmeetable() {
        guard !budgetJobs.isEmpty, let refusal = trust.refusal else { return }
        for id in budgetJobs.sorted() {
            guard let job = jobs[id], !job.record.state.isFinal else { continue }
            cancel(id, reason: refusal.words(forBudgetOf: job.record.spec))
        }
        settle()
    }

    // MARK: Time and restarts

    mutating func ageTrust() {
        guard now - trustAgedAt >= configuration.trustHalfLife else { return }
        trustAgedAt = now
        trust.age()
        changedStandings.formUnion(nodes.flatMap(\.members.values))
        isTrustChanged = true
    }

    /// What a half-answered task still needs is asked once workers have come back.
    mutating func resumeBallot(_ offset: UInt32, of job: inout Job) {
        var ballot = openBallot(of: job.task(offset))
        for vote in job.open[offset]!.votes {
            guard let member = nodes[vote.node].members[job.driver] else { continue }
            ballot.add(vote.answer, of: member, order: vote.order)
        }
        job.open[offset]!.ballot = ballot
        guard ballot.votes.isEmpty else { return }
        job.open[offset]!.waiting = 1
        job.wanting.append(offset)
    }

    /// What is to be made durable of the book with this step.
    mutating func keepTrust() {
        guard isTrustChanged else { return }
        isTrustChanged = false
        var record = trust.record
        record.agedAt = trustAgedAt
        step.changes.append(
            .trustChanged(
                TrustSnapshot(record: record, standings: changedStandings.sorted().map { trust.standings[$0.index] })))
        changedStandings.removeAll()
    }
}

extension Refusal {
    /// For people: why the job's error budget cannot be met.
    fileprivate func words(forBudgetOf spec: JobSpec) -> String {
        "max_error \(spec.verification.maxError?.text ?? "") cannot be met: \(words)"
    }

    private var words: String {
        switch self {
        case .tooManyHostile(let convicted, let examined):
            "\(convicted) of \(examined) owners whose answers were checked gave wrong ones, more than a third may be"
        case .poolUnknown(let convicted, let examined):
            "of \(examined) owners whose answers were checked \(convicted) gave wrong ones: too little to go by"
        case .tooFewGroups(let count): "\(count) owners' nodes are too few to be certain enough"
        case .noAgreement(let votes, let answers): "\(votes) nodes gave \(answers) different answers"
        }
    }
}
