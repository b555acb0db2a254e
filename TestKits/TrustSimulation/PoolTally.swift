/// What one seed of one pool under one scheme came to.
package struct PoolTally: Hashable, Sendable {
    /// One phase of the run: tasks before and after the start-up.
    package struct Phase: Hashable, Sendable {
        package let tasks: Int
        package var attempts = 0
        package var accepted = 0
        package var wrong = 0

        /// Attempts for each task.
        package var replicas: Double { Double(attempts) / Double(tasks) }

        init(tasks: Int) { self.tasks = tasks }
    }

    /// Tasks with lower numbers belong to the start-up: 20 for each node.
    private let startUpTasks: Int
    package private(set) var startUp: Phase
    package private(set) var after: Phase
    /// Tasks that ended without an answer, because the bound cannot be met.
    package var refused = 0
    package var canaries = 0
    /// From the first answer to its acceptance, in thousandths of a task's mean time, summed over accepted tasks.
    private var waits: Int64 = 0

    init(tasks: Int, startUpTasks: Int) {
        self.startUpTasks = startUpTasks
        startUp = Phase(tasks: startUpTasks)
        after = Phase(tasks: tasks - startUpTasks)
    }

    package var accepted: Int { startUp.accepted + after.accepted }
    package var wrong: Int { startUp.wrong + after.wrong }
    package var replicas: Double {
        Double(startUp.attempts + after.attempts + canaries) / Double(startUp.tasks + after.tasks)
    }
    package var wrongRate: Double { accepted == 0 ? 0 : Double(wrong) / Double(accepted) }
    /// From the first answer to its acceptance, in mean times of a task.
    package var meanWait: Double { accepted == 0 ? 0 : Double(waits) / Double(accepted) / 1000 }

    mutating func run(_ task: Int) {
        if task < startUpTasks { startUp.attempts += 1 } else { after.attempts += 1 }
    }

    mutating func accept(_ task: Int, isRight: Bool, after wait: Int64) {
        waits += wait
        if task < startUpTasks {
            startUp.accepted += 1
            if !isRight { startUp.wrong += 1 }
        } else {
            after.accepted += 1
            if !isRight { after.wrong += 1 }
        }
    }
}

/// Runs pools. Stateless; may be called from any number of tasks.
package enum TrustSimulator {
    package static func run(
        _ pool: Pool, _ kind: SchemeKind, nodes: Int = 500, tasks: Int = 100_000, seed: UInt64
    ) -> PoolTally {
        switch kind {
        case .twoOfThree: run(pool, FixedScheme(), nodes, tasks, seed)
        case .boinc: run(pool, BoincScheme(nodes: nodes, seed: seed ^ 0xB01C), nodes, tasks, seed)
        case .weft(let maxError):
            run(
                pool, WeftScheme(nodes: nodes, tasks: tasks, maxError: maxError, seed: seed ^ 0x7E57), nodes, tasks,
                seed)
        }
    }

    private static func run(
        _ pool: Pool, _ scheme: some Scheme, _ nodes: Int, _ tasks: Int, _ seed: UInt64
    ) -> PoolTally {
        var world = PoolWorld(pool, nodes: nodes, tasks: tasks, seed: seed, scheme: scheme)
        world.run()
        return world.tally
    }
}
