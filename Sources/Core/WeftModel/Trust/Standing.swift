/// What verdicts under an error budget say of one node with one driver; `WeftTrust` has the rules.
package struct Standing: Hashable, Sendable, Codable {
    package var node: NodeID
    package var driver: String
    /// Whom it shares with others: owner, network. Members with a key in common are one group.
    package var keys: [String]
    /// Verified answers in a row that were right.
    package var clean = 0
    /// How often an answer of its was found wrong.
    package var convictions = 0
    /// Of all its verified answers, those that were wrong; the old count less.
    package var errors = BetaEstimate()
    /// It is given no more work.
    package var isExcluded = false

    package init(node: NodeID, driver: String, keys: [String]) {
        self.node = node
        self.driver = driver
        self.keys = keys
    }
}
