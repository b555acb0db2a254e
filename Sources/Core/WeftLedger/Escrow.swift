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

    /// What was paid under a lease, if a payment was asked for; `asked` is the same each time.
    func paid(_ lease: LeaseID, asked: Credits) -> Credits? {
        if paidInFull.contains(lease) { return asked }
        if paidNothing.contains(lease) { return .zero }
        return paidInPart[lease]
    }

    mutating func notePayment(_ lease: LeaseID, paid: Credits, asked: Credits) {
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
