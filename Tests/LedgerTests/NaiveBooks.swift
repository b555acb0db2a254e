import WeftLedger
import WeftModel

/// What a ledger should do, said as simply as can be: every movement ever made is kept and found by its identity.
struct NaiveBooks {
    private(set) var movements: [Movement] = []
    private(set) var made: [MovementIdentity: Movement] = [:]
    /// Also of accounts that are empty.
    private(set) var balances: [Account: Int64] = [:]
    private var payers: [JobID: String] = [:]
    private var lastJob = JobID(0)

    func balance(_ account: Account) -> Int64 { balances[account] ?? 0 }
    func isOpen(_ job: JobID) -> Bool { payers[job] != nil && made[.refund(job)] == nil }
    func escrowError(_ job: JobID) -> LedgerError { job > lastJob ? .noEscrow(job) : .jobClosed(job) }

    mutating func add(from: Account, to: Account, _ amount: Int64, _ cause: Cause, at now: Instant) -> Movement {
        let movement = Movement(
            sequence: UInt64(movements.count) + 1, from: from, to: to, amount: Credits(microCredits: amount),
            cause: cause, at: now)
        movements.append(movement)
        precondition(made.updateValue(movement, forKey: movement.identity) == nil, "\(movement.identity) twice")
        balances[from, default: 0] -= amount
        balances[to, default: 0] += amount
        return movement
    }

    mutating func grant(_ grant: Grant, at now: Instant) throws(LedgerError) -> Movement {
        let amount = grant.amount.microCredits
        guard amount > 0 else { throw .notPositive(grant.amount) }
        let left = Int64.max + balance(.issuance)
        guard amount <= left else { throw .tooMuchGranted(left: Credits(microCredits: left)) }
        return add(
            from: .issuance, to: .submitter(grant.submitter), amount,
            .grant(key: grant.key, reason: grant.reason, by: grant.by), at: now)
    }

    private func check(_ amount: Credits, of name: String) throws(LedgerError) {
        guard amount > .zero else { throw .notPositive(amount) }
        let balance = balance(.submitter(name))
        guard amount.microCredits > balance else { return }
        throw .insufficient(
            submitter: name, balance: Credits(microCredits: balance), wanted: amount,
            missing: Credits(microCredits: amount.microCredits - balance))
    }

    mutating func reserve(_ amount: Credits, _ job: JobID, of name: String, at now: Instant) throws(LedgerError)
        -> Movement
    {
        if isOpen(job) { return made[.escrow(job)]! }
        guard job > lastJob else { throw .jobClosed(job) }
        try check(amount, of: name)
        lastJob = job
        payers[job] = name
        return add(from: .submitter(name), to: .escrow(job), amount.microCredits, .escrow(job), at: now)
    }

    mutating func topUp(_ amount: Credits, _ job: JobID, key: String, at now: Instant) throws(LedgerError) -> Movement {
        guard isOpen(job) else { throw escrowError(job) }
        if let first = made[.topUp(job, key: key)] { return first }
        try check(amount, of: payers[job]!)
        return add(
            from: .submitter(payers[job]!), to: .escrow(job), amount.microCredits, .topUp(job, key: key), at: now)
    }

    /// The movement that there is now; nil for one of nothing.
    mutating func pay(
        _ node: NodeID, _ task: TaskID, _ lease: LeaseID, _ amount: Credits, at now: Instant
    ) throws(LedgerError) -> Movement? {
        guard amount >= .zero else { throw .notPositive(amount) }
        guard isOpen(task.job) else { throw escrowError(task.job) }
        if let first = made[.payment(task, lease)] { return first }
        guard amount > .zero else { return nil }
        let work = PaidWork(task: task, node: node, lease: lease, payer: payers[task.job]!)
        let paid = min(amount.microCredits, balance(.escrow(task.job)))
        return add(from: .escrow(task.job), to: .node(node), paid, .payment(work, asked: amount), at: now)
    }

    /// nil when it was closed before.
    mutating func close(_ job: JobID, at now: Instant) throws(LedgerError) -> Movement? {
        guard isOpen(job) else {
            guard job <= lastJob else { throw .noEscrow(job) }
            return nil
        }
        return add(
            from: .escrow(job), to: .submitter(payers[job]!), balance(.escrow(job)), .refund(job), at: now)
    }

    mutating func reverse(_ payment: Movement, _ work: PaidWork, reason: String, at now: Instant) -> Movement {
        let taken = min(payment.amount.microCredits, balance(.node(work.node)))
        return add(
            from: .node(work.node), to: isOpen(work.task.job) ? .escrow(work.task.job) : .submitter(work.payer), taken,
            .reversal(payment: payment.sequence, work, asked: payment.amount, reason: reason), at: now)
    }
}
