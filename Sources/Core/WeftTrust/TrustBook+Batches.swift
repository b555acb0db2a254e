package import WeftModel

/// Batch clearing. Answers of a believed node are held; when there are enough, some are drawn and done again by others; if
/// all of these agree, the rest is released. Drawn after the answers are in, so no node can know which of its answers are
/// looked at, and a node that turns bad is caught before what it did since is accepted.
extension TrustBook {
    /// Holds the task's only answer.
    package mutating func hold(_ task: TaskID, by member: Member, under policy: TrustPolicy) -> Consequences {
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
        batches[number]!.held.append(task)
        batches[number]!.rate = checkRate(of: member, under: policy)
        if batches[number]!.size >= batchSize(of: member, under: policy) { close(number, &consequences) }
        return consequences
    }

    /// Closes what is held, of all members or for one `max_error`: nothing more will come that it would wait for.
    package mutating func closeBatches(under policy: TrustPolicy? = nil) -> Consequences {
        var consequences = Consequences()
        for (key, number) in openBatches.sorted(by: { $0.value < $1.value })
        where policy == nil || key.tier == policy?.tier { close(number, &consequences) }
        return consequences
    }

    /// The task has ended without a verdict (cancelled, or its payload failed).
    package mutating func withdraw(_ task: TaskID, heldBy member: Member? = nil) -> Consequences {
        var consequences = Consequences()
        waiting.removeAll { $0.release.task == task }
        if let number = drawnFor.removeValue(forKey: task) {
            batches[number]!.drawn.remove(task)
            finishIfChecked(number, &consequences)
        } else if let member {
            for number in batchesByMember[member.index] ?? [] { batches[number]!.held.removeAll { $0 == task } }
        }
        return consequences
    }

    /// As many answers as make for ``TrustConfiguration/checksPerBatch`` checks, but not more than the member has earned.
    private func batchSize(of member: Member, under policy: TrustPolicy) -> Int {
        let rate = checkRate(of: member, under: policy)
        let wanted = Int(Double(configuration.checksPerBatch) / rate)
        return max(1, min(wanted, configuration.maxBatch, standings[member.index].clean))
    }

    private mutating func close(_ number: Int, _ consequences: inout Consequences) {
        let batch = batches[number]!
        openBatches[BatchKey(member: batch.member, tier: batch.policy.tier)] = nil
        batches[number]!.isClosed = true
        let rate = checkRate(of: batch.member, under: batch.policy)
        draw(max(1, sampleSize(of: batch, at: rate) - batch.checked), from: number, &consequences)
        finishIfChecked(number, &consequences)
    }

    private func sampleSize(of batch: Batch, at rate: Double) -> Int {
        min(batch.size, Int((rate * Double(batch.size)).rounded(.up)))
    }

    /// Draws at random: the lottery's ranks are a random order.
    private mutating func draw(_ count: Int, from number: Int, _ consequences: inout Consequences) {
        let ranked = batches[number]!.held.map { (rank: lottery.rank($0), task: $0) }
            .sorted { ($0.rank, $0.task) < ($1.rank, $1.task) }
        let drawn = ranked.prefix(max(0, count)).map(\.task)
        batches[number]!.held = ranked.dropFirst(drawn.count).map(\.task)
        for task in drawn {
            batches[number]!.drawn.insert(task)
            drawnFor[task] = number
        }
        consequences.drawn += drawn
    }

    /// A verdict on a vote of this member: it may be one of a sample, or one more random check of what it has open.
    mutating func credit(
        _ member: Member, _ task: TaskID, isRight: Bool, under policy: TrustPolicy, _ consequences: inout Consequences
    ) {
        let number: Int
        if let drawn = drawnFor[task], batches[drawn]?.member == member {
            number = drawn
            drawnFor[task] = nil
            batches[number]!.drawn.remove(task)
        } else if let open = openBatches[BatchKey(member: member, tier: policy.tier)] {
            number = open
        } else {
            return
        }
        if isRight { batches[number]!.confirmed += 1 } else { batches[number]!.refuted += 1 }
        // Refuted, it is about to be void.
        if isRight || batches[number]!.isVoid { finishIfChecked(number, &consequences) }
    }

    /// The member was convicted: nothing that it has given is released.
    mutating func void(_ member: Member, _ consequences: inout Consequences) {
        for number in batchesByMember[member.index] ?? [] where !batches[number]!.isVoid {
            let batch = batches[number]!
            consequences.struck += (batch.held + batch.drawn.sorted()).map { (task: $0, member: member) }
            if !batch.isClosed { openBatches[BatchKey(member: member, tier: batch.policy.tier)] = nil }
            batches[number]!.isClosed = true
            batches[number]!.isVoid = true
            if batch.refuted == 1 {
                let missing = sampleSize(of: batch, at: batch.rate) - batch.checked - batch.drawn.count
                draw(missing, from: number, &consequences)
            }
            batches[number]!.uncounted = batches[number]!.held.count
            batches[number]!.held = []
            finishIfChecked(number, &consequences)
        }
    }

    /// With the last of its sample a batch is released, looked at more closely, or accounted for.
    private mutating func finishIfChecked(_ number: Int, _ consequences: inout Consequences) {
        guard let batch = batches[number], batch.isClosed else { return }
        if batch.isVoid {
            // One lie in the sample stands for those that pass where none is in the sample; two or more in one sample do
            // not (docs/trust.md, "The account"), and a batch that another's lie made void would not have been released.
            if batch.refuted == 1 {
                guard batch.drawn.isEmpty else { return }
                let rate = Double(batch.checked) / Double(batch.size)
                accounts[batch.policy.tier, default: ErrorAccount()].charge(1 / (rate * checkPower) - 1)
            }
            for task in batch.drawn { drawnFor[task] = nil }
        } else {
            guard batch.drawn.isEmpty else { return }
            let needed = sampleSize(of: batch, at: checkRate(of: batch.member, under: batch.policy))
            if batch.checked < needed, !batch.held.isEmpty {
                return draw(needed - batch.checked, from: number, &consequences)
            }
            let rate = Double(batch.checked) / Double(batch.size)
            let bound = errorRate(of: batch.member) * max(0, 1 - rate * checkPower)
            for task in batch.held { accept(Release(task: task, bound: bound), batch.policy, &consequences) }
        }
        batches[number] = nil
        batchesByMember[batch.member.index]?.removeAll { $0 == number }
    }
}
