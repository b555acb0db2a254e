package import WeftModel

/// What a node was paid for one answer.
package struct Payment: Hashable, Sendable {
    package let paid: Credits
    /// What the escrow did not hold.
    package let shortfall: Credits
    /// To be stored before anybody is told; nil when it was paid before, or cost nothing.
    package let made: Movement?

    package init(paid: Credits, shortfall: Credits, made: Movement?) {
        self.paid = paid
        self.shortfall = shortfall
        self.made = made
    }
}

extension Ledger {
    /// Pays a node for a verified answer: `amount` is its metered cost, of which the escrow gives what it still holds. What it
    /// does not hold stays unpaid, also after a top-up. A lease that was paid for is answered as the first time.
    ///
    /// - Parameter lease: of the attempt that answered; a lease is of one attempt only (``LeaseID``).
    ///
    /// Throws ``LedgerError/notPositive(_:)`` below 0, ``LedgerError/jobClosed(_:)`` or ``LedgerError/noEscrow(_:)``.
    package mutating func pay(
        _ node: NodeID, for task: TaskID, under lease: LeaseID, _ amount: Credits, at now: Instant
    ) throws(LedgerError) -> Payment {
        guard amount >= .zero else { throw .notPositive(amount) }
        guard let index = escrows.index(forKey: task.job) else { throw missingEscrow(task.job) }
        // In place: a copy of the escrow would copy its leases when it changes.
        let draw = escrows.values[index].draw(amount, lease)
        let shortfall = Self.difference(amount, draw.paid)
        guard draw.isFirst else { return Payment(paid: draw.paid, shortfall: shortfall, made: nil) }
        let work = PaidWork(task: task, node: node, lease: lease, payer: draw.payer)
        let movement = post(
            draw.paid, from: .escrow(task.job), to: .node(node), .payment(work, asked: amount), at: now)
        return Payment(paid: draw.paid, shortfall: shortfall, made: movement)
    }

    /// The job has ended: its submitter gets the rest. Final; nothing is paid for it any more.
    ///
    /// Returns the movement to be stored, also where nothing was left; nil when the job was closed before. Throws
    /// ``LedgerError/noEscrow(_:)``.
    package mutating func close(_ job: JobID, at now: Instant) throws(LedgerError) -> Movement? {
        guard let escrow = escrows[job] else {
            guard job <= lastJob else { throw .noEscrow(job) }
            return nil
        }
        let movement = post(
            escrow.held, from: .escrow(job), to: .submitter(escrow.submitter), .refund(job), at: now)
        escrows[job] = nil
        return movement
    }

    /// Takes a payment back from a node that was found lying, as far as it has that much. It goes where it came from: into the
    /// job's escrow, or to its submitter when the job has ended. A payment can be reversed once.
    ///
    /// - Parameter payment: as it was stored. The ledger does not keep payments and cannot tell a forged one.
    ///
    /// Throws ``LedgerError/notAPayment(sequence:)`` or ``LedgerError/outsideWindow(_:)``.
    package mutating func reverse(
        _ payment: Movement, reason: String, at now: Instant
    ) throws(LedgerError) -> Entry {
        if let first = recent[.reversal(payment: payment.sequence)] { return .known(first) }
        guard case .payment(let work, _) = payment.cause else { throw .notAPayment(sequence: payment.sequence) }
        guard Self.distance(payment.at, now) <= Self.windowMicroseconds else { throw .outsideWindow(payment.at) }
        return try reverse(payment.sequence, work, payment.amount, reason: reason, at: now)
    }

    /// A reversal whose age was looked at before.
    mutating func reverse(
        _ payment: UInt64, _ work: PaidWork, _ asked: Credits, reason: String, at now: Instant
    ) throws(LedgerError) -> Entry {
        if let first = recent[.reversal(payment: payment)] { return .known(first) }
        guard (1...max(1, lastSequence)).contains(payment), work.task.job <= lastJob, asked >= .zero else {
            throw .notAPayment(sequence: payment)
        }
        let isOpen = escrows.index(forKey: work.task.job) != nil
        let taken = min(asked, balance(of: .node(work.node)))
        let movement = post(
            taken, from: .node(work.node), to: isOpen ? .escrow(work.task.job) : .submitter(work.payer),
            .reversal(payment: payment, work, asked: asked, reason: reason), at: now)
        recent.add(movement)
        return .made(movement)
    }

    /// Of amounts of which the first is the greater one, and neither below 0.
    private static func difference(_ one: Credits, _ other: Credits) -> Credits {
        Credits(microCredits: one.microCredits - other.microCredits)
    }
}
