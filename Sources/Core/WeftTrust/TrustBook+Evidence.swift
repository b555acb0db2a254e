package import WeftModel

extension TrustBook {
    /// Takes in a verdict, right after ``decide(_:under:outstanding:)`` has come to it.
    package mutating func settle(
        _ ballot: Ballot, as answer: Digest, bound: Double, under policy: TrustPolicy
    ) -> Consequences {
        var consequences = Consequences()
        learnBacking(from: ballot, answer, under: policy)
        for vote in ballot.struck where drawnFor[ballot.task] != nil {
            credit(vote.member, ballot.task, isRight: vote.answer == answer, under: policy, &consequences)
        }
        for vote in ballot.votes {
            judge(vote.member, ballot.task, isRight: vote.answer == answer, under: policy, &consequences)
        }
        if !isKnown { isKnown = keepsAssumption }
        let release = Release(task: ballot.task, bound: bound)
        if isKnown {
            releaseWaiting(&consequences)
            accept(release, policy, &consequences)
        } else {
            waiting.append(Waiting(release: release, policy: policy))
        }
        return consequences
    }

    /// A task whose answer was known beforehand, and that the member could not tell from others.
    package mutating func canary(_ member: Member, isRight: Bool) -> Consequences {
        var consequences = Consequences()
        record(member, isRight: isRight, &consequences)
        if !isRight { void(member, &consequences) }
        if !isKnown, keepsAssumption {
            isKnown = true
            releaseWaiting(&consequences)
        }
        return consequences
    }

    private mutating func judge(
        _ member: Member, _ task: TaskID, isRight: Bool, under policy: TrustPolicy, _ consequences: inout Consequences
    ) {
        record(member, isRight: isRight, &consequences)
        credit(member, task, isRight: isRight, under: policy, &consequences)
        if !isRight { void(member, &consequences) }
    }

    private mutating func record(_ member: Member, isRight: Bool, _ consequences: inout Consequences) {
        let group = group(of: member)
        groups.examine(group)
        levels[standings[member.index].level].record(failed: !isRight, memory: Self.poolMemory)
        standings[member.index].record(isRight: isRight, configuration)
        if !isRight { groups.convict(group) }
        if standings[member.index].isExcluded { groups.exclude(group) }
        if standings[member.index].convictions > 0, standings[member.index].isBelieved(configuration) {
            groups.absolve(group)
        }
        consequences.changed.insert(member)
    }

    /// Of lies that were caught: how many of the other votes backed them. The vote that gave them away does not count; each
    /// further one was drawn as the second vote on any task is.
    private mutating func learnBacking(from ballot: Ballot, _ answer: Digest, under policy: TrustPolicy) {
        let sides = sides(of: ballot)
        let votes = sides.reduce(0) { $0 + $1.supporters }
        for lie in sides where lie.answer != answer {
            for number in 0..<max(0, votes - 2) {
                backing.record(failed: number < lie.supporters - 1, memory: Self.poolMemory)
            }
            let wouldDo = lieBound(lead: lie.lead, supporters: lie.supporters) <= policy.voteBudget
            if lie.supporters > 1, wouldDo {
                accounts[policy.tier, default: ErrorAccount()].charge(1 / (1 - configuration.hostileShare))
            }
        }
    }

    private mutating func releaseWaiting(_ consequences: inout Consequences) {
        let decided = waiting
        waiting = []
        for one in decided { accept(one.release, one.policy, &consequences) }
    }

    mutating func accept(_ release: Release, _ policy: TrustPolicy, _ consequences: inout Consequences) {
        consequences.released.append(release)
        accounts[policy.tier, default: ErrorAccount()].accept()
        accounts[policy.tier]!.lapse(policy, keeping: 4 * configuration.maxCharge)
    }
}
