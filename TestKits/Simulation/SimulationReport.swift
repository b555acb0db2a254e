package import WeftEngine

/// What one seed's world came to.
package struct SimulationReport: Sendable {
    package var seed: UInt64
    /// The first thing that was wrong, or nil.
    package var failure: String?
    package var virtualMicroseconds: Int64
    package var events: Int
    /// Batches that the engine handled.
    package var steps: Int
    /// How often the coordinator was started again.
    package var restarts: Int
    package var tasksEnded: Int
    /// Those of them that were given verified answers of earlier ones.
    package var tasksCached: Int
    /// How often each fault was done, by its raw value.
    package var faults: [Int]
    /// Equal for two runs that decided the same things in the same order.
    package var logHash: UInt64
    /// Movements of credits that were committed, by kind.
    package var movements: [String: Int]
    /// The last lines of what happened, oldest first; empty unless asked for.
    package var trace: [String]
}

/// Runs worlds. Stateless; may be called from any number of tasks.
package enum Simulator {
    /// Runs the world of `seed` to its end. `traceLimit`: how many lines of what happened to keep (0 costs nothing).
    package static func run(
        seed: UInt64, defect: PlantedDefect? = nil, traceLimit: Int = 0
    ) -> SimulationReport {
        let world = World(seed: seed, defect: defect, traceLimit: traceLimit)
        world.run()
        return world.report
    }

    /// The first of `seeds` whose world goes wrong, run again with a trace; nil when none does.
    package static func firstFailure(
        seeds: Range<UInt64>, defect: PlantedDefect? = nil, traceLimit: Int = 40
    ) -> SimulationReport? {
        for seed in seeds where run(seed: seed, defect: defect).failure != nil {
            return run(seed: seed, defect: defect, traceLimit: traceLimit)
        }
        return nil
    }
}
