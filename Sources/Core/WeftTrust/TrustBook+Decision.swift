import WeftModel

extension TrustBook {
    /// What to do about a task. Depends on the votes, not on the order of their arrival. `outstanding`: replicas of it that
    /// are under way.
    package func decide(_ ballot: Ballot, under policy: TrustPolicy, outstanding: Int = 0) -> Decision {
        if let refusal { return .cannotBeMet(refusal) }
        let isAlone = ballot.votes.count == 1 && !ballot.isDrawn && outstanding == 0
        if isKnown, isAlone, isBelieved(ballot.votes[0].member) { return .hold }
        let sides = sides(of: ballot)
        guard let best = sides.first else { return ask(1, outstanding, answers: 0, ballot) }
        if best.bound <= policy.voteBudget, sides.count > 1 || best.supporters > 1 {
            return .accept(best.answer, bound: best.bound)
        }
        let missing = missing(sides, under: policy)
        return ask(isKnown ? min(1, missing) : missing, outstanding, answers: sides.count, ballot)
    }

    /// The answers and who gave them, the most certain one first. Of each group one vote counts, of excluded members none.
    func sides(of ballot: Ballot) -> [Side] {
        var seen: [GroupID] = []
        var sides: [Side] = []
        for vote in ballot.votes where !isExcluded(vote.member) && !seen.contains(group(of: vote.member)) {
            seen.append(group(of: vote.member))
            if let index = sides.firstIndex(where: { $0.answer == vote.answer }) {
                sides[index].supporters += 1
            } else {
                sides.append(Side(answer: vote.answer, lead: vote.member, supporters: 1))
            }
        }
        for index in sides.indices {
            sides[index].lie = lieBound(lead: sides[index].lead, supporters: sides[index].supporters)
        }
        weigh(&sides)
        return sides.sorted { ($0.bound, $0.answer) < ($1.bound, $1.answer) }
    }

    /// Bayes over "this answer is right and all others are lies" for each answer, and "all are lies" (the credibility of
    /// result groups: Sarmenta, 2002, section 4).
    private func weigh(_ sides: inout [Side]) {
        let allLie = sides.reduce(1) { $0 * $1.lie }
        let weights = sides.indices.map { index in
            sides.indices.reduce(1 - sides[index].lie) { $0 * ($1 == index ? 1 : sides[$1].lie) }
        }
        let total = weights.reduce(allLie, +)
        for index in sides.indices { sides[index].bound = total > 0 ? 1 - weights[index] / total : 1 }
    }

    /// How many more votes for the leading answer would decide the task, at least 1.
    private func missing(_ sides: [Side], under policy: TrustPolicy) -> Int {
        var sides = sides
        for more in 1..<configuration.maxVotes {
            sides[0].supporters += 1
            sides[0].lie = lieBound(lead: sides[0].lead, supporters: sides[0].supporters)
            var weighed = sides
            weigh(&weighed)
            if weighed[0].bound <= policy.voteBudget { return more }
        }
        return configuration.maxVotes
    }

    private func ask(_ missing: Int, _ outstanding: Int, answers: Int, _ ballot: Ballot) -> Decision {
        guard missing > outstanding else { return .wait }
        let used = Set((ballot.votes + ballot.struck).map { group(of: $0.member) })
        let votes = ballot.votes.count
        guard votes + missing <= configuration.maxVotes else {
            return .cannotBeMet(.noAgreement(votes: votes, answers: answers))
        }
        let left = groups.active - used.count { !groups.isExcluded($0) }
        guard left >= missing else { return .cannotBeMet(.tooFewGroups(groups.active)) }
        return .ask(missing - outstanding, excluding: used)
    }
}
