import ArgumentParser
import Foundation
import LocalCluster
import WeftClient
import WeftFormats
import WeftModel

/// A large array: how long until it is acknowledged, what it weighs while it waits, when its first task has run.
struct SubmitBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "A large array: acknowledged, queued, first task.")

    @Option(help: "How many tasks the array has.")
    var tasks: UInt32 = 1_000_000

    @Option(help: "How many arrays, one after the other; the figures are medians.")
    var runs = 11

    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard tasks > 0, (1...1000).contains(runs) else { throw ValidationError("all amounts are positive") }
    }

    func run() async throws {
        try await BenchCluster.run { bench in
            let worker = try bench.cluster.startWorker("worker", arguments: ["--cpus", "2", "--isolation", "none"])
            defer { worker.stop() }
            try await bench.client.waitForNodes(1)
            try await options.settle()
            _ = try await bench.runToEnd(BenchCluster.spec("warm-up", tasks: 100, isolation: .none))

            var acknowledgements = Latencies()
            var firstTasks = Latencies()
            let client = bench.client
            for _ in 0..<runs {
                let start = ContinuousClock.now
                let job = try await client.submit(BenchCluster.spec("array", tasks: tasks, isolation: .none)).job
                acknowledgements.add(ContinuousClock.now - start)
                let acknowledged = ContinuousClock.now
                while try await client.job(job.id).counts.ended == 0 { try await Task.sleep(for: .milliseconds(1)) }
                firstTasks.add(ContinuousClock.now - acknowledged)
                _ = try await client.cancel(job.id)
            }
            // One that nothing can run stays queued whole.
            var waiting = BenchCluster.spec("waiting", tasks: tasks)
            waiting.requirements.labels = ["zone": "nowhere"]
            let queued = try await client.submit(waiting).job
            try await Task.sleep(for: .seconds(1))
            var figures = Figures()
            figures.add("tasks", Int(tasks))
            figures.add("seconds", acknowledgements.percentile(50) / 1000, digits: 6)
            figures.add("ack_ms", acknowledgements.percentile(50))
            figures.add("ack_worst_ms", acknowledgements.percentile(100))
            figures.add("first_task_ms", firstTasks.percentile(50))
            figures.add("coordinator_rss_bytes", bench.coordinatorFigures.residentBytes)
            _ = try await client.cancel(queued.id)
            figures.print(json: options.json)
        }
    }
}
