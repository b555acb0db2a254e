import WeftEngine

/// Taking jobs in, while no node is there to run them.
enum Submission {
    static func register() {
        for batch in [1, 64, 1024] {
            measureCost("submit-single-batches-of-\(batch)") { cost in
                var farm = Farm()
                for _ in 0..<(16_384 / batch) {
                    _ = farm.handle([Event](repeating: Farm.submission(), count: batch), cost: &cost)
                }
            }
        }
        measureCost("submit-array-of-a-million") { cost in
            for _ in 0..<1000 {
                var farm = Farm()
                _ = farm.handle([Farm.submission(tasks: 1_000_000)], cost: &cost)
            }
        }
    }
}
