import WeftModel
import WeftTrust

/// Answers that may agree without being equal: the shell compares their outputs, and says what it found.
extension Engine {
    /// Whether it is known of all answers of an open task which of them agree. What is not is asked for, once.
    mutating func areCompared(_ offset: UInt32, of id: JobID) -> Bool {
        guard let agreements = jobs[id]!.open[offset]!.agreements else { return true }
        let unknown = agreements.unknown(among: jobs[id]!.open[offset]!.votes.map(\.answer))
        let new = unknown.filter { !jobs[id]!.open[offset]!.comparing.contains($0) }
        if !new.isEmpty {
            jobs[id]!.open[offset]!.comparing.formUnion(new)
            step.actions.append(.compare(jobs[id]!.task(offset), new))
        }
        return unknown.isEmpty
    }

    /// The shell has found out which answers are alike.
    mutating func compared(_ task: TaskID, _ findings: [Agreements.Pair: Bool]) {
        guard let offset = jobs[task.job]?.offset(of: task), jobs[task.job]!.open[offset] != nil else { return }
        for (pair, agrees) in findings where jobs[task.job]!.open[offset]!.comparing.remove(pair) != nil {
            jobs[task.job]!.open[offset]!.agreements?.record(pair, agrees: agrees)
        }
        evaluate(offset, of: task.job)
    }

    /// A task's policy: who was drawn for a spot check has a stricter one than the job.
    func policy(for offset: UInt32, of id: JobID) -> Verification {
        let policy = jobs[id]!.verification
        return jobs[id]!.open[offset]!.isSpotChecked ? policy.ofSpotCheck : policy
    }

    /// Decides, once its first answer is in, whether a second one has to agree. Nobody can know before, as the seed is
    /// secret and nothing is drawn earlier. Where there is a second one already, it counts.
    mutating func drawSpotCheck(_ offset: UInt32, of id: JobID) {
        guard let rate = jobs[id]!.verification.spotCheck, !jobs[id]!.open[offset]!.isSpotChecked
        else { return }
        let answers = jobs[id]!.open[offset]!.votes.count
        jobs[id]!.open[offset]!.isSpotChecked =
            answers > 1 || (answers == 1 && trust.lottery.draws(jobs[id]!.task(offset), share: rate.share))
    }

    /// Says anew which answer each vote of a ballot is for: answers that agree are one to the book of trust, named after
    /// the first of them that came, so that a name once given stays. One that is like nothing, not even itself, is an
    /// answer of its own each time.
    mutating func restate(_ offset: UInt32, of id: JobID) {
        guard let task = jobs[id]!.open[offset], let agreements = task.agreements, let ballot = task.ballot else {
            return
        }
        let counted = Set(ballot.votes.map(\.order))
        var left = task.votes.indices.filter { counted.contains(task.votes[$0].order) }
            .map { Majority.Vote($0, task.votes[$0].answer) }
        var stands: [Int: Digest] = [:]
        while !left.isEmpty {
            let majority = Majority.find(votes: left, quorum: 1, agree: agreements.agree)
            guard let first = majority.agreeing.first else {
                for vote in left { stands[task.votes[vote.voter].order] = vote.answer.marked(with: vote.voter) }
                break
            }
            for position in majority.agreeing { stands[task.votes[position].order] = task.votes[first].answer }
            left.removeAll { majority.agreeing.contains($0.voter) }
        }
        jobs[id]!.open[offset]!.ballot!.restate(stands)
    }

    /// Which answers of a task that is accepted are right. One that came after the decision is as right as it is like the
    /// accepted one; left out is what has not been compared with it yet.
    func judgements(of task: OpenTask, by tally: Tally) -> [Digest: Bool] {
        var judgements: [Digest: Bool] = [:]
        for answer in task.votes.map(\.answer) {
            if tally.supports(answer) {
                judgements[answer] = true
            } else if let agreements = task.agreements, let leading = tally.leading {
                judgements[answer] = agreements.known(answer, leading)
            } else {
                judgements[answer] = false
            }
        }
        return judgements
    }

    /// What the votes of a ballot that are for `stand` say between them.
    func tally(of task: OpenTask, for stand: Digest) -> Tally {
        guard task.agreements != nil, let ballot = task.ballot else { return task.tally(for: stand) }
        let orders = Set(ballot.votes.lazy.filter { $0.answer == stand }.map(\.order))
        let tally = Tally(task.votes.filter { orders.contains($0.order) }.map(\.answer), task.agreements)
        // What is not even like itself is accepted alone, if it is.
        return tally.leading == nil
            ? Tally(task.votes.filter { orders.contains($0.order) }.prefix(1).map(\.answer)) : tally
    }
}

extension OpenTask {
    fileprivate func tally(for answer: Digest) -> Tally { Tally(votes.lazy.map(\.answer).filter { $0 == answer }) }
}

extension Digest {
    /// Another digest, for this number.
    fileprivate func marked(with number: Int) -> Digest {
        var bytes = bytes
        for position in 0..<8 { bytes[position] ^= UInt8(truncatingIfNeeded: (number + 1) >> (8 * position)) }
        return Digest(bytes: bytes)!
    }
}
