import WeftModel

extension Engine {
    /// Looks whether the answers of an open task decide it.
    mutating func evaluate(_ offset: UInt32, of id: JobID) {
        guard areCompared(offset, of: id) else { return }
        guard jobs[id]!.open[offset]!.ballot == nil else { return weigh(offset, of: id) }
        drawSpotCheck(offset, of: id)
        let policy = policy(for: offset, of: id)
        let tally = jobs[id]!.open[offset]!.tally
        if tally.kinds > 1, !jobs[id]!.open[offset]!.hasDisagreed {
            noteDisagreement(offset, of: id, answers: tally.kinds)
        }
        switch tally.conclude(policy, outstanding: jobs[id]!.open[offset]!.outstanding) {
        case .open:
            break
        case .needsMore(let replicas):
            want(replicas, offset, of: id)
        case .agreed(let answer):
            let votes = jobs[id]!.open[offset]!.votes
            let isSuccess = votes.first { $0.answer == answer }!.isSuccess
            judge(votes, policy) { tally.supports($0) }
            endTask(
                offset, of: id, state: isSuccess ? .succeeded : .failed, verdict: .agreed, answer: answer,
                alike: tally.alike, reason: isSuccess ? nil : "the payload failed: see its exit status and outputs",
                dissenters: tally.total - tally.count)
        case .disagreed:
            endTask(
                offset, of: id, state: .failed, verdict: .disagreed, answer: nil,
                reason: tally.leading == nil
                    ? "no answer is like even itself: its outputs cannot be compared, or hold a NaN"
                    : "\(tally.total) replicas gave \(tally.kinds) different answers",
                dissenters: tally.total - tally.count)
        }
    }

    /// A replica that was still running when its task was decided: its answer is judged like the others.
    mutating func judgeTail(_ result: AttemptResult, node: Int, offset: UInt32) {
        let id = result.attempt.task.job
        let tail = jobs[id]!.tails[offset]!
        guard tail.running.contains(result.attempt.lease) else { return }
        if case .completed = result.outcome, let answer = result.answer, !tail.voters.contains(node) {
            step.changes.append(.resultArrived(result))
            publish(.attemptEnded(result.attempt, result.node, failure: nil))
            jobs[id]!.tails[offset]!.voters.append(node)
            let vote = Vote(
                attempt: result.attempt, node: node, answer: answer, isSuccess: false,
                cost: cost(of: result, for: jobs[id]!.record.spec))
            pay([vote]) { $0 == tail.answer }
            if jobs[id]!.verification.maxError == nil {
                // Of a task with spot checks something still runs only if it was checked.
                let policy = jobs[id]!.verification
                judge([vote], policy.spotCheck == nil ? policy : policy.ofSpotCheck) { $0 == tail.answer }
            } else {
                move(reputationsOf: [vote]) { $0 == tail.answer }
                weighLate(vote, of: id, against: tail.answer)
            }
            if answer != tail.answer, !tail.hasDisagreed {
                jobs[id]!.tails[offset]!.hasDisagreed = true
                jobs[id]!.record.counts.disagreed += 1
                counters.disagreements += 1
                publish(.disagreement(result.attempt.task, answers: 2))
                if jobs[id]!.record.state.isFinal { recordState(of: id) }
            }
        }
        endTail(result.attempt.lease, offset: offset, of: id)
    }

    mutating func endTail(_ lease: LeaseID, offset: UInt32, of id: JobID) {
        jobs[id]!.tails[offset]!.running.removeAll { $0 == lease }
        if jobs[id]!.tails[offset]!.running.isEmpty { jobs[id]!.tails[offset] = nil }
        settledJobs.insert(id)
    }

    mutating func noteDisagreement(_ offset: UInt32, of id: JobID, answers: Int) {
        jobs[id]!.open[offset]!.hasDisagreed = true
        jobs[id]!.record.counts.disagreed += 1
        counters.disagreements += 1
        publish(.disagreement(jobs[id]!.task(offset), answers: answers))
    }

    /// Moves reputations by a verdict. A quorum of one is nobody's second opinion and proves nothing.
    private mutating func judge(_ votes: [Vote], _ policy: Verification, by isRight: (Digest) -> Bool) {
        guard policy.quorum >= 2 || configuration.plantedDefect == .trustsSingleAnswer else { return }
        move(reputationsOf: votes, by: isRight)
    }

    mutating func move(reputationsOf votes: [Vote], by isRight: (Digest) -> Bool) {
        for vote in votes {
            var reputation = nodes[vote.node].record.reputation
            if isRight(vote.answer) {
                reputation.agreements += 1
                reputation.score = min(100, reputation.score + configuration.reputationGain)
            } else {
                reputation.disagreements += 1
                reputation.score = max(0, reputation.score - configuration.reputationLoss)
                revokeCached(of: vote.node)
            }
            let before = nodes[vote.node].record.reputation.score
            nodes[vote.node].record.reputation = reputation
            changedNodes.insert(vote.node)
            guard reputation.score != before else { continue }
            publishNode(vote.node)
            let minimum = configuration.minimumReputation
            if (before < minimum) != (reputation.score < minimum) { updateClasses(of: vote.node) }
        }
    }
}
