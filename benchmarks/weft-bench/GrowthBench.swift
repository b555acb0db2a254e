import ArgumentParser
import Foundation
import LocalCluster
import WeftClient
import WeftFormats
import WeftModel

/// What a task costs when much is queued, when there are many nodes, when much has been done: the coordinator's
/// processor time per task, which depends on nothing else on the machine.
struct GrowthBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "growth", abstract: "Cost of a task by queue length, nodes and history.")

    @Option(help: "Only this dimension: queued, nodes or history.")
    var only: String?

    @Option(parsing: .upToNextOption, help: "Numbers of nodes to measure with.")
    var nodes = [10, 100, 500, 2000]

    @Option(help: "Tasks that are measured at each size.")
    var tasks: UInt32 = 40_000

    @OptionGroup var options: BenchOptions

    private struct Row {
        var dimension: String
        var size: Int
        var microsecondsPerTask: Double
        var tasksPerSecond: Double
    }

    func run() async throws {
        var rows: [Row] = []
        if only == nil || only == "queued" {
            for size in [1000, 10_000, 100_000, 1_000_000] { rows.append(try await queued(size)) }
        }
        if only == nil || only == "nodes" {
            for size in nodes { rows.append(try await connected(size)) }
        }
        if only == nil || only == "history" { rows += try await history([0, 100_000, 1_000_000]) }
        var figures = Figures()
        let json = rows.map { row in
            """
            {"dimension": "\(row.dimension)", "size": \(row.size), \
            "us_per_task": \(String(format: "%.2f", row.microsecondsPerTask)), \
            "tasks_per_second": \(String(format: "%.0f", row.tasksPerSecond))}
            """
        }
        let text = rows.map { row in
            "\n    \(row.size) \(row.dimension): \(String(format: "%.1f", row.microsecondsPerTask)) µs a task, "
                + "\(String(format: "%.0f", row.tasksPerSecond)) a second"
        }
        figures.add("rows", json: "[" + json.joined(separator: ", ") + "]", text: text.joined())
        figures.print(json: options.json)
    }

    private func measure(
        _ dimension: String, _ size: Int, _ bench: BenchCluster, tasks: UInt32? = nil
    ) async throws -> Row {
        let tasks = tasks ?? self.tasks
        let before = bench.coordinatorFigures.cpuSeconds
        let elapsed = try await bench.runToEnd(BenchCluster.spec("measured", tasks: tasks))
        return Row(
            dimension: dimension, size: size,
            microsecondsPerTask: (bench.coordinatorFigures.cpuSeconds - before) * 1_000_000 / Double(tasks),
            tasksPerSecond: Double(tasks) / elapsed.seconds)
    }

    /// Behind the measured tasks wait `size` others, single jobs and arrays of the same kind.
    private func queued(_ size: Int) async throws -> Row {
        var row: Row?
        try await BenchCluster.run { bench in
            let client = bench.client
            let singles = min(size / 2, 2000)
            for number in 0..<singles {
                var spec = BenchCluster.spec("single \(number)")
                spec.priority = -1
                _ = try await client.submit(spec)
            }
            var rest = BenchCluster.spec("rest", tasks: UInt32(size - singles))
            rest.priority = -1
            let waiting = try await client.submit(rest).job
            _ = waiting
            // Nodes come now, so that everything was queued; the measured job goes first by its priority.
            let swarm = try Swarm(cluster: bench.cluster, nodes: 2, cpuMillis: 64_000)
            row = try await measure("queued", size, bench)
            _ = try swarm.finish()
        }
        return row!
    }

    /// `size` nodes of two slots each, and a hundred tasks for each of many, so that it is not their joining that is seen.
    private func connected(_ size: Int) async throws -> Row {
        var row: Row?
        try await BenchCluster.run { bench in
            let swarm = try await bench.startSwarm(nodes: size, cpuMillis: 2000)
            _ = try await bench.runToEnd(BenchCluster.spec("warm-up", tasks: UInt32(size * 4)))
            row = try await measure("nodes", size, bench, tasks: max(tasks, UInt32(size) * 100))
            _ = try swarm.finish()
        }
        return row!
    }

    /// After so many finished tasks.
    private func history(_ sizes: [Int]) async throws -> [Row] {
        var rows: [Row] = []
        try await BenchCluster.run { bench in
            let swarm = try await bench.startSwarm()
            var done = 0
            for size in sizes {
                if size > done {
                    _ = try await bench.runToEnd(BenchCluster.spec("history", tasks: UInt32(size - done)))
                    done = size
                }
                rows.append(try await measure("history", size, bench))
                done += Int(tasks)
            }
            _ = try swarm.finish()
        }
        return rows
    }
}
