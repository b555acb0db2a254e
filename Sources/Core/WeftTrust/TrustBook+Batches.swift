package import WeftModel

/// Batch clearing. Answers of a believed node are held; when there are enough, some are drawn and done again by others; if
/// all of these agree, the rest is released. Drawn after the answers are in, so no node can know which of its answers are
/// looked at, and a node that turns bad is caught before what it did since is accepted.
extension TrustBook {
    /// Holds the task's only answer.
    package mutating func hold(_ ballot: Ballot, under policy: TrustPolicy) -> Consequences {
        precondition(ballot.votes.count == 1, "one answer is held; more are votes")
        let member = ballot.votes[0].member
        var consequences = Consequences()
        let key = BatchKey(member: member, tier: policy.tier)
        let number: Int
        if let open = openBatches[key] {
            number = open
        } else {
            number = nextBatch
            nextBatch += 1
            batches[number] = Batch(member: member, policy: policy, rate: 1)
            openBatches[key] = number
            batchesByMember[member.index, default: []].append(number)
        }
        batches[number]!.held.append(HeldAnswer(task: ballot.task, answer: ballot.votes[0].answer))
        let rate = checkRate(of: member, under: policy)
        batches[number]!.rate = rate
        if rate == 1 { draw(1, from: number, &consequences) }
        if batches[number]!.size >= batchSize(of: member, at: rate) { close(number, &consequences) }
        return consequences
    }

    /// Closes what is held, in all or for one `max_error`. To be called when nothing else is under way that it would wait
    /// for: no task to begin, no replica running.
    package mutating func closeBatches(under policy: TrustPolicy? = nil) -> Consequences {
        var consequences = Consequences()
        for number in batches.keys.sorted() {
            guard let batch = batches[number], policy == nil || batch.policy == policy, !batch.isVoid else { continue }
            batches[number]!.isLast = true
            if batch.isClosed { releasePassed(of: batch.member, &consequences) } else { close(number, &consequences) }
        }
        meetPool(betweenCohorts: false, &consequences)
        for one in waiting where policy == nil || one.policy == policy {
            let reason = Refusal.poolUnknown(convicted: groups.convicted, examined: groups.examined)
            consequences.refused.append((one.ballot.task, reason))
        }
        waiting.removeAll { policy == nil || $0.policy == policy }
        return consequences
    }

    /// The task has ended because the book said that it cannot be decided.
    package mutating func giveUp(_ task: TaskID) -> Consequences {
        if !isKnown { undecided += 1 }
        return withdraw(task)
    }

    /// The task has ended for a reason of its own: cancelled, or its payload failed. It may be released all the same, by a
    /// verdict that it had before; callers pass over releases of tasks that have ended.
    package mutating func withdraw(_ task: TaskID, heldBy member: Member? = nil) -> Consequences {
        var consequences = Consequences()
        waiting.removeAll { $0.ballot.task == task }
        if let number = drawnFor.removeValue(forKey: task) {
            batches[number]!.drawn.remove(task)
            finishIfChecked(number, &consequences)
        } else if let member {
            for number in batchesByMember[member.index] ?? [] { batches[number]!.held.removeAll { $0.task == task } }
        }
        return consequences
    }

    /// As many answers as make for ``TrustConfiguration/checksPerBatch`` checks, but not more than the member has earned.
    private func batchSize(of member: Member, at rate: Double) -> Int {
        let wanted = Int(Double(configuration.checksPerBatch) / rate)
        let earned = max(configuration.checksPerBatch, configuration.credit * standings[member.index].clean)
        return min(wanted, configuration.maxBatch, earned)
    }

    private mutating func close(_ number: Int, _ consequences: inout Consequences) {
        let batch = batches[number]!
        openBatches[BatchKey(member: batch.member, tier: batch.policy.tier)] = nil
        batches[number]!.isClosed = true
        let rate = checkRate(of: batch.member, under: batch.policy)
        draw(max(1, sampleSize(of: batch, at: rate) - batch.sampled), from: number, &consequences)
        finishIfChecked(number, &consequences)
    }

    private func sampleSize(of batch: Batch, at rate: Double) -> Int {
        min(batch.size, max(configuration.checksPerBatch, Int((rate * Double(batch.size)).rounded(.up))))
    }

    /// Draws at random: the lottery's ranks are a random order.
    private mutating func draw(_ count: Int, from number: Int, _ consequences: inout Consequences) {
        let ranked = batches[number]!.held.map { (rank: lottery.rank($0.task), held: $0) }
            .sorted { ($0.rank, $0.held.task) < ($1.rank, $1.held.task) }
        let drawn = ranked.prefix(max(0, count)).map(\.held.task)
        batches[number]!.held = ranked.dropFirst(drawn.count).map(\.held)
        for task in drawn {
            batches[number]!.drawn.insert(task)
            drawnFor[task] = number
        }
        consequences.drawn += drawn
    }

    /// A verdict that confirms an answer of a sample waits for the others of its batch. False if it is none.
    mutating func confirmSample(_ verdict: Verdict, _ consequences: inout Consequences) -> Bool {
        guard let number = drawnFor[verdict.ballot.task],
            verdict.ballot.votes.contains(where: {
                $0.member == batches[number]!.member && $0.answer == verdict.answer
            })
        else { return false }
        drawnFor[verdict.ballot.task] = nil
        batches[number]!.drawn.remove(verdict.ballot.task)
        batches[number]!.verdicts.append(verdict)
        finishIfChecked(number, &consequences)
        return true
    }

    /// A vote of this member on a task of no sample: one more random check of what it has open.
    mutating func credit(_ member: Member, isRight: Bool, under policy: TrustPolicy) {
        guard let open = openBatches[BatchKey(member: member, tier: policy.tier)] else { return }
        if isRight { batches[open]!.confirmedElsewhere += 1 } else { batches[open]!.refuted += 1 }
    }

    /// The answer of a sample is refuted; or its member was convicted meanwhile, and it is known now what it was worth.
    mutating func refuteSample(
        _ task: TaskID, of member: Member, isRight: Bool, _ consequences: inout Consequences
    ) -> Bool {
        guard let number = drawnFor[task], batches[number]!.member == member else { return false }
        drawnFor[task] = nil
        batches[number]!.drawn.remove(task)
        if isRight { batches[number]!.confirmedElsewhere += 1 } else { batches[number]!.refuted += 1 }
        if batches[number]!.isVoid { finishIfChecked(number, &consequences) }
        return true
    }

    /// The member was convicted: nothing that it has given is released.
    mutating func void(_ member: Member, _ consequences: inout Consequences) {
        consequences.convicted.append(member)
        for number in batchesByMember[member.index] ?? [] where !batches[number]!.isVoid {
            batches[number]!.hasPassed = false
            let batch = batches[number]!
            // Votes that backed it may be an accomplice's: what they confirmed is decided anew, without it.
            let confirmed = batch.verdicts.map(\.ballot.task)
            consequences.struck += (batch.held.map(\.task) + batch.drawn.sorted() + confirmed)
                .map { (task: $0, member: member) }
            if !batch.isClosed { openBatches[BatchKey(member: member, tier: batch.policy.tier)] = nil }
            batches[number]!.isClosed = true
            batches[number]!.isVoid = true
            if batch.refuted == 1 {
                let missing = sampleSize(of: batch, at: batch.rate) - batch.sampled
                draw(missing, from: number, &consequences)
            }
            batches[number]!.uncounted = batches[number]!.held.count
            batches[number]!.held = []
            finishIfChecked(number, &consequences)
        }
    }

    /// With the last of its sample a batch has passed, is looked at more closely, or is accounted for.
    private mutating func finishIfChecked(_ number: Int, _ consequences: inout Consequences) {
        guard let batch = batches[number], batch.isClosed, !batch.hasPassed else { return }
        if batch.isVoid { return account(for: batch, number) }
        guard batch.drawn.isEmpty else { return }
        let needed = sampleSize(of: batch, at: checkRate(of: batch.member, under: batch.policy))
        if batch.checked < needed, !batch.held.isEmpty {
            return draw(needed - batch.checked, from: number, &consequences)
        }
        batches[number]!.hasPassed = true
        releasePassed(of: batch.member, &consequences)
    }

    /// Releases the batches that have passed and of which a later one has passed, too, or of which there is no later one.
    private mutating func releasePassed(of member: Member, _ consequences: inout Consequences) {
        let passed = (batchesByMember[member.index] ?? []).filter { batches[$0]!.hasPassed }
        for number in passed {
            guard let batch = batches[number] else { continue }
            let isFollowed = passed.contains { $0 > number && batches[$0]?.policy == batch.policy }
            guard batch.isLast || isFollowed else { continue }
            let rate = Double(batch.checked) / Double(batch.size)
            let bound = errorRate(of: batch.member) * max(0, 1 - rate * checkPower)
            forget(number)
            for held in batch.held {
                accept(Release(task: held.task, answer: held.answer, bound: bound), batch.policy, &consequences)
            }
            for verdict in batch.verdicts { takeIn(verdict, &consequences) }
        }
    }

    /// One lie in the sample stands for those that pass where none is in the sample; two or more in one sample do not
    /// (docs/trust.md, "The account"). A batch that is void for another's lie would not have been released.
    private mutating func account(for batch: Batch, _ number: Int) {
        let tier = batch.policy.tier
        if batch.refuted == 1 {
            let rate = Double(batch.sampled) / Double(batch.size)
            let charge = max(0, 1 / (rate * checkPower) - 1)
            if !batch.drawn.isEmpty {
                guard batch.reserved == 0 else { return }
                batches[number]!.reserved = charge
                return accounts[tier, default: ErrorAccount()].reserve(charge)
            }
            accounts[tier, default: ErrorAccount()].charge(charge)
        }
        accounts[tier]?.reserve(-batch.reserved)
        for task in batch.drawn { drawnFor[task] = nil }
        forget(number)
    }

    private mutating func forget(_ number: Int) {
        let member = batches.removeValue(forKey: number)!.member
        batchesByMember[member.index]?.removeAll { $0 == number }
    }
}
