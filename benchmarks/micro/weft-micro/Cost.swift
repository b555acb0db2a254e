import AllocationCounter
import Benchmark

/// What calls of the engine cost, and nothing of what lies between them: events are made outside.
struct Cost {
    private(set) var events = 0
    private(set) var elapsed: Duration = .zero
    private(set) var allocations: Int64 = 0

    /// Carries out `body`, which stands for so many events.
    mutating func count<Result>(_ events: Int, _ body: () -> Result) -> Result {
        let allocated = weft_allocations_of_this_thread().count
        let start = ContinuousClock.now
        let result = body()
        elapsed += ContinuousClock.now - start
        allocations += weft_allocations_of_this_thread().count - allocated
        self.events += events
        return result
    }
}

/// What is told of each benchmark. Figures are whole numbers there, so they are of a thousand events or tasks.
enum Figure {
    static let eventsPerSecond = BenchmarkMetric.custom(
        "Events per second", polarity: .prefersLarger, useScalingFactor: false)
    static let allocations = BenchmarkMetric.custom("Allocations per 1000 events", useScalingFactor: false)
    static let bytes = BenchmarkMetric.custom("Bytes per 1000 tasks", useScalingFactor: false)

    /// Where allocations cannot be counted, none are told: 0 would look like a figure.
    static let areAllocationsCounted: Bool = {
        guard weft_allocations_are_counted() == 1 else { return false }
        let before = weft_allocations_of_this_thread()
        let piece = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 8)
        let after = weft_allocations_of_this_thread()
        piece.deallocate()
        // Also catches a build in which the runtime does not come past the counter.
        return after.count == before.count + 1 && after.live_bytes >= before.live_bytes + 4096
    }()
}

/// A benchmark of calls, by a name that can be part of a file's: `body` starts from nothing each time, so that every repetition does the very same.
func measureCost(_ name: String, repetitions: Int = 20, _ body: @escaping (inout Cost) -> Void) {
    let metrics =
        Figure.areAllocationsCounted ? [Figure.eventsPerSecond, Figure.allocations] : [Figure.eventsPerSecond]
    _ = Benchmark(name, configuration: configuration(metrics, repetitions: repetitions)) { benchmark in
        var cost = Cost()
        body(&cost)
        precondition(cost.events > 0, "\(name) has measured nothing")
        benchmark.measurement(Figure.eventsPerSecond, Int(Double(cost.events) / cost.elapsed.seconds))
        benchmark.measurement(Figure.allocations, thousandfold(cost.allocations, of: cost.events))
    }
}

/// A benchmark of memory: `body` returns an engine as it is before and one with so many more tasks in it.
func measureMemory(_ name: String, tasks: Int, _ body: @escaping (inout Farm) -> Void, before: @escaping () -> Farm) {
    guard Figure.areAllocationsCounted else { return }
    _ = Benchmark(name, configuration: configuration([Figure.bytes], repetitions: 5)) { benchmark in
        var farm = before()
        let bytes = weft_allocations_of_this_thread().live_bytes
        body(&farm)
        let grown = weft_allocations_of_this_thread().live_bytes - bytes
        precondition(grown > 0, "\(name) has taken no memory")
        benchmark.measurement(Figure.bytes, thousandfold(grown, of: tasks))
        blackHole(farm)
    }
}

private func configuration(_ metrics: [BenchmarkMetric], repetitions: Int) -> Benchmark.Configuration {
    Benchmark.Configuration(
        metrics: metrics, units: Dictionary(uniqueKeysWithValues: metrics.map { ($0, .count) }), warmupIterations: 1,
        maxDuration: .seconds(2), maxIterations: repetitions)
}

private func thousandfold(_ total: Int64, of count: Int) -> Int {
    Int((Double(total) * 1000 / Double(count)).rounded())
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
