package import WeftModel

/// What a job asks of its answers.
package struct TrustPolicy: Hashable, Sendable, Codable {
    /// The share of accepted answers that may be wrong: in expectation, over all answers accepted at this figure.
    /// Between 1e-6 and 0.1.
    package let maxError: Double

    package init(maxError: Double) {
        precondition((1e-6...0.1).contains(maxError), "max_error is from 1e-6 to 0.1")
        self.maxError = maxError
    }

    /// Names the account that this figure's answers are in.
    var tier: Int { Int((maxError * 1e9).rounded()) }
    /// The probability up to which votes decide a task. Votes are bounded by upper bounds of what others did, so there is
    /// something left for when many turn bad at once.
    var voteBudget: Double { maxError / 2 }
}

/// What to do about a task, by its votes so far.
package enum Decision: Hashable, Sendable {
    /// The votes decide it: tell the book (``TrustBook/settle(_:as:bound:under:)``), which says what may be accepted now.
    /// `bound`: the probability that the answer is wrong, under the configured assumptions.
    case accept(Digest, bound: Double)
    /// Ask nodes of other groups than these for so many more answers, drawn at random.
    case ask(Int, excluding: Set<GroupID>)
    /// The answers that are under way may decide it.
    case wait
    /// One answer of a believed node: tell the book (``TrustBook/hold(_:under:)``), which clears it with others.
    case hold
    /// It cannot be decided within the bound.
    case cannotBeMet(Refusal)
}

/// Why a bound cannot be met.
package enum Refusal: Hashable, Sendable {
    /// The verdicts contradict the assumption of how many groups are hostile at most.
    case tooManyHostile(convicted: Int, examined: Int)
    /// Nothing is left to do, and too few groups were examined to know whether the pool keeps to the assumption.
    case poolUnknown(convicted: Int, examined: Int)
    /// All groups there are have answered, and that does not suffice.
    case tooFewGroups(Int)
    /// As many votes as one task may have, and no answer is certain enough.
    case noAgreement(votes: Int, answers: Int)
}
