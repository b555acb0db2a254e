import WeftEngine

/// Nodes that come, one after the other, while work waits for them, and nodes that come again after their link broke.
enum Joining {
    static func register() {
        for nodes in [10, 2000] {
            measureCost("join-\(nodes)-nodes") { cost in
                var farm = Farm()
                _ = farm.handle([Farm.submission(tasks: 100_000)])
                for number in 0..<nodes { _ = farm.handle([farm.arrival(of: number)], cost: &cost) }
            }
        }
        measureCost("join-again-2000-nodes") { cost in
            var farm = Farm(nodes: 2000)
            for number in 0..<2000 { _ = farm.handle([farm.arrival(of: number)], cost: &cost) }
        }
    }
}
