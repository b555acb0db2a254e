package import WeftModel

package struct NodeView: Codable, Hashable, Sendable {
    package enum State: String, Codable, Hashable, Sendable { case connected, silent, draining, paused, away }
    /// How the coordinator's link gets to it: over a connection of its own, or through a peer that forwards.
    package enum Route: String, Codable, Hashable, Sendable { case direct, relayed }

    package var id: NodeID
    package var name: String
    package var state: State
    /// Nil where it has no link, and from coordinators that do not tell.
    package var route: Route?
    package var profile: NodeProfile
    package var free: Resources
    package var runningAttempts: Int
    package var reputation: Reputation
    /// Nil from coordinators that do not tell.
    package var performance: PerformanceView?
    /// What its answers to jobs with a `max_error` have shown; by kind of payload, of those that it ever answered.
    /// Nil from coordinators that do not tell.
    package var trust: [TrustView]?
    package var firstSeenAt: Timestamp
    package var lastSeenAt: Timestamp

    package init(
        id: NodeID, name: String, state: State, route: Route? = nil, profile: NodeProfile, free: Resources,
        runningAttempts: Int, reputation: Reputation, performance: PerformanceView? = nil, trust: [TrustView]? = [],
        firstSeenAt: Timestamp,
        lastSeenAt: Timestamp
    ) {
        self.id = id
        self.name = name
        self.state = state
        self.route = route
        self.profile = profile
        self.free = free
        self.runningAttempts = runningAttempts
        self.reputation = reputation
        self.performance = performance
        self.trust = trust
        self.firstSeenAt = firstSeenAt
        self.lastSeenAt = lastSeenAt
    }
}

/// How well a node works (docs/trust.md): what became of its attempts, lately and by days.
package struct PerformanceView: Codable, Hashable, Sendable {
    package var finished: Int64
    package var failed: Int64
    package var lost: Int64
    /// The share of the latest attempts that it finished, 0 to 1.
    package var reliability: Double
    /// 1: as fast as others with tasks of the same jobs. Nil before there was anything to compare with.
    package var speed: Double?
    /// The latest days with an attempt, the newest last.
    package var history: [Day]

    package struct Day: Codable, Hashable, Sendable {
        /// When it began, in UTC.
        package var day: Timestamp
        package var finished: Int64
        package var failed: Int64
        package var lost: Int64
    }

    package init(_ performance: Performance) {
        finished = performance.finished
        failed = performance.failed
        lost = performance.lost
        reliability = performance.reliability
        speed = performance.speed
        history = performance.history.map { day in
            Day(
                day: Timestamp(day.startedAt), finished: day.finished, failed: day.failed, lost: day.lost)
        }
    }
}

/// What a coordinator knows of a node's honesty with one kind of payload (docs/trust.md).
package struct TrustView: Codable, Hashable, Sendable {
    package enum State: String, Codable, Hashable, Sendable {
        /// Its answers are decided by votes alone.
        case new
        /// Its answers are held, and accepted when a sample of them was confirmed.
        case believed
        /// It was caught too often and is given no more work of jobs with a `max_error`.
        case excluded
    }

    package var payload: String
    package var state: State
    /// Answers of which it is known whether they were right, and how many of these were wrong; the old count less.
    package var checked: Int64
    package var wrong: Int64
    /// Right ones since the last that was wrong.
    package var rightInARow: Int

    package init(payload: String, state: State, checked: Int64, wrong: Int64, rightInARow: Int) {
        self.payload = payload
        self.state = state
        self.checked = checked
        self.wrong = wrong
        self.rightInARow = rightInARow
    }
}
