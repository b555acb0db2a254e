import BitCollections
import WeftModel
import WeftTrust

/// Verified answers that identical tasks are given instead of being run (docs/cache.md). The shell keeps them, finds them
/// by their digests and checks them; what may enter, what is taken, and whose are void is decided here.
extension Engine {
    /// Ends the tasks that can be given an answer. They have no attempts and move no reputation.
    mutating func takeCached(_ found: CachedAnswers, for id: JobID) {
        guard !found.byOffset.isEmpty, jobs[id]!.record.spec.mayUseCache else { return }
        let policy = jobs[id]!.verification
        for (offset, cached) in found.byOffset.sorted(by: { $0.key < $1.key })
        where offset < jobs[id]!.range.count && mayTake(cached, under: policy, asOf: found.asOf)
            && knownAnswer(offset, of: id) == nil
        {
            counters.cached += 1
            let record = TaskRecord(
                id: jobs[id]!.task(offset), state: .succeeded, verdict: .agreed, answer: cached.answer, endedAt: now,
                errorBound: policy.maxError == nil ? nil : cached.errorBound, cachedFrom: cached.origin)
            note(record, at: offset)
        }
        endIfNothingIsLeft(id)
    }

    /// Whether it is strong enough, and nobody whose vote is in it was found lying since it was looked up.
    private func mayTake(_ cached: CachedAnswer, under policy: Verification, asOf: UInt64) -> Bool {
        guard policy.accepts(agreeing: cached.voters.count, errorBound: cached.errorBound) else { return false }
        return cached.voters.allSatisfy { voter in nodeIndexes[voter].map { nodes[$0].revokedAt <= asOf } ?? false }
    }

    /// A task has ended: its answer may be given to others if a second opinion confirmed it, or the book of trust cleared
    /// it.
    mutating func offerToCache(_ record: TaskRecord, _ task: OpenTask) {
        guard record.state == .succeeded, record.verdict == .agreed, record.answer != nil,
            task.votes.count >= 2 || record.errorBound != nil,
            jobs[record.id.job]!.record.spec.mayUseCache
        else { return }
        let struck = task.ballot?.struck.map(\.member) ?? []
        var voters: [Int] = []
        for vote in task.votes
        where record.supports(vote.answer) && !voters.contains(where: { sharesOwner($0, vote.node) }) {
            if let member = member(vote.node, for: record.id.job), struck.contains(member) { continue }
            // It was found lying while the task waited for others.
            if nodes[vote.node].revokedAt > vote.revocations { continue }
            voters.append(vote.node)
        }
        guard voters.count >= 2 || (record.errorBound != nil && !voters.isEmpty) else { return }
        step.changes.append(
            .cacheEntered(
                CacheEntry(
                    origin: record.id, voters: voters.map { nodes[$0].record.id }.sorted(),
                    errorBound: record.errorBound)))
    }

    /// The node was found lying: nobody is given what its vote was in from now on.
    mutating func revokeCached(of node: Int) {
        guard configuration.plantedDefect != .reusesAnswersOfLiars else { return }
        revocations += 1
        nodes[node].revokedAt = revocations
        step.changes.append(.cacheRevoked(nodes[node].record.id))
    }

    mutating func revokeCached(of members: [Member]) {
        for member in members {
            guard let node = nodeIndexes[trust.standings[member.index].node] else { continue }
            revokeCached(of: node)
        }
    }
}
