import WeftModel

/// What is set aside for one job that has not ended.
struct Escrow: Hashable, Sendable {
    let submitter: String
    /// The movement that opened it: what a repeated request is answered with.
    let opening: Movement
    var held: Credits
    /// By key.
    var topUps: [String: Movement] = [:]
    /// What was to be paid and was not there; stays at ``Credits/greatest`` when it is beyond that.
    var unpaid = Credits.zero
    // Each payment was given in full but for those that found less. So what the first request was told follows from the
    // repeated one: no amounts are kept, and a lease costs a bit.
    var paidInFull = LeaseSet()
    var paidNothing = LeaseSet()
    /// At most one for each time that the escrow ran dry.
    var paidInPart: [LeaseID: Credits] = [:]

    init(submitter: String, opening: Movement, held: Credits) {
        self.submitter = submitter
        self.opening = opening
        self.held = held
    }

    /// How much of `asked` is paid under a lease. The first time it is noted, and is for the caller to move; a lease that was
    /// asked for before is answered as then. Nothing is noted of an answer that costs nothing.
    mutating func draw(_ asked: Credits, _ lease: LeaseID) -> (paid: Credits, payer: String, isFirst: Bool) {
        if let paid = paid(lease, asked: asked) { return (paid, submitter, false) }
        guard asked > .zero else { return (.zero, submitter, false) }
        let paid = min(asked, held)
        note(lease, paid: paid, asked: asked)
        return (paid, submitter, true)
    }

    /// `asked` is the same each time.
    private func paid(_ lease: LeaseID, asked: Credits) -> Credits? {
        if paidInFull.contains(lease) { return asked }
        if paidNothing.contains(lease) { return .zero }
        return paidInPart[lease]
    }

    private mutating func note(_ lease: LeaseID, paid: Credits, asked: Credits) {
        if paid == asked {
            paidInFull.insert(lease)
            return
        }
        if paid == .zero { paidNothing.insert(lease) } else { paidInPart[lease] = paid }
        let missing = asked.microCredits - paid.microCredits
        let (sum, isTooMuch) = unpaid.microCredits.addingReportingOverflow(missing)
        unpaid = isTooMuch ? .greatest : Credits(microCredits: sum)
    }
}
