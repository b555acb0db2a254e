package import WeftFormats
package import WeftModel

/// What `weft top` shows, as of one moment.
package struct TopSnapshot: Codable, Sendable {
    package var takenAt: Timestamp
    package var stats: Stats
    /// What is going on first, then what has ended; each the newest first.
    package var jobs: [JobView]
    /// The busiest first.
    package var nodes: [NodeView]

    /// How many jobs of each kind are asked for.
    private static let jobsShown = 200

    package init(takenAt: Timestamp, stats: Stats, jobs: [JobView], nodes: [NodeView]) {
        self.takenAt = takenAt
        self.stats = stats
        self.jobs = jobs
        self.nodes = nodes
    }

    package static func take(from api: any CoordinatorAPI, now: Instant) async throws -> TopSnapshot {
        var unfinished = JobFilter(limit: jobsShown)
        unfinished.states = [.waiting, .running]
        async let stats = api.stats()
        async let open = api.jobs(unfinished)
        async let newest = api.jobs(JobFilter(limit: jobsShown))
        async let nodes = api.nodes()
        return TopSnapshot(
            takenAt: Timestamp(now), stats: try await stats,
            jobs: Self.merge(try await open.items, try await newest.items), nodes: Self.sorted(try await nodes))
    }

    private static func merge(_ open: [JobView], _ newest: [JobView]) -> [JobView] {
        var jobs: [JobID: JobView] = [:]
        for job in open + newest { jobs[job.id] = job }
        func rank(_ job: JobView) -> Int {
            switch job.state {
            case .running: 0
            case .waiting: 1
            case .succeeded, .failed, .cancelled: 2
            }
        }
        return jobs.values.sorted { rank($0) != rank($1) ? rank($0) < rank($1) : $0.id > $1.id }
    }

    private static func sorted(_ nodes: [NodeView]) -> [NodeView] {
        func rank(_ node: NodeView) -> Int { node.state == .away ? 1 : 0 }
        return nodes.sorted { left, right in
            if rank(left) != rank(right) { return rank(left) < rank(right) }
            if left.runningAttempts != right.runningAttempts { return left.runningAttempts > right.runningAttempts }
            return (left.name, left.id.text) < (right.name, right.id.text)
        }
    }
}

/// Counters a second, between two snapshots.
package struct TopRates: Hashable, Sendable {
    package var tasks: Double
    package var attempts: Double
    package var commits: Double

    /// nil between different runs of a coordinator, and where no time has passed.
    package init?(from earlier: TopSnapshot, to later: TopSnapshot) {
        let seconds = later.stats.uptimeSeconds - earlier.stats.uptimeSeconds
        guard later.stats.startedAt == earlier.stats.startedAt, seconds > 0 else { return nil }
        tasks = Double(later.stats.tasksEnded - earlier.stats.tasksEnded) / seconds
        attempts = Double(later.stats.attemptsEnded - earlier.stats.attemptsEnded) / seconds
        commits = Double(later.stats.commits - earlier.stats.commits) / seconds
    }
}
