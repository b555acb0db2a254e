package import WeftModel

/// What the votes for a task's answers say where answers agree within a tolerance.
///
/// Agreement is not transitive: A may agree with B, and B with C, and A not with C. So there are no groups of equal answers;
/// each answer has a *ball*: the votes for all answers that agree with it. The answer with the largest ball, the *medoid*,
/// stands for the majority: it is what is handed out, and what others are measured against. docs/comparators.md has an
/// example.
///
/// A function of the set of votes and of which answers agree: the order in which they came does not matter.
package struct Majority<Voter: Hashable & Comparable & Sendable>: Hashable, Sendable {
    package struct Vote: Hashable, Sendable {
        package var voter: Voter
        package var answer: Digest

        package init(_ voter: Voter, _ answer: Digest) {
            self.voter = voter
            self.answer = answer
        }
    }

    /// The answer with the largest ball; nil where no answer agrees with itself, or nobody voted.
    /// Of balls of equal size that of the answer with more votes of its own, then that of the smallest digest: whoever is
    /// merely near an answer that several gave bit for bit does not take its place.
    package private(set) var medoid: Digest?
    /// Who is in the medoid's ball, in order.
    package private(set) var agreeing: [Voter] = []
    /// Everybody else who voted, in order. With the quorum reached they are the minority; before, nobody is.
    package private(set) var dissenting: [Voter] = []
    /// How many votes in the ball settle the task; at least 1.
    package let quorum: Int

    /// Whether the votes in the ball are enough. Votes of others never undo this: balls only grow.
    package var isDecided: Bool { agreeing.count >= quorum }
    /// How many more votes the medoid's ball needs; 0 once it is decided.
    package var missing: Int { max(0, quorum - agreeing.count) }
    package var votes: Int { agreeing.count + dissenting.count }

    /// - Parameters:
    ///   - votes: whoever votes more than once is counted once, for the smallest of its answers.
    ///   - agree: symmetric. Asked once at most for each pair, an answer with itself included: one that cannot be read, or
    ///     has a NaN that is like nothing, agrees with nobody. What is not known yet must be false.
    package static func find(
        votes: some Sequence<Vote>, quorum: Int, agree: (Digest, Digest) -> Bool
    ) -> Majority {
        precondition(quorum >= 1, "nothing is decided without votes")
        var answers: [Voter: Digest] = [:]
        for vote in votes { answers[vote.voter] = min(answers[vote.voter] ?? vote.answer, vote.answer) }
        var ownVotes: [Digest: Int] = [:]
        for answer in answers.values { ownVotes[answer, default: 0] += 1 }

        var majority = Majority(quorum: quorum)
        let candidates = ownVotes.keys.sorted()
        let balls = Self.balls(candidates, agree)
        let sizes = balls.map { $0.reduce(0) { $0 + ownVotes[candidates[$1]]! } }
        let best = candidates.indices.filter { !balls[$0].isEmpty }.min {
            (-sizes[$0], -ownVotes[candidates[$0]]!, $0) < (-sizes[$1], -ownVotes[candidates[$1]]!, $1)
        }
        majority.medoid = best.map { candidates[$0] }
        let ball = Set(best.map { balls[$0].map { candidates[$0] } } ?? [])
        for (voter, answer) in answers.sorted(by: { $0.key < $1.key }) {
            if ball.contains(answer) { majority.agreeing.append(voter) } else { majority.dissenting.append(voter) }
        }
        return majority
    }

    private init(quorum: Int) { self.quorum = quorum }

    /// For each answer the indices of those that agree with it, its own included.
    private static func balls(_ answers: [Digest], _ agree: (Digest, Digest) -> Bool) -> [[Int]] {
        var balls = [[Int]](repeating: [], count: answers.count)
        let sound = answers.indices.filter { agree(answers[$0], answers[$0]) }
        for (position, index) in sound.enumerated() {
            balls[index].append(index)
            for other in sound[(position + 1)...] where agree(answers[index], answers[other]) {
                balls[index].append(other)
                balls[other].append(index)
            }
        }
        return balls
    }
}
