import DequeModule
import WeftModel

/// What was given beforehand is taken back.
extension Engine {
    /// What was given beforehand to a node that ends nothing goes back to the queue: something before it runs for longer
    /// than its like did, and another node may be free sooner.
    mutating func takeBackPrefetched() {
        for node in nodes.indices {
            if let until = nodes[node].noPrefetchUntil, until <= now {
                nodes[node].noPrefetchUntil = nil
                updateReadiness(of: node)
            }
            guard let first = nodes[node].prefetched.first else { continue }
            let since = max(attempts[first]!.assignedAt, nodes[node].lastEnded ?? attempts[first]!.assignedAt)
            guard now - since >= configuration.prefetchPatience else { continue }
            nodes[node].noPrefetchUntil = now + configuration.prefetchPatience * 2
            takeBackPrefetched(of: node, because: "it has waited for too long behind another attempt")
        }
    }

    mutating func takeBackPrefetched(of node: Int, because reason: String) {
        for lease in nodes[node].prefetched where !attempts[lease]!.isRevoked {
            let attempt = attempts[lease]!
            let task = attempt.id.task
            // Should it have begun all the same, its answer is welcome, like one of a node that was thought lost.
            release(lease)
            lostLeases.add(lease, of: node, keeping: configuration.maxLostLeases)
            step.actions.append(.revoke(nodes[node].record.id, attempt.id, reason: reason))
            guard let offset = jobs[task.job]?.offset(of: task) else { continue }
            if jobs[task.job]!.tails[offset] != nil {
                endTail(lease, offset: offset, of: task.job)
            } else if jobs[task.job]!.open[offset] != nil {
                removeRunning(lease, offset: offset, of: task.job)
                want(1, offset, of: task.job)
            }
        }
        updateReadiness(of: node)
    }
}
