import WeftModel
import WeftTrust

/// Who checks an answer is drawn at random from all that may, busy or not: whoever always has room would otherwise check
/// most, and liars could wait for each other's work.
extension Engine {
    /// The node that was drawn to answer next, if it can be given the task now.
    mutating func drawnNode(for offset: UInt32, of id: JobID) -> Int? {
        let task = jobs[id]!.open[offset]!
        if let drawn = task.drawn, isCandidate(drawn, for: task, of: id) {
            return takesNow(drawn, for: id) ? drawn : nil
        }
        let candidates = nodes.indices.filter { isCandidate($0, for: task, of: id) }
        guard !candidates.isEmpty else {
            jobs[id]!.open[offset]!.drawn = nil
            if task.noCandidateSince == nil { jobs[id]!.open[offset]!.noCandidateSince = now }
            return nil
        }
        // Who was drawn and went away must not be drawn for ever.
        let asked = task.votes.count + task.running.count + task.losses + task.handBacks + (task.drawn == nil ? 0 : 1)
        let drawn = candidates[
            trust.lottery.candidate(of: candidates.count, for: jobs[id]!.task(offset), votes: asked)]
        jobs[id]!.open[offset]!.drawn = drawn
        jobs[id]!.open[offset]!.noCandidateSince = nil
        return takesNow(drawn, for: id) ? drawn : nil
    }

    /// Whether the node may answer this task next, now or when it has room.
    private func isCandidate(_ node: Int, for task: OpenTask, of id: JobID) -> Bool {
        nodes[node].classes.contains(jobs[id]!.workClass) && nodes[node].restsUntil == nil
            && mayRun(task, of: jobs[id]!.record.submitter, on: node) && mayAnswer(task, of: id, on: node)
    }

    /// Whether the node has room, or queues short tasks.
    private func takesNow(_ node: Int, for id: JobID) -> Bool {
        if nodes[node].hasRoom(for: jobs[id]!.resources) { return true }
        guard let run = jobs[id]!.runMicroseconds, run <= configuration.prefetchHorizon.microseconds else {
            return false
        }
        return nodes[node].prefetched.count < configuration.maxPrefetch && nodes[node].noPrefetchUntil == nil
    }

    /// Checks that nobody can do: their tasks are given up in the end.
    mutating func giveUpChecks() {
        for id in budgetJobs.sorted() {
            let late = jobs[id]?.open.keys { task in
                task.noCandidateSince.map { now - $0 >= configuration.checkPatience } ?? false
            }
            for offset in (late ?? []).sorted() { refuse(offset, of: id, because: .tooFewGroups(groupsThatMay(id))) }
        }
    }

    /// Groups of which a node is here that may answer to this job.
    private func groupsThatMay(_ id: JobID) -> Int {
        let able = nodes.indices.filter { nodes[$0].classes.contains(jobs[id]!.workClass) }
        return Set(able.compactMap { member($0, for: id).map(trust.group) }).count
    }
}
