/// What a coordinator has seen of how well a node works, apart from whether it is honest (``Reputation``). Of attempts whose
/// end the node caused: those that the payload ended by its own limits, that were revoked, or handed back by the owner, do
/// not count.
package struct Performance: Hashable, Sendable, Codable {
    /// Attempts that ended with an answer.
    package private(set) var finished: Int64 = 0
    /// Attempts that the node could not run.
    package private(set) var failed: Int64 = 0
    /// Attempts that were taken from it, because it was gone, silent, or did not report them in time.
    package private(set) var lost: Int64 = 0
    /// The share of the latest attempts that it finished, in millionths; each counts for a 64th.
    package private(set) var reliabilityMillionths = 1_000_000
    /// How long tasks of the same job take on average, by how long they took here, in millionths; each counts for a 64th.
    /// More than a million is faster than the others. nil before there was anything to compare with.
    package private(set) var speedMillionths: Int?
    /// The latest days on which it ended anything, the newest last; at most ``maxDays``.
    package private(set) var history: [Day] = []

    /// One day, in UTC.
    package struct Day: Hashable, Sendable, Codable {
        /// Since 1970.
        package var number: Int64
        package var finished: Int64 = 0
        package var failed: Int64 = 0
        package var lost: Int64 = 0

        package init(number: Int64) { self.number = number }

        package var startedAt: Instant { Instant(microseconds: number * dayMicroseconds) }
    }

    package enum End: Hashable, Sendable { case finished, failed, lost }

    package static let maxDays = 30
    private static let inertia = 64
    private static let dayMicroseconds: Int64 = 86_400_000_000

    package init() {}

    /// 0 to 1.
    package var reliability: Double { Double(reliabilityMillionths) / 1e6 }
    /// 1: as fast as others on average.
    package var speed: Double? { speedMillionths.map { Double($0) / 1e6 } }

    package mutating func count(_ end: End, at now: Instant) {
        let day = now.microseconds / Self.dayMicroseconds
        if (history.last?.number ?? .min) < day {
            history.append(Day(number: day))
            if history.count > Self.maxDays { history.removeFirst() }
        }
        let last = history.count - 1
        switch end {
        case .finished: (finished, history[last].finished) = (finished + 1, history[last].finished + 1)
        case .failed: (failed, history[last].failed) = (failed + 1, history[last].failed + 1)
        case .lost: (lost, history[last].lost) = (lost + 1, history[last].lost + 1)
        }
        reliabilityMillionths += ((end == .finished ? 1_000_000 : 0) - reliabilityMillionths) / Self.inertia
    }

    /// A task took `microseconds` here, where those of its job usually take `usual`.
    package mutating func ran(for microseconds: Int64, usual: Int64) {
        // Out of bounds are clocks that jumped, and tasks of no length.
        let ratio = Int(max(10_000, min(100_000_000, usual * 1_000_000 / max(1, microseconds))))
        speedMillionths = speedMillionths.map { $0 + (ratio - $0) / Self.inertia } ?? ratio
    }
}
