import DequeModule
import WeftModel

/// How much is given beforehand, and that it is taken back.
extension Engine {
    /// So much may be given beforehand in all, however little is heard.
    private static let leastAllowance = 1024
    /// How often, at most, it is looked how fast attempts end.
    private static let paceInterval = Duration.milliseconds(200)
    /// An end is heard within so many times the time that all attempts take to end at that pace.
    private static let paceFactor = 2
    /// No node is waited for longer than so many times the patience.
    private static let patienceLimit = 10

    /// With many nodes each may have so many, as far as that is heard in time: to hear of one attempt alone costs four times as
    /// much as to hear of it among others.
    private static let allowanceOfNode = 8
    /// One node's part is no smaller.
    private static let leastShare = 4

    /// How many attempts may wait on nodes for room, all together: about a quarter of a second's worth of what is heard, or a
    /// second's where that is still little for each node. With thousands of nodes each may not have as many as it could end, or
    /// their answers would wait here.
    var prefetchAllowance: Int {
        guard let pace else { return Self.leastAllowance }
        let ofSecond = Int(1_000_000 * pace.ends / pace.microseconds)
        return max(Self.leastAllowance, ofSecond / 4, min(ofSecond, pace.nodes * Self.allowanceOfNode))
    }

    /// How many of them one of so many nodes may have: all alike, for a node that has fewer than others is heard of more often, and of
    /// fewer at a time.
    func prefetchShare(among count: Int) -> Int { max(Self.leastShare, prefetchAllowance / max(1, count)) }

    /// How long a node may be silent about what it was given, and only because all are heard so slowly.
    private var prefetchPatience: Duration {
        guard let pace, pace.ends > 0 else { return configuration.prefetchPatience }
        let round = Duration.microseconds(Int64(attempts.count) * pace.microseconds / pace.ends)
        return min(
            configuration.prefetchPatience * Self.patienceLimit,
            max(configuration.prefetchPatience, round * Self.paceFactor))
    }

    /// Looks how many attempts have ended since it last did, and how many nodes are here.
    mutating func measurePace() {
        let elapsed = now - paceMeasuredAt
        guard elapsed >= Self.paceInterval else { return }
        pace = (counters.attemptsEnded - endsMeasured, elapsed.microseconds, connectedNodeCount)
        paceMeasuredAt = now
        endsMeasured = counters.attemptsEnded
    }

    /// What was given beforehand to a node that ends nothing goes back to the queue: something before it runs for longer
    /// than its like did, and another node may be free sooner.
    mutating func takeBackPrefetched() {
        let patience = prefetchPatience
        for node in nodes.indices {
            if let until = nodes[node].noPrefetchUntil, until <= now {
                nodes[node].noPrefetchUntil = nil
                updateReadiness(of: node)
            }
            guard let first = nodes[node].prefetched.first else { continue }
            let since = max(attempts[first]!.assignedAt, nodes[node].lastEnded ?? attempts[first]!.assignedAt)
            guard now - since >= patience else { continue }
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
