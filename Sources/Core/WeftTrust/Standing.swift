package import WeftModel

/// One node with one driver, as the book knows it. Only for use with the book that gave it out.
package struct Member: Hashable, Sendable, Comparable {
    package let index: Int

    package static func < (left: Member, right: Member) -> Bool { left.index < right.index }
}

/// What the verdicts say of one node and driver. This is what is kept of it.
package struct Standing: Hashable, Sendable, Codable {
    package var node: NodeID
    package var driver: String
    /// Whom it shares with others: owner, network. Members with a key in common are one group.
    package var keys: [String]
    /// Verified answers in a row that were right.
    package internal(set) var clean = 0
    /// How often an answer of its was found wrong.
    package internal(set) var convictions = 0
    /// Of all its verified answers, those that were wrong; the old count less.
    package internal(set) var errors = BetaEstimate()
    /// It is given no more work.
    package internal(set) var isExcluded = false

    package init(node: NodeID, driver: String, keys: [String]) {
        self.node = node
        self.driver = driver
        self.keys = keys
    }

    /// Members are compared by how long they have been right: 0 for newcomers, then one step for each factor of four.
    var level: Int { clean == 0 ? 0 : min(Standing.levels - 1, (clean.bitWidth - clean.leadingZeroBitCount + 1) / 2) }
    static let levels = 6

    func isBelieved(_ configuration: TrustConfiguration) -> Bool {
        var needed = configuration.provingAnswers
        for _ in 0..<min(convictions, 3) { needed *= configuration.provingGrowth }
        return !isExcluded && clean >= needed
    }

    /// Answers whose truth is known weigh so much at most.
    static let memory: Int64 = 4096

    mutating func record(isRight: Bool, _ configuration: TrustConfiguration) {
        errors.record(failed: !isRight, memory: Standing.memory)
        if isRight {
            clean += 1
        } else {
            clean = 0
            convictions += 1
            let rate = errors.mean(prior: 0, weight: 2)
            if convictions >= 2, rate >= configuration.exclusionRate { isExcluded = true }
        }
    }
}
