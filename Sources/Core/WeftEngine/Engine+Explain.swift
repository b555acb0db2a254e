import DequeModule
package import WeftModel
import WeftTrust

extension Engine {
    /// Why a job (or one task of it) waits, and the smallest change that would place it; nil for a job not in memory.
    package func explain(_ id: JobID, task index: UInt32?) -> Explanation? {
        guard let job = jobs[id] else { return nil }
        if job.record.state.isFinal {
            return Explanation(kind: .notWaiting, summary: "the job has ended: \(job.record.state.rawValue)")
        }
        let offset = index.map { $0 &- job.range.first }
        if let offset {
            guard offset < job.range.count else { return nil }
            if job.ended.contains(Int(offset)) { return Explanation(kind: .notWaiting, summary: "the task has ended") }
            if let open = job.open[offset], open.waiting == 0 {
                if !open.comparing.isEmpty {
                    return Explanation(kind: .notWaiting, summary: "its answers are being compared")
                }
                if let held = explainHeld(open) { return held }
                let count = open.running.count
                return Explanation(
                    kind: .notWaiting, summary: "the task is running on \(count) \(count == 1 ? "node" : "nodes")")
            }
        } else if job.counts.waiting == 0, job.open.values.allSatisfy({ $0.waiting == 0 }) {
            let held = job.open.values.count { $0.trust != .undecided }
            return Explanation(
                kind: .notWaiting,
                summary: held == 0
                    ? "every task that has not ended is running"
                    : "\(held) tasks are answered, and wait until the nodes that answered were checked; the others run")
        }
        return explainWaiting(job, offset: offset)
    }

    /// The explanation where a task's replicas have to run on equal machines, and there are too few of them.
    private func explainHardware(_ job: Job, offset: UInt32?, _ willing: [Int]) -> Explanation? {
        let policy = job.verification
        guard policy.needsSameHardware else { return nil }
        let kinds = Dictionary(grouping: willing) { nodes[$0].hardware }
        let wanted = offset.flatMap { job.open[$0]?.hardware }
        let most = (wanted.map { [kinds[$0] ?? []] } ?? Array(kinds.values)).map { owners(of: $0) }.max() ?? 0
        let needed = policy.leastOwners
        guard most < needed else { return nil }
        let needs = "its replicas need \(needed) equal machines of different owners"
        return Explanation(
            kind: .neverHere,
            summary: "\(needs); there are \(most)" + (wanted.map { " like the first (\($0))" } ?? " at most"),
            reasons: [
                Explanation.Reason(field: "verification.same_hardware", message: needs, nodeCount: most)
            ],
            suggestion: "connect \(needed - most) more of a kind, or leave out verification.same_hardware")
    }

    private func explainHeld(_ task: OpenTask) -> Explanation? {
        switch task.trust {
        case .undecided: nil
        case .held:
            Explanation(
                kind: .notNow,
                summary: "it is answered, and waits until some of its node's answers were checked by others")
        case .decided:
            Explanation(
                kind: .notNow, summary: "its answers suffice, and wait until the nodes that gave them were checked")
        }
    }

    private func explainWaiting(_ job: Job, offset: UInt32?) -> Explanation {
        if job.isRestored, holdRestoredUntil != nil {
            return Explanation(
                kind: .notNow, summary: "the coordinator has just restarted and waits for workers to come back")
        }
        let connected = nodes.indices.filter { nodes[$0].isConnected }
        guard !connected.isEmpty else {
            return Explanation(
                kind: .neverHere, summary: "no node is connected",
                reasons: [Explanation.Reason(field: "nodes", message: "no node is connected")],
                suggestion: "start a worker with `weft worker`, or run `weft up`")
        }
        let key = ClassKey(job.record.spec)
        let submitter = job.record.submitter
        var survey = Survey(key: key, submitter: submitter)
        for index in connected { survey.add(nodes[index], minimumReputation: configuration.minimumReputation) }
        let willing = connected.filter { meets(key, nodes[$0]) && nodes[$0].takes(workOf: submitter) }
        guard !willing.isEmpty else {
            if let paused = explainPaused(connected, key, submitter, survey) { return paused }
            return survey.infeasible(of: connected.count)
        }

        if job.verification.maxError != nil, openBudgetTasks >= trust.maxTasks {
            return Explanation(
                kind: .notNow,
                summary: "until it is known how many of the nodes are honest, \(trust.maxTasks) tasks with a max_error "
                    + "are worked on at a time")
        }
        let replicas = job.verification.replicas
        let owners = owners(of: willing)
        if owners < replicas {
            let needs = "\(replicas) replicas need \(replicas) nodes of different owners"
            return Explanation(
                kind: .neverHere, summary: "\(needs); \(owners) can run this job",
                reasons: survey.reasons
                    + [Explanation.Reason(field: "verification.replicas", message: needs, nodeCount: owners)],
                suggestion: "connect \(replicas - owners) more, or lower verification.replicas to \(owners)")
        }
        if let lonely = explainHardware(job, offset: offset, willing) { return lonely }
        let free = willing.filter { nodes[$0].hasRoom(for: key.resources) }
        if free.isEmpty {
            let resting = willing.filter { nodes[$0].restsUntil != nil }
            if resting.count == willing.count {
                return Explanation(
                    kind: .notNow, summary: "every node that can run it has just failed, and rests for a while",
                    reasons: survey.reasons + [
                        Explanation.Reason(
                            field: "nodes", message: "its last attempt failed for reasons of its own",
                            nodes: resting.prefix(5).map { nodes[$0].record.id }, nodeCount: resting.count)
                    ])
            }
            return Explanation(
                kind: .notNow,
                summary: willing.count == 1
                    ? "the only node that can run it is busy" : "all \(willing.count) nodes that can run it are busy",
                reasons: survey.reasons
                    + [
                        Explanation.Reason(
                            field: "queue", message: "busy with other work",
                            nodes: willing.prefix(5).map { nodes[$0].record.id }, nodeCount: willing.count)
                    ])
        }
        if let offset, job.open[offset] != nil, !free.contains(where: { mayRun(job.open[offset], on: $0) }) {
            return Explanation(
                kind: .notNow, summary: "its next replica waits for a node that has not run this task yet",
                reasons: survey.reasons)
        }
        return Explanation(
            kind: .notNow, summary: "work of higher priority, or that came earlier, is before it",
            reasons: survey.reasons)
    }

    /// The explanation when it would run, were it not for owners' rules that give their nodes no work at present.
    private func explainPaused(
        _ connected: [Int], _ key: ClassKey, _ submitter: String, _ survey: Survey
    ) -> Explanation? {
        let paused = connected.filter { index in
            var node = nodes[index]
            guard node.isPaused, node.takes(workOf: submitter) else { return false }
            node.pausedSince = nil
            return meets(key, node)
        }
        guard let first = paused.first else { return nil }
        return Explanation(
            kind: .notNow,
            summary: paused.count == 1
                ? "the only node that can run it is paused by its owner: \(nodes[first].record.profile.paused)"
                : "all \(paused.count) nodes that can run it are paused by their owners",
            reasons: survey.reasons)
    }
}
