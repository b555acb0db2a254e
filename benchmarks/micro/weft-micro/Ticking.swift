import WeftEngine

/// Time passing, several times a second: every node is looked at.
enum Ticking {
    static func register() {
        for nodes in [10, 2000] {
            measureCost("tick-\(nodes)-nodes") { cost in
                var farm = Farm(nodes: nodes, cores: Int64(2000 / nodes))
                _ = farm.handle([Farm.submission(tasks: 100_000)])
                for _ in 0..<1000 { _ = farm.handle([.tick], cost: &cost) }
            }
        }
    }
}
