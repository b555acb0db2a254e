import Benchmark

/// Micro-benchmarks of the engine: what one event costs when nothing else is there, no journal, no network, no nodes.
/// `make bench-micro` runs them; benchmarks/README.md says how to read them.
@main
struct Micro: BenchmarkRunnerHooks {
    static func registerBenchmarks() {
        Submission.register()
        Cycle.register()
        Ticking.register()
        Joining.register()
        Explaining.register()
        Memory.register()
    }
}
