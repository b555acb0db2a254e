import Simulation

/// What many seeds add up to.
struct Summary: Sendable {
    private var seeds = 0
    private var events = 0
    private var steps = 0
    private var tasks = 0
    private var restarts = 0
    private var movements: [String: Int] = [:]
    private var virtualMicroseconds: Int64 = 0
    private var faults = [Int](repeating: 0, count: Fault.allCases.count)
    /// The lowest seed that failed.
    private(set) var failedSeed: UInt64?

    mutating func add(_ report: SimulationReport) {
        seeds += 1
        events += report.events
        steps += report.steps
        tasks += report.tasksEnded
        restarts += report.restarts
        movements.merge(report.movements) { $0 + $1 }
        virtualMicroseconds += report.virtualMicroseconds
        for index in faults.indices { faults[index] += report.faults[index] }
        if report.failure != nil { failedSeed = min(failedSeed ?? report.seed, report.seed) }
    }

    mutating func add(_ other: Summary) {
        seeds += other.seeds
        events += other.events
        steps += other.steps
        tasks += other.tasks
        restarts += other.restarts
        movements.merge(other.movements) { $0 + $1 }
        virtualMicroseconds += other.virtualMicroseconds
        for index in faults.indices { faults[index] += other.faults[index] }
        if let seed = other.failedSeed { failedSeed = min(failedSeed ?? seed, seed) }
    }

    func description(elapsed: Duration) -> String {
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let kinds = Fault.allCases.map { "  \($0): \(faults[$0.rawValue])" }.joined(separator: "\n")
        let moved = movements.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return """
            faults:
            \(kinds)
            \(seeds) seeds, \(events) events, \(steps) engine steps, \(tasks) tasks ended, \(restarts) restarts
            credits moved: \(moved)
            \(virtualMicroseconds / 3_600_000_000) h virtual in \(Int(seconds * 10 + 0.5) / 10) s: \
            \(Int(Double(seeds) / max(seconds, 0.001))) seeds/s
            """
    }
}
