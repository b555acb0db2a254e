/// One line of the books: credits that went from one account to another, and why. Never changed, never taken away.
package struct Movement: Hashable, Sendable, Codable {
    /// 1 for the first of a ledger; no number is left out.
    package let sequence: UInt64
    package let from: Account
    package let to: Account
    /// Positive; 0 only where a payment or a reversal found nothing, or a job ended with nothing left. Such a line is kept,
    /// because it says that this was decided.
    package let amount: Credits
    package let cause: Cause
    package let at: Instant

    package init(sequence: UInt64, from: Account, to: Account, amount: Credits, cause: Cause, at: Instant) {
        self.sequence = sequence
        self.from = from
        self.to = to
        self.amount = amount
        self.cause = cause
        self.at = at
    }

    /// Whose money it is or was; nil where that is nobody's yet.
    package var submitter: String? {
        if let work = cause.work { return work.payer }
        for case .submitter(let name) in [from, to] { return name }
        return nil
    }

    /// What was to be moved and was not there.
    package var shortfall: Credits {
        switch cause {
        case .payment(_, let asked), .reversal(_, _, let asked, _):
            Credits(microCredits: asked.microCredits &- amount.microCredits)
        case .grant, .escrow, .topUp, .refund: .zero
        }
    }
}

/// Why credits moved.
package enum Cause: Hashable, Sendable, Codable {
    /// `by`: who granted it.
    case grant(key: String, reason: String, by: String)
    case escrow(JobID)
    case topUp(JobID, key: String)
    /// `asked`: the metered cost; more than was moved when the escrow did not hold it.
    case payment(PaidWork, asked: Credits)
    case refund(JobID)
    /// A payment is taken back. `payment`: its sequence number; `asked`: what it moved.
    case reversal(payment: UInt64, PaidWork, asked: Credits, reason: String)

    package var work: PaidWork? {
        switch self {
        case .payment(let work, _), .reversal(_, let work, _, _): work
        case .grant, .escrow, .topUp, .refund: nil
        }
    }
}

/// What a payment is for: the task names the receipt.
package struct PaidWork: Hashable, Sendable, Codable {
    package let task: TaskID
    package let node: NodeID
    /// Of the attempt that answered.
    package let lease: LeaseID
    /// The submitter that the job's escrow came from.
    package let payer: String

    package init(task: TaskID, node: NodeID, lease: LeaseID, payer: String) {
        self.task = task
        self.node = node
        self.lease = lease
        self.payer = payer
    }
}

/// What can happen once. A store keeps it unique over all movements; ``description`` is its form there.
package enum MovementIdentity: Hashable, Sendable, CustomStringConvertible {
    case grant(key: String)
    case escrow(JobID)
    case topUp(JobID, key: String)
    case payment(TaskID, LeaseID)
    case refund(JobID)
    case reversal(payment: UInt64)

    package var description: String {
        switch self {
        case .grant(let key): "grant:\(key)"
        case .escrow(let job): "escrow:\(job)"
        case .topUp(let job, let key): "top-up:\(job):\(key)"
        case .payment(let task, let lease): "payment:\(task)@\(lease)"
        case .refund(let job): "refund:\(job)"
        case .reversal(let payment): "reversal:\(payment)"
        }
    }
}

extension Movement {
    package var identity: MovementIdentity {
        switch cause {
        case .grant(let key, _, _): .grant(key: key)
        case .escrow(let job): .escrow(job)
        case .topUp(let job, let key): .topUp(job, key: key)
        case .payment(let work, _): .payment(work.task, work.lease)
        case .refund(let job): .refund(job)
        case .reversal(let payment, _, _, _): .reversal(payment: payment)
        }
    }
}
