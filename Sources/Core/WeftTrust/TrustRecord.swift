package import WeftModel

extension TrustBook {
    /// To be kept with each step that released an answer or changed a standing.
    package var record: TrustRecord {
        TrustRecord(
            isKnown: isKnown, levels: levels, backing: backing,
            tiers: accounts.sorted { $0.key < $1.key }.map { .init(maxErrorPerBillion: $0.key, account: $0.value.kept) }
        )
    }

    /// The book as it was kept. Members get their numbers in the order of `standings`; callers find them by enrolling them.
    package init(
        restoring record: TrustRecord, standings: [Standing],
        configuration: TrustConfiguration = TrustConfiguration(), seed: UInt64
    ) {
        self.init(configuration: configuration, seed: seed)
        isKnown = record.isKnown
        if record.levels.count == levels.count { levels = record.levels }
        backing = record.backing
        for tier in record.tiers { accounts[tier.maxErrorPerBillion] = tier.account }
        for standing in standings { enrol(standing) }
    }
}
