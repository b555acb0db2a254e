import WeftLedger
import WeftModel

/// What a ledger should do, said as simply as can be: every movement ever made is kept and found by its identity.
struct NaiveBooks {
    private(set) var movements: [Movement] = []
    /// Where in ``movements``.
    private var places: [MovementIdentity: Int] = [:]
    /// Also of accounts that are empty.
    private(set) var balances: [Account: Int64] = [:]
    /// Of open jobs.
    private var payers: [JobID: String] = [:]
    private var lastJob = JobID(0)

    init() {
        movements.reserveCapacity(50_000)
        places.reserveCapacity(50_000)
    }

    func balance(_ account: Account) -> Int64 { balances[account] ?? 0 }
    func isOpen(_ job: JobID) -> Bool { payers[job] != nil }
    func made(_ identity: MovementIdentity) -> Movement? { places[identity].map { movements[$0] } }
    func escrowError(_ job: JobID) -> LedgerError { job > lastJob ? .noEscrow(job) : .jobClosed(job) }

    mutating func add(from: Account, to: Account, _ amount: Int64, _ cause: Cause, at now: Instant) -> Movement {
        let movement = Movement(
            sequence: UInt64(movements.count) + 1, from: from, to: to, amount: Credits(microCredits: amount),
            cause: cause, at: now)
        precondition(
            places.updateValue(movements.count, forKey: movement.identity) == nil, "\(movement.identity) twice")
        movements.append(movement)
        balances[from, default: 0] -= amount
        balances[to, default: 0] += amount
        return movement
    }

    mutating func grant(_ grant: Grant, at now: Instant) -> Result<Movement, LedgerError> {
        let amount = grant.amount.microCredits
        guard amount > 0 else { return .failure(.notPositive(grant.amount)) }
        let left = Int64.max + balance(.issuance)
        guard amount <= left else { return .failure(.tooMuchGranted(left: Credits(microCredits: left))) }
        return .success(
            add(
                from: .issuance, to: .submitter(grant.submitter), amount,
                .grant(key: grant.key, reason: grant.reason, by: grant.by), at: now))
    }

    private func budgetError(_ amount: Credits, of name: String) -> LedgerError? {
        guard amount > .zero else { return .notPositive(amount) }
        let balance = balance(.submitter(name))
        guard amount.microCredits > balance else { return nil }
        return .insufficient(
            submitter: name, balance: Credits(microCredits: balance), wanted: amount,
            missing: Credits(microCredits: amount.microCredits - balance))
    }

    mutating func reserve(
        _ amount: Credits, _ job: JobID, of name: String, at now: Instant
    ) -> Result<Movement, LedgerError> {
        if isOpen(job) { return .success(made(.escrow(job))!) }
        guard job > lastJob else { return .failure(.jobClosed(job)) }
        if let error = budgetError(amount, of: name) { return .failure(error) }
        lastJob = job
        payers[job] = name
        return .success(
            add(from: .submitter(name), to: .escrow(job), amount.microCredits, .escrow(job), at: now))
    }

    mutating func topUp(
        _ amount: Credits, _ job: JobID, key: String, at now: Instant
    ) -> Result<Movement, LedgerError> {
        guard let payer = payers[job] else { return .failure(escrowError(job)) }
        if let first = made(.topUp(job, key: key)) { return .success(first) }
        if let error = budgetError(amount, of: payer) { return .failure(error) }
        return .success(
            add(from: .submitter(payer), to: .escrow(job), amount.microCredits, .topUp(job, key: key), at: now))
    }

    /// The movement that there is now; nil for one of nothing.
    mutating func pay(
        _ node: NodeID, _ task: TaskID, _ lease: LeaseID, _ amount: Credits, at now: Instant
    ) -> Result<Movement?, LedgerError> {
        guard amount >= .zero else { return .failure(.notPositive(amount)) }
        guard let payer = payers[task.job] else { return .failure(escrowError(task.job)) }
        if let first = made(.payment(task, lease)) { return .success(first) }
        guard amount > .zero else { return .success(nil) }
        let work = PaidWork(task: task, node: node, lease: lease, payer: payer)
        let paid = min(amount.microCredits, balance(.escrow(task.job)))
        return .success(
            add(from: .escrow(task.job), to: .node(node), paid, .payment(work, asked: amount), at: now))
    }

    /// nil when it was closed before.
    mutating func close(_ job: JobID, at now: Instant) -> Result<Movement?, LedgerError> {
        guard let payer = payers.removeValue(forKey: job) else {
            return job <= lastJob ? .success(nil) : .failure(.noEscrow(job))
        }
        return .success(
            add(from: .escrow(job), to: .submitter(payer), balance(.escrow(job)), .refund(job), at: now))
    }

    mutating func reverse(_ payment: Movement, _ work: PaidWork, reason: String, at now: Instant) -> Movement {
        let taken = min(payment.amount.microCredits, balance(.node(work.node)))
        return add(
            from: .node(work.node), to: isOpen(work.task.job) ? .escrow(work.task.job) : .submitter(work.payer), taken,
            .reversal(payment: payment.sequence, work, asked: payment.amount, reason: reason), at: now)
    }
}
