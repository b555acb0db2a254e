import BitCollections
import DequeModule
import WeftModel

extension Engine {
    /// What must hold between any two steps. Returns what does not, in words; for tests and the simulator.
    package func violations() -> [String] {
        var found: [String] = []
        for node in nodes {
            var free = Room(of: node.record.profile)
            for lease in node.attempts {
                guard let attempt = attempts[lease] else {
                    found.append("node \(node.record.id) holds the unknown lease \(lease)")
                    continue
                }
                if attempt.isPrefetched != node.prefetched.contains(lease) {
                    found.append("lease \(lease) waits on its node by one account only")
                }
                if !attempt.isPrefetched { free.take(attempt.resources, attempt.devices) }
            }
            if let first = node.prefetched.first, free.fits(attempts[first]!.resources) {
                found.append("lease \(first) waits on node \(node.record.id), which has room for it")
            }
            if node.prefetched.count > configuration.maxPrefetch {
                found.append("\(node.prefetched.count) attempts wait on node \(node.record.id)")
            }
            if free != node.free {
                found.append("node \(node.record.id): free \(node.free.resources), but \(free.resources) is not leased")
            }
            if node.free.isNegative != node.isShort {
                found.append("node \(node.record.id) is over-committed: \(node.free.resources)")
            }
            if node.isConnected, node.isPaused != !node.record.profile.paused.isEmpty {
                found.append("node \(node.record.id) is paused by one account only")
            }
            if !(0...100).contains(node.record.reputation.score) {
                found.append("node \(node.record.id) has the score \(node.record.reputation.score)")
            }
        }
        for index in classes.keys {
            let count = nodes.count { $0.classes.contains(index) }
            if count != classes[index]!.nodeCount {
                found.append("a class counts \(classes[index]!.nodeCount) nodes, and \(count) are in it")
            }
        }
        var held: [String: Int64] = [:]
        for lease in attempts.keys {
            let attempt = attempts[lease]!
            held[attempt.submitter, default: 0] += attempt.resources.cpuMillis
            if !nodes[attempt.node].attempts.contains(lease) { found.append("lease \(lease) is not with its node") }
            if attempt.isRevoked { continue }
            let job = jobs[attempt.id.task.job]
            let offset = job?.offset(of: attempt.id.task)
            let isKnown = offset.map { (job?.open[$0]?.running ?? job?.tails[$0]?.running ?? []).contains(lease) }
            if isKnown != true { found.append("lease \(lease) runs for no task") }
        }
        if held.filter({ $0.value != 0 }) != usage.filter({ $0.value != 0 }) {
            found.append("fair share says \(usage), the leases \(held)")
        }
        for job in jobs.values { found += violations(of: job) }
        let ballots = jobs.values.reduce(0) { $0 + $1.open.values.count { $0.ballot != nil } }
        if ballots != openBudgetTasks { found.append("\(ballots) tasks with a ballot, counted \(openBudgetTasks)") }
        let undecided = jobs.values.reduce(0) {
            $0 + $1.open.values.count { $0.ballot != nil && $0.trust == .undecided }
        }
        if undecided != undecidedTasks { found.append("\(undecided) undecided tasks, counted \(undecidedTasks)") }
        let placed = attempts.values.count { !$0.isPrefetched }
        if placed != occupying { found.append("\(placed) attempts have room, counted \(occupying)") }
        found += violationsOfBooks()
        if !unsettled.isEmpty { found.append("\(unsettled.count) tasks were not looked at") }
        return found
    }

    private func violations(of job: Job) -> [String] {
        var found: [String] = []
        let counts = job.record.counts
        if job.record.state != .cancelled, Int(counts.succeeded + counts.failed) != job.ended.count {
            found.append("job \(job.id): \(job.ended.count) tasks ended, counted \(counts)")
        }
        if counts.ended > counts.total { found.append("job \(job.id): more ended than there are: \(counts)") }
        for offset in job.open.keys {
            let open = job.open[offset]!
            let task = job.task(offset)
            if job.ended.contains(Int(offset)) { found.append("task \(task) is both open and ended") }
            let voters = open.votes.map(\.node)
            if Set(voters).count != voters.count { found.append("task \(task): a node voted twice") }
            if open.isAbandoned, !job.isRestored { found.append("task \(task) is open and nobody works on it") }
            if open.waiting > job.wanting.count(where: { $0 == offset }) {
                found.append("task \(task): a replica waits outside the queue")
            }
            let places = voters + open.running.map { attempts[$0]?.node ?? -1 }
            let owners = places.map { index in
                guard index >= 0 else { return "?" }
                let profile = nodes[index].record.profile
                return profile.owner.isEmpty ? "node \(index)" : "owner \(profile.owner)"
            }
            if Set(owners).count != owners.count { found.append("task \(task): replicas share a node or an owner") }
        }
        let hasLane = classes[job.workClass] != nil
        if !hasLane { found.append("job \(job.id) has no class") }
        if !job.isQueued, job.hasWork(maxOpen: configuration.maxOpenTasks) {
            found.append("job \(job.id) has work and is not queued")
        }
        return found
    }
}
