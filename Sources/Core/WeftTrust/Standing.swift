import WeftModel

/// One node with one driver, as the book knows it. Only for use with the book that gave it out.
package struct Member: Hashable, Sendable, Comparable {
    package let index: Int

    package static func < (left: Member, right: Member) -> Bool { left.index < right.index }
}

extension Standing {
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
