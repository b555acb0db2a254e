package import WeftModel

/// What a coordinator knows of the honesty of its nodes, and what it owes to that: the evidence per node, the estimates of
/// the pool, the accounts of errors, and the answers that are held until they are cleared.
///
/// A value without clock or randomness: the same calls in the same order give the same book. docs/trust.md has the model.
///
/// For each task: ``decide(_:under:outstanding:)`` after each vote; then, by the decision, ``settle(_:as:bound:under:)``
/// or ``hold(_:under:)``, and what these return is done.
package struct TrustBook: Sendable {
    package let configuration: TrustConfiguration
    package let lottery: Lottery
    package internal(set) var standings: [Standing] = []
    var groups = CorrelationGroups()
    /// How often nodes of each level were wrong.
    var levels = [BetaEstimate](repeating: BetaEstimate(), count: Standing.levels)
    /// How often one more vote backed an answer that proved wrong.
    var backing = BetaEstimate()
    package internal(set) var accounts: [Int: ErrorAccount] = [:]
    /// Whether the pool has shown, once, that it keeps to the assumption.
    package internal(set) var isKnown = false
    private var members: [String: Member] = [:]

    // Soft state: built anew after a restart from the tasks that have not ended.
    var batches: [Int: Batch] = [:]
    var nextBatch = 0
    /// The batch that a member's answers are added to, by tier.
    var openBatches: [BatchKey: Int] = [:]
    /// Batches of a member that are not done.
    var batchesByMember: [Int: [Int]] = [:]
    /// Of tasks that are being checked: for which batch.
    var drawnFor: [TaskID: Int] = [:]
    /// Decided by votes, while the pool is not known.
    var waiting: [Verdict] = []
    /// Tasks that ended without a verdict before the pool was known.
    var undecided = 0
    /// Whose standing has changed since the pool is known.
    var changed: Set<Member> = []

    package init(configuration: TrustConfiguration = TrustConfiguration(), seed: UInt64) {
        self.configuration = configuration
        lottery = Lottery(seed: seed)
    }

    /// Makes a node with one of its drivers known, or finds it again. `keys`: what it shares with others who may act with
    /// it, as `owner:…`, `network:…`; empty for a node of which nothing is known.
    package mutating func enrol(_ node: NodeID, driver: String, keys: [String] = []) -> Member {
        enrol(Standing(node: node, driver: driver, keys: keys + ["node:" + node.text]))
    }

    /// Brings back what was kept of a member.
    @discardableResult package mutating func enrol(_ standing: Standing) -> Member {
        let name = standing.driver + "@" + standing.node.text
        if let known = members[name] { return known }
        let member = Member(index: standings.count)
        members[name] = member
        standings.append(standing)
        let group = groups.add(keys: standing.keys)
        if standing.errors.trials > 0 { groups.examine(group) }
        if standing.convictions > 0, !standing.isBelieved(configuration) { groups.convict(group) }
        if standing.isExcluded { groups.exclude(group) }
        return member
    }

    package func group(of member: Member) -> GroupID { groups[member.index] }

    /// Whether its answers are held until they are cleared; others' are decided by votes alone.
    package func isBelieved(_ member: Member) -> Bool { standings[member.index].isBelieved(configuration) }

    package func isExcluded(_ member: Member) -> Bool { standings[member.index].isExcluded }

    /// How many tasks may be begun and not ended: until the pool is known, one cohort after the other.
    package var maxTasks: Int {
        isKnown ? Int.max : configuration.cohort * (1 + waiting.count / configuration.cohort)
    }

    /// Time passes: old evidence counts half. To be called once in a half-life.
    package mutating func age() {
        for index in standings.indices {
            standings[index].errors.halve()
            standings[index].clean /= 2
        }
        for index in levels.indices { levels[index].halve() }
        backing.halve()
    }
}
