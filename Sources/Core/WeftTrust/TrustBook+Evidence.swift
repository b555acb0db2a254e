package import WeftModel

extension TrustBook {
    /// Takes in a verdict, right after ``decide(_:under:outstanding:)`` has come to it. The task is accepted when it is
    /// among the released, now or by a later call; it may be struck before that, and is then decided anew.
    package mutating func settle(
        _ ballot: Ballot, as answer: Digest, bound: Double, under policy: TrustPolicy
    ) -> Consequences {
        var consequences = Consequences()
        let verdict = Verdict(ballot: ballot, answer: answer, bound: bound, policy: policy)
        if !confirmSample(verdict, &consequences) { takeIn(verdict, &consequences) }
        report(&consequences)
        return consequences
    }

    /// A task whose answer was known beforehand, and that the member could not tell from others.
    package mutating func canary(_ member: Member, isRight: Bool) -> Consequences {
        var consequences = Consequences()
        record(member, isRight: isRight)
        if !isRight { void(member, &consequences) }
        meetPool(betweenCohorts: true, &consequences)
        report(&consequences)
        return consequences
    }

    /// Learns from all votes, and accepts the answer.
    mutating func takeIn(_ verdict: Verdict, _ consequences: inout Consequences) {
        learnBacking(from: verdict.ballot, verdict.answer, under: verdict.policy)
        for vote in verdict.ballot.struck {
            _ = refuteSample(
                verdict.ballot.task, of: vote.member, isRight: vote.answer == verdict.answer, &consequences)
        }
        for vote in verdict.ballot.votes {
            let isRight = vote.answer == verdict.answer
            record(vote.member, isRight: isRight)
            if !refuteSample(verdict.ballot.task, of: vote.member, isRight: isRight, &consequences) {
                credit(vote.member, isRight: isRight, under: verdict.policy)
            }
            if !isRight { void(vote.member, &consequences) }
        }
        guard !isKnown else { return accept(verdict.release, verdict.policy, &consequences) }
        waiting.append(verdict)
        meetPool(betweenCohorts: true, &consequences)
    }

    /// Accepts what waits for it once the pool is known. Within a cohort that is not asked: tasks on which all agree are
    /// decided first, and would flatter the pool.
    mutating func meetPool(betweenCohorts: Bool, _ consequences: inout Consequences) {
        guard !isKnown, keepsAssumption, !betweenCohorts || waiting.count % configuration.cohort == 0 else { return }
        isKnown = true
        let decided = waiting
        waiting = []
        for one in decided { accept(one.release, one.policy, &consequences) }
    }

    /// Says whose standing is to be kept; nobody's before the pool is known, since until then nothing is final.
    private mutating func report(_ consequences: inout Consequences) {
        guard isKnown else { return }
        consequences.changed = changed
        changed = []
    }

    private mutating func record(_ member: Member, isRight: Bool) {
        let group = group(of: member)
        groups.examine(group)
        levels[standings[member.index].level].record(failed: !isRight, memory: Self.poolMemory)
        standings[member.index].record(isRight: isRight, configuration)
        if !isRight { groups.convict(group) }
        if standings[member.index].isExcluded { groups.exclude(group) }
        if standings[member.index].convictions > 0, standings[member.index].isBelieved(configuration) {
            groups.absolve(group)
        }
        changed.insert(member)
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

    mutating func accept(_ release: Release, _ policy: TrustPolicy, _ consequences: inout Consequences) {
        consequences.released.append(release)
        accounts[policy.tier, default: ErrorAccount()].accept()
        accounts[policy.tier]!.lapse(policy.maxError, keeping: 2 * fullSlack)
    }
}
