import WeftEngine

/// The heart: a node says that an attempt has begun, then that it has ended; the engine counts the answer, ends the task
/// and places the next one. Two events for each attempt, and one placing.
enum Cycle {
    /// Attempts that run at a time, whatever the number of nodes.
    private static let slots = 2000
    private static let tasks: UInt32 = 1_000_000

    static func register() {
        for nodes in [10, 2000] {
            for replicas in [1, 3] {
                for batch in [1, 64, 1024] {
                    measure(nodes: nodes, replicas: replicas, batch: batch)
                }
            }
        }
        measure(nodes: 10, replicas: 1, batch: 64, ranFor: .milliseconds(1))
    }

    private static func measure(nodes: Int, replicas: Int, batch: Int, ranFor duration: Duration = .seconds(1)) {
        let kind = duration < .seconds(1) ? "run-short" : "run"
        measureCost("\(kind)-\(nodes)-nodes-replicas-\(replicas)-batches-of-\(batch)", repetitions: 10) { cost in
            var farm = Farm(nodes: nodes, cores: Int64(slots / nodes))
            var given = farm.handle([Farm.submission(tasks: tasks, replicas: replicas)]).assignments
            var unmeasured = Cost()
            var done = 0
            // One round of all slots before measuring: tables have grown to what they need.
            while done < slots * 2 { done += turn(&farm, &given, batch: 500, ranFor: duration, cost: &unmeasured) }
            done = 0
            while done < 16_384 { done += turn(&farm, &given, batch: batch, ranFor: duration, cost: &cost) }
        }
    }

    /// The oldest attempts begin, then end. Returns how many.
    private static func turn(
        _ farm: inout Farm, _ given: inout [Assignment], batch: Int, ranFor duration: Duration, cost: inout Cost
    ) -> Int {
        let attempts = given.prefix(batch)
        precondition(!attempts.isEmpty, "nothing was placed")
        let started = farm.handle(attempts.map(farm.started), cost: &cost)
        let ended = farm.handle(attempts.map { farm.ended($0, after: duration) }, cost: &cost)
        given.removeFirst(attempts.count)
        given += started.assignments + ended.assignments
        return attempts.count
    }
}
