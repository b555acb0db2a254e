import Benchmark
import WeftEngine
import WeftModel

/// Why a job waits, asked by a person: looks at every node. One question stands for one event.
enum Explaining {
    static func register() {
        for nodes in [10, 2000] {
            measureCost("explain-\(nodes)-nodes") { cost in
                var farm = Farm(nodes: nodes)
                _ = farm.handle([Farm.submission(tasks: 100_000)])
                _ = farm.handle([Farm.submission()])
                for _ in 0..<100 {
                    let explanation = cost.count(1) { farm.engine.explain(JobID(2), task: nil) }
                    precondition(explanation != nil)
                    blackHole(explanation)
                }
            }
        }
    }
}
