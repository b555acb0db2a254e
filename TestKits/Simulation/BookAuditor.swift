import WeftEngine
import WeftLedger
import WeftModel

/// Keeps books of its own, from the movements that were committed: double entry by addition, and nothing of the ledger.
struct BookAuditor {
    private(set) var balances: [Account: Int64] = [:]
    /// Of movements, by kind.
    private(set) var counts: [String: Int] = [:]
    private var lastSequence: UInt64 = 0
    private var identities: Set<MovementIdentity> = []
    private var payments: [UInt64: Movement] = [:]
    /// How many answers to each task were paid for.
    private var paidAnswers: [TaskID: Int] = [:]
    /// Jobs of which a task had more answers than what is set aside covers.
    private var overpaid: Set<JobID> = []
    private var closed: Set<JobID> = []
    /// Jobs that something was set aside for.
    private(set) var priced: Set<JobID> = []
    /// Nodes of which a payment was taken back.
    private var reversed: Set<NodeID> = []

    /// `votes` has the recorded answers to a task.
    mutating func take(
        _ movement: Movement, prices: PriceList?, journal: ReferenceJournal, votes: [TaskID: [AttemptResult]]
    ) -> String? {
        guard movement.sequence == lastSequence + 1 else {
            return "movement \(movement.sequence) follows number \(lastSequence)"
        }
        lastSequence = movement.sequence
        guard identities.insert(movement.identity).inserted else { return "\(movement.identity) happened twice" }
        guard let prices else { return "credits moved where jobs cost nothing: \(movement.identity)" }
        counts[String(movement.identity.description.prefix { $0 != ":" }), default: 0] += 1
        balances[movement.from, default: 0] -= movement.amount.microCredits
        balances[movement.to, default: 0] += movement.amount.microCredits
        for account in [movement.from, movement.to] where account != .issuance && balances[account]! < 0 {
            return "\(account) is below 0 after \(movement.identity)"
        }
        guard balances.values.reduce(0, +) == 0 else { return "the accounts do not add up to 0" }
        switch movement.cause {
        case .grant: return movement.from == .issuance ? nil : "a grant came from \(movement.from)"
        case .topUp: return "nobody topped up"
        case .escrow(let job):
            priced.insert(job)
            guard let record = journal.jobs[job] else { return "job \(job) has an escrow and is not there" }
            return movement.from == .submitter(record.submitter) && movement.to == .escrow(job)
                ? nil : "\(movement.from) pays for a job of \(record.submitter)"
        case .payment(let work, let asked):
            payments[movement.sequence] = movement
            paidAnswers[work.task, default: 0] += 1
            return paid(movement, work, asked, prices, journal, votes[work.task] ?? [])
        case .refund(let job):
            closed.insert(job)
            guard journal.jobs[job]?.state.isFinal == true else { return "job \(job) was refunded and is not over" }
            return balances[.escrow(job)] == 0 ? nil : "job \(job) was refunded, and its escrow is not empty"
        case .reversal(let number, let work, let asked, _):
            reversed.insert(work.node)
            guard let payment = payments[number], payment.to == movement.from, payment.amount == asked,
                movement.amount <= asked
            else { return "movement \(movement.sequence) takes back what was not paid" }
            return nil
        }
    }

    private mutating func paid(
        _ movement: Movement, _ work: PaidWork, _ asked: Credits, _ prices: PriceList, _ journal: ReferenceJournal,
        _ votes: [AttemptResult]
    ) -> String? {
        guard movement.to == .node(work.node), movement.from == .escrow(work.task.job), !closed.contains(work.task.job)
        else { return "\(movement.identity) went from \(movement.from) to \(movement.to)" }
        guard let job = journal.jobs[work.task.job], let task = journal.tasks[work.task], task.verdict == .agreed else {
            return "\(movement.identity) was paid without a verdict"
        }
        guard let vote = votes.first(where: { $0.attempt.lease == work.lease }), vote.node == work.node else {
            return "\(work.node) was paid for an answer to \(work.task) that it did not give"
        }
        guard vote.answer.map(task.supports) ?? false else {
            return "\(work.node) was paid for a differing answer to \(work.task)"
        }
        // More may come of attempts that were given up: while answers are compared, or several of one task.
        if paidAnswers[work.task]! > mostAnswers(under: job.spec.verification) { overpaid.insert(work.task.job) }
        guard movement.amount == asked || overpaid.contains(work.task.job) || !job.spec.comparesDigests else {
            return "\(movement.identity) was paid \(movement.amount) of \(asked)"
        }
        guard let all = MeteredUse(allOf: AttemptBound(job.spec)), let most = try? prices.cost(of: all), asked <= most
        else { return "\(movement.identity) costs \(asked), more than an attempt can" }
        return nil
    }

    /// What a job sets aside covers so many answers to each task.
    private func mostAnswers(under policy: Verification) -> Int {
        if policy.maxError != nil { return .max }
        return policy.spotCheck == nil ? policy.maxReplicas : policy.ofSpotCheck.maxReplicas
    }

    /// What is wrong with an engine's books: they must be the committed ones.
    func compare(_ ledger: Ledger) -> String? {
        for (account, balance) in balances.sorted(by: { $0.key.description < $1.key.description })
        where ledger.balance(of: account).microCredits != balance {
            return "\(account) has \(ledger.balance(of: account)) by the engine, \(balance) millionths were committed"
        }
        return ledger.lastSequence == lastSequence ? nil : "the engine has \(ledger.lastSequence) movements"
    }

    /// What must hold when nothing is going on any more.
    func unfinished(journal: ReferenceJournal, votes: [TaskID: [AttemptResult]]) -> String? {
        for job in priced.sorted() where journal.jobs[job]?.state.isFinal == true && !closed.contains(job) {
            return "job \(job) is over and was not refunded"
        }
        for task in journal.tasks.values.sorted(by: { $0.id < $1.id }) where priced.contains(task.id.job) {
            let right =
                task.answer == nil ? [] : (votes[task.id] ?? []).filter { $0.answer.map(task.supports) ?? false }
            // Who was found lying is not paid where its word counts.
            if journal.jobs[task.id.job]?.spec.verification.maxError != nil { continue }
            if right.count != paidAnswers[task.id] ?? 0 {
                return "\(paidAnswers[task.id] ?? 0) of \(right.count) right answers to \(task.id) were paid for"
            }
        }
        return nil
    }
}
