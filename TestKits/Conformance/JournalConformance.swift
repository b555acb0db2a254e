package import WeftStorage

/// Makes journals of one adapter, for one check. Not used by two checks at once.
package protocol JournalHarness: Sendable {
    /// A journal with nothing in it.
    func make() async throws -> any Journal
    /// What a new process finds after the one that had `journal` died without closing it.
    func crashAndReopen(_ journal: any Journal) async throws -> any Journal
}

/// What every ``WeftStorage/Journal`` promises.
package enum JournalConformance {
    package typealias Check = ConformanceCheck<any JournalHarness>

    package static var checks: [Check] {
        commitChecks + snapshotChecks + queryChecks + bookChecks + lifeChecks + cacheChecks + webhookChecks
    }
}
