package import WeftModel

/// Counts a task's answers. Pure: the same answers in any order give the same verdict.
package struct Tally: Hashable, Sendable {
    package enum Conclusion: Hashable, Sendable {
        /// This many nodes gave this answer; the quorum is reached.
        case agreed(Digest)
        /// Replicas that are still out can bring a quorum about.
        case open
        /// This many more replicas are needed for a quorum to be possible.
        case needsMore(Int)
        /// No quorum is possible within the bound on replicas.
        case disagreed
    }

    /// How many gave each answer.
    package private(set) var counts: [Digest: Int] = [:]

    package init(_ answers: some Sequence<Digest>) {
        for answer in answers { counts[answer, default: 0] += 1 }
    }

    /// The answer most nodes gave; of equally many, the smallest digest, so that order does not matter.
    package var leading: (answer: Digest, count: Int)? {
        counts.min { ($1.value, $0.key) < ($0.value, $1.key) }.map { (answer: $0.key, count: $0.value) }
    }

    package var total: Int { counts.values.reduce(0, +) }

    /// `outstanding`: replicas that run or wait for a place.
    package func conclude(_ policy: Verification, outstanding: Int) -> Conclusion {
        let best = leading
        if let best, best.count >= policy.quorum { return .agreed(best.answer) }
        let missing = policy.quorum - (best?.count ?? 0) - outstanding
        if missing <= 0 { return .open }
        return total + outstanding + missing <= policy.maxReplicas ? .needsMore(missing) : .disagreed
    }
}
