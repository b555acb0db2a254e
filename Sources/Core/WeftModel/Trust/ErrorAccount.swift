/// How many answers were accepted at one `max_error`, and how many of them are wrong by the best estimate: each lie that is
/// caught is charged with as many as would have passed, on average, where it was caught (docs/trust.md, "The account").
package struct ErrorAccount: Hashable, Sendable, Codable {
    package private(set) var accepted: Double = 0
    package private(set) var charged: Double = 0
    /// What will be charged unless more is found out.
    package private(set) var reserved: Double = 0

    package init() {}

    /// What may still be charged.
    package func slack(_ maxError: Double) -> Double { max(0, maxError * accepted - charged - reserved) }

    package mutating func reserve(_ wrong: Double) { reserved += wrong }

    /// As it is kept: what is reserved by what is not kept counts as charged.
    package var kept: ErrorAccount {
        var kept = self
        kept.charged += reserved
        kept.reserved = 0
        return kept
    }

    package mutating func accept() { accepted += 1 }

    package mutating func charge(_ wrong: Double) { charged += max(0, wrong) }

    /// Budget that was not used for long lapses: nobody may save it up for one great lie.
    package mutating func lapse(_ maxError: Double, keeping slack: Double) {
        guard accepted * maxError > slack else { return }
        accepted /= 2
        charged /= 2
    }
}
