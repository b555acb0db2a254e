/// What is kept of a book beside the standings of its members. The answers that are held are not: they are found again in
/// the tasks that have not ended, and are held anew, which costs some checks.
package struct TrustRecord: Hashable, Sendable, Codable {
    package struct Tier: Hashable, Sendable, Codable {
        /// `max_error` in thousand-millionths.
        package var maxErrorPerBillion: Int
        package var account: ErrorAccount

        package init(maxErrorPerBillion: Int, account: ErrorAccount) {
            self.maxErrorPerBillion = maxErrorPerBillion
            self.account = account
        }
    }

    package var isKnown: Bool
    package var levels: [BetaEstimate]
    package var backing: BetaEstimate
    /// By `max_error`.
    package var tiers: [Tier]
    /// When old evidence was last made to count less; nil until the first time.
    package var agedAt: Instant?

    package init(isKnown: Bool, levels: [BetaEstimate], backing: BetaEstimate, tiers: [Tier]) {
        self.isKnown = isKnown
        self.levels = levels
        self.backing = backing
        self.tiers = tiers
    }
}

/// Everything that is kept of a book.
package struct TrustSnapshot: Hashable, Sendable {
    package var record: TrustRecord
    package var standings: [Standing]

    package init(record: TrustRecord, standings: [Standing] = []) {
        self.record = record
        self.standings = standings
    }
}
