import ArgumentParser
import Foundation
import LocalCluster
import WeftClient
import WeftFormats
import WeftModel

/// `kill -9` of the coordinator in the middle of `noop`, again and again.
struct CrashBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crash", abstract: "`kill -9` of the coordinator while it is at full speed.")

    @Option(help: "How many tasks.")
    var tasks: UInt32 = 1_000_000

    @Option(help: "How often it is killed.")
    var kills = 10

    @OptionGroup var options: BenchOptions

    func run() async throws {
        try await BenchCluster.run { bench in
            guard let port = bench.cluster.port else { throw BenchFailure("no port") }
            let swarm = try await bench.startSwarm()
            let client = bench.client
            let start = ContinuousClock.now
            let job = try await client.submit(BenchCluster.spec("noop", tasks: tasks)).job
            var random = SystemRandomNumberGenerator()
            var recoveries = Latencies()
            for _ in 0..<kills {
                try await Task.sleep(for: .milliseconds(Int.random(in: 300...900, using: &random)))
                bench.coordinator.kill()
                let restart = ContinuousClock.now
                bench.coordinator = try await bench.cluster.startCoordinator(port: port)
                recoveries.add(try await Self.timeToProgress(of: job.id, client, since: restart))
            }
            let ended = try await client.wait(for: job.id, atMost: .seconds(600))
            let elapsed = ContinuousClock.now - start
            let twice = try await Self.countTwice(job.id, client)
            let seen = try swarm.finish()
            var figures = Figures()
            figures.add("kills", kills)
            figures.add("tasks", Int(tasks))
            figures.add("seconds", elapsed.seconds)
            figures.add("lost", seen.forgotten + Int(tasks) - Int(ended.counts.succeeded))
            figures.add("counted_twice", twice + max(0, Int(ended.counts.succeeded) - Int(tasks)))
            figures.add("answered_again", seen.answered - Int(tasks))
            figures.add("median_recovery_ms", recoveries.percentile(50))
            figures.add("slowest_recovery_ms", recoveries.percentile(100))
            figures.print(json: options.json)
        }
    }

    /// Until more tasks have ended than right after the start; zero when nothing is left to do.
    private static func timeToProgress(
        of job: JobID, _ client: WeftClient, since start: ContinuousClock.Instant
    ) async throws -> Duration {
        var first: UInt32?
        while ContinuousClock.now - start < .seconds(60) {
            if let view = try? await client.job(job) {  // not up yet: asked again
                if view.state.isFinal { return .zero }
                if let first, view.counts.ended > first { return ContinuousClock.now - start }
                first = first ?? view.counts.ended
            }
            try await Task.sleep(for: .milliseconds(2))
        }
        throw BenchFailure("no task ended within 60 s of the restart")
    }

    private static func countTwice(_ job: JobID, _ client: WeftClient) async throws -> Int {
        var seen: Set<UInt32> = []
        var twice = 0
        var cursor: String?
        repeat {
            let page = try await client.results(of: job, cursor: cursor)
            for task in page.items where !seen.insert(task.index).inserted { twice += 1 }
            cursor = page.next
        } while cursor != nil
        return twice
    }
}
