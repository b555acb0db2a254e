/// How many answers were accepted at one `max_error`, and how many of them are wrong by the best estimate: each lie that is
/// caught is charged with as many as would have passed, on average, where it was caught (docs/trust.md, "The account").
package struct ErrorAccount: Hashable, Sendable, Codable {
    package private(set) var accepted: Double = 0
    package private(set) var charged: Double = 0
    /// What will be charged unless more is found out.
    package private(set) var reserved: Double = 0

    package init() {}

    /// What may still be charged.
    func slack(_ policy: TrustPolicy) -> Double { max(0, policy.maxError * accepted - charged - reserved) }

    mutating func reserve(_ wrong: Double) { reserved += wrong }

    /// As it is kept: what is reserved by what is not kept counts as charged.
    var kept: ErrorAccount {
        var kept = self
        kept.charged += reserved
        kept.reserved = 0
        return kept
    }

    mutating func accept() { accepted += 1 }

    mutating func charge(_ wrong: Double) { charged += max(0, wrong) }

    /// Budget that was not used for long lapses: nobody may save it up for one great lie.
    mutating func lapse(_ policy: TrustPolicy, keeping slack: Double) {
        guard accepted * policy.maxError > slack else { return }
        accepted /= 2
        charged /= 2
    }
}
