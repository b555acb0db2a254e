import ArgumentParser
import Foundation
import LocalCluster
import WeftClient
import WeftFormats
import WeftModel

/// Many processes of `true` on two slots of one worker, coordinator and worker in processes of their own.
struct ProcessBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "process", abstract: "Tasks of `true` on two slots, durable.")

    @Option(help: "How many tasks.")
    var tasks: UInt32 = 10_000

    @Option(help: "process or none.")
    var isolation = Isolation.none

    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard tasks >= 2 else { throw ValidationError("--tasks takes 2 or more") }
    }

    func run() async throws {
        try await BenchCluster.run { bench in
            let worker = try bench.cluster.startWorker(
                "worker", arguments: ["--cpus", "2", "--isolation", isolation.rawValue])
            defer { worker.stop() }
            try await bench.client.waitForNodes(1)
            try await options.settle()
            _ = try await bench.runToEnd(BenchCluster.spec("warm-up", tasks: 200, isolation: isolation))
            let workerFigures = ProcessFigures(identifier: worker.identifier)
            let before = (bench.coordinatorFigures.cpuSeconds, workerFigures.cpuSeconds)
            let elapsed = try await bench.runToEnd(BenchCluster.spec("true", tasks: tasks, isolation: isolation))
            let perTask = 1_000_000 / Double(tasks)
            var figures = Figures()
            figures.add("tasks", Int(tasks))
            figures.add("isolation", isolation.rawValue)
            figures.add("seconds", elapsed.seconds)
            figures.add("tasks_per_second", Double(tasks) / elapsed.seconds, digits: 1)
            figures.add(
                "coordinator_cpu_us_per_task", (bench.coordinatorFigures.cpuSeconds - before.0) * perTask, digits: 1)
            figures.add("worker_cpu_us_per_task", (workerFigures.cpuSeconds - before.1) * perTask, digits: 1)
            figures.add("coordinator_peak_rss_bytes", bench.coordinatorFigures.peakResidentBytes)
            figures.print(json: options.json)
        }
    }
}

/// Tasks that cost nothing: what the coordinator itself can take, over real links, every result durable.
struct NoopBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "noop", abstract: "Tasks that are answered at once, by another process, over the link; durable.")

    @Option(help: "How many tasks.")
    var tasks: UInt32 = 200_000

    @Option(help: "How many nodes answer.")
    var nodes = 2

    @Option(help: "How many tasks each node takes at a time.")
    var slots: Int64 = 512

    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard tasks >= 2, nodes > 0, slots > 0 else { throw ValidationError("all amounts are positive") }
    }

    func run() async throws {
        try await BenchCluster.run { bench in
            let swarm = try await bench.startSwarm(nodes: nodes, cpuMillis: slots * 1000)
            _ = try await bench.runToEnd(BenchCluster.spec("warm-up", tasks: 2000))
            let before = (bench.coordinatorFigures.cpuSeconds, swarm.figures.cpuSeconds)
            let elapsed = try await bench.runToEnd(BenchCluster.spec("noop", tasks: tasks))
            let perTask = 1_000_000 / Double(tasks)
            var figures = Figures()
            figures.add("tasks", Int(tasks))
            figures.add("nodes", nodes)
            figures.add("seconds", elapsed.seconds)
            figures.add("tasks_per_second", Double(tasks) / elapsed.seconds, digits: 1)
            figures.add(
                "coordinator_cpu_us_per_task", (bench.coordinatorFigures.cpuSeconds - before.0) * perTask, digits: 1)
            figures.add("swarm_cpu_us_per_task", (swarm.figures.cpuSeconds - before.1) * perTask, digits: 1)
            figures.add("coordinator_peak_rss_bytes", bench.coordinatorFigures.peakResidentBytes)
            let seen = try swarm.finish()
            guard seen.forgotten == 0 else { throw BenchFailure("\(seen.forgotten) results were forgotten") }
            figures.print(json: options.json)
        }
    }
}
