package import WeftModel

/// The books of a coordinator: who has how many credits, and what is set aside for which job.
///
/// A value without clock, IO or randomness. Each request either throws and changes nothing, or answers with the movement
/// that it made, to be stored; a request that was made before answers as it did then. The state follows from the movements
/// alone, in their order (``init(replaying:)``). Each request is O(1), amortised.
///
/// Always: the sum over all accounts is 0, and only ``Account/issuance`` is below 0. Since all other accounts together hold
/// what was granted, and that fits ``Credits``, no sum here can overflow but that of the grants. docs/credits.md has the model.
package struct Ledger: Hashable, Sendable {
    /// How old a request, or what it is about, may be where the ledger must remember whether it did it before.
    package static let windowDays: Int64 = 30
    static let windowMicroseconds = windowDays * 86_400_000_000
    /// Of one job.
    package static let maxTopUps = 1000

    /// Accounts with nothing in them are not kept.
    var submitters: [String: Credits] = [:]
    var nodes: [NodeID: Credits] = [:]
    /// Of jobs that have not ended.
    var escrows: [JobID: Escrow] = [:]
    /// All grants together.
    package internal(set) var granted = Credits.zero
    /// The number of the last movement; 0 before the first.
    package internal(set) var lastSequence: UInt64 = 0
    /// The highest job that something was ever reserved for. A job up to this one without an escrow has ended.
    package internal(set) var lastJob = JobID(0)
    var recent = RecentMovements()

    package init() {}

    /// 0 for an account that is not known.
    package func balance(of account: Account) -> Credits {
        switch account {
        case .issuance: Credits(microCredits: -granted.microCredits)
        case .submitter(let name): submitters[name] ?? .zero
        case .escrow(let job): escrows[job]?.held ?? .zero
        case .node(let node): nodes[node] ?? .zero
        }
    }

    /// Every account that is not empty, and the escrow of every job that has not ended; in no order.
    package func forEachAccount(_ body: (Account, Credits) -> Void) {
        if granted != .zero { body(.issuance, balance(of: .issuance)) }
        for (name, balance) in submitters { body(.submitter(name), balance) }
        for (job, escrow) in escrows { body(.escrow(job), escrow.held) }
        for (node, balance) in nodes { body(.node(node), balance) }
    }

    /// How many accounts there are beside the issuance.
    package var accountCount: Int { submitters.count + escrows.count + nodes.count }

    /// nil when nothing is set aside for the job, or it has ended.
    package func escrow(of job: JobID) -> EscrowView? {
        escrows[job].map { escrow in
            // All of it was the submitter's, so the sum is one of amounts that were granted.
            let reserved = escrow.topUps.values.reduce(escrow.opening.amount.microCredits) {
                $0 + $1.amount.microCredits
            }
            return EscrowView(
                submitter: escrow.submitter, reserved: Credits(microCredits: reserved), held: escrow.held,
                unpaid: escrow.unpaid)
        }
    }

    /// Whether something is set aside for the job, and it has not ended.
    package func hasEscrow(of job: JobID) -> Bool { escrows.index(forKey: job) != nil }

    /// Jobs that have not ended and that something is set aside for, in order.
    package var openJobs: [JobID] { escrows.keys.sorted() }

    /// Microseconds between two moments; `Int64.max` when it is beyond that.
    static func distance(_ one: Instant, _ other: Instant) -> Int64 {
        let (difference, isTooMuch) = one.microseconds.subtractingReportingOverflow(other.microseconds)
        return isTooMuch || difference == .min ? .max : abs(difference)
    }
}

/// What is set aside for a job.
package struct EscrowView: Hashable, Sendable {
    package let submitter: String
    /// What was set aside in all.
    package let reserved: Credits
    package let held: Credits
    /// What was to be paid out of it and was not there, in all.
    package let unpaid: Credits
}
