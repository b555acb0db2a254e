package import WeftModel

/// Why the ledger does not do what it was asked; nothing has changed then.
package enum LedgerError: Error, Hashable, Sendable {
    /// Grants, escrows and top-ups are of more than nothing, payments of no less than nothing.
    case notPositive(Credits)
    /// A budget does not reach; `missing` more would do.
    case insufficient(submitter: String, balance: Credits, wanted: Credits, missing: Credits)
    /// All grants together would be beyond ``Credits/greatest``; `left` can still be granted.
    case tooMuchGranted(left: Credits)
    /// The job has ended, or a job with a higher number was reserved for first.
    case jobClosed(JobID)
    /// Nothing was ever reserved for the job.
    case noEscrow(JobID)
    case tooManyTopUps(JobID, most: Int)
    /// The request was made, or the payment was, more than ``Ledger/windowDays`` days before or after now: whether it was
    /// applied before is not known any more.
    case outsideWindow(Instant)
    /// What is to be reversed is no payment of this ledger.
    case notAPayment(sequence: UInt64)
}

extension LedgerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notPositive(let amount): "expected an amount above 0, not \(amount)"
        case .insufficient(let submitter, let balance, let wanted, let missing):
            "\(wanted) credits are needed, and \(submitter) has \(balance): \(missing) are missing"
        case .tooMuchGranted(let left): "at most \(left) credits can still be granted"
        case .jobClosed(let job): "the books of job \(job) are closed"
        case .noEscrow(let job): "nothing is reserved for job \(job)"
        case .tooManyTopUps(let job, let most): "job \(job) was topped up \(most) times, which is the most there is"
        case .outsideWindow:
            "the request is about something more than \(Ledger.windowDays) days away; look it up in the statement"
        case .notAPayment(let sequence): "movement \(sequence) is no payment of this ledger"
        }
    }
}

/// Why persisted books are not taken back.
package enum LedgerDamage: Error, Hashable, Sendable {
    /// This movement cannot have followed those before it.
    case movement(sequence: UInt64)
    /// The sum over all accounts is not 0, or beyond counting.
    case unbalanced
    /// An amount below 0, an account that comes twice or is empty, or an escrow without its opening.
    case account(String)
}

extension LedgerDamage: CustomStringConvertible {
    package var description: String {
        switch self {
        case .movement(let sequence): "movement \(sequence) does not follow from those before it"
        case .unbalanced: "the accounts do not add up to 0"
        case .account(let name): "account \(name) is not as a ledger leaves it"
        }
    }
}
