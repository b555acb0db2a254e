package import WeftModel

/// Counts a task's answers. Pure: the same answers in any order give the same verdict.
package struct Tally: Hashable, Sendable {
    package enum Conclusion: Hashable, Sendable {
        /// This many nodes gave this answer, or one like it; the quorum is reached.
        case agreed(Digest)
        /// Replicas that are still out can bring a quorum about.
        case open
        /// This many more replicas are needed for a quorum to be possible.
        case needsMore(Int)
        /// No quorum is possible within the bound on replicas.
        case disagreed
    }

    /// The answer most nodes gave; of equally many, the smallest digest, so that order does not matter. Where agreement is
    /// within a tolerance, the medoid (``Majority``). nil without answers, and where none is like even itself.
    package private(set) var leading: Digest?
    /// How many gave the leading answer or one like it.
    package private(set) var count = 0
    package private(set) var total = 0
    /// How many votes one further answer could bring together: those of the leading answer, or, since a further one may be
    /// alike to answers that are not alike, all that are like anything.
    private var reach = 0
    /// How many different answers there are: one for those that are like the leading one, and all others.
    package private(set) var kinds = 0
    /// The answers that are like the leading one without being it.
    package private(set) var alike: Set<Digest> = []

    /// Answers that agree when they are equal.
    package init(_ answers: some Sequence<Digest>) { countEqual(answers) }

    private mutating func countEqual(_ answers: some Sequence<Digest>) {
        // There are few, and most are equal.
        var counts: [(answer: Digest, number: Int)] = []
        for answer in answers {
            if let known = counts.firstIndex(where: { $0.answer == answer }) {
                counts[known].number += 1
            } else {
                counts.append((answer, 1))
            }
        }
        kinds = counts.count
        for (answer, number) in counts {
            total += number
            if number > count || (number == count && answer < leading!) { (leading, count) = (answer, number) }
        }
        reach = count
    }

    /// Answers that agree as `agreements` has it, or, where that is nil, when they are equal.
    package init(_ answers: [Digest], _ agreements: Agreements?) {
        guard let agreements else {
            countEqual(answers)
            return
        }
        let votes = answers.enumerated().map { Majority.Vote($0.offset, $0.element) }
        let majority = Majority.find(votes: votes, quorum: 1, agree: agreements.agree)
        leading = majority.medoid
        count = majority.agreeing.count
        total = answers.count
        reach = answers.count { agreements.agree($0, $0) }
        alike = Set(majority.agreeing.map { answers[$0] })
        if let leading { alike.remove(leading) }
        kinds = Set(majority.dissenting.map { answers[$0] }).count + (leading == nil ? 0 : 1)
    }

    /// Whether an answer is the leading one or like it.
    package func supports(_ answer: Digest) -> Bool { answer == leading || alike.contains(answer) }

    /// `outstanding`: replicas that run or wait for a place.
    package func conclude(_ policy: Verification, outstanding: Int) -> Conclusion {
        if let leading, count >= policy.quorum { return .agreed(leading) }
        let missing = policy.quorum - count - outstanding
        if missing <= 0 { return .open }
        if total + outstanding + missing <= policy.maxReplicas { return .needsMore(missing) }
        return outstanding > 0 && reach + outstanding >= policy.quorum ? .open : .disagreed
    }
}
