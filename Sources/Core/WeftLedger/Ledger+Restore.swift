package import WeftModel

extension Ledger {
    /// The ledger that made these movements: all of them, in their order. Throws ``LedgerDamage/movement(sequence:)`` at the
    /// first that cannot have followed those before it.
    package init(replaying movements: some Sequence<Movement>) throws(LedgerDamage) {
        self.init()
        try replay(movements)
    }

    /// Goes on from here, by the movements that were stored since. After an error the ledger is of no use.
    package mutating func replay(_ movements: some Sequence<Movement>) throws(LedgerDamage) {
        for movement in movements {
            guard movement.sequence == lastSequence + 1, (try? redo(movement)) == movement else {
                throw .movement(sequence: movement.sequence)
            }
        }
    }

    /// Asks for what a movement says that was asked for; the same movement comes of it, or there is damage.
    private mutating func redo(_ movement: Movement) throws(LedgerError) -> Movement? {
        let (amount, now) = (movement.amount, movement.at)
        switch movement.cause {
        case .grant(let key, let reason, let by):
            guard case .submitter(let name) = movement.to else { return nil }
            return try post(
                Grant(submitter: name, amount: amount, reason: reason, by: by, key: key, askedAt: now), at: now
            ).movement
        case .escrow(let job):
            guard case .submitter(let name) = movement.from else { return nil }
            return try reserve(amount, for: job, of: name, at: now).movement
        case .topUp(let job, let key): return try topUp(amount, for: job, key: key, at: now).movement
        case .payment(let work, let asked):
            return try pay(work.node, for: work.task, under: work.lease, asked, at: now).made
        case .refund(let job): return try close(job, at: now)
        case .reversal(let payment, let work, let asked, let reason):
            return try reverse(payment, work, asked, reason: reason, at: now).movement
        }
    }
}
