import ArgumentParser
import Foundation
import LocalCluster
import NIOCore
import NIOPosix
import WeftClient
import WeftFormats
import WeftModel

/// Many readers of the stream of events, some of which do not read, beside tasks that come at a steady rate.
struct SubscribersBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subscribers", abstract: "Many readers of the stream of events, some of them slow.")

    @Option(help: "How many subscribe to the ends of tasks.")
    var subscribers = 1000

    @Option(help: "How many of them do not read before all is over.")
    var slow = 50

    @Option(help: "Tasks a second.")
    var rate: UInt32 = 2000

    @Option(help: "For how many seconds.")
    var seconds = 15

    @OptionGroup var options: BenchOptions

    private static let chunksPerSecond: UInt32 = 10

    func validate() throws {
        guard slow >= 0, subscribers > slow, rate >= Self.chunksPerSecond, seconds > 0 else {
            throw ValidationError("all amounts are positive, and most subscribers read")
        }
    }

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { group.shutdownGracefully { _ in } }
        try await BenchCluster.run { bench in
            let swarm = try await bench.startSwarm()
            _ = try await bench.runToEnd(BenchCluster.spec("warm-up", tasks: 2000))
            let quiet = bench.coordinatorFigures.residentBytes
            let readers = try await subscribe(bench, on: group)
            let joined = bench.coordinatorFigures.residentBytes
            let cpu = bench.coordinatorFigures.cpuSeconds

            let start = ContinuousClock.now
            let tasks = try await submit(bench.client)
            let elapsed = ContinuousClock.now - start
            try await settle(readers.dropLast(slow), tasks: tasks)
            let last = ContinuousClock.now - start
            let used = bench.coordinatorFigures.cpuSeconds - cpu
            let peak = bench.coordinatorFigures.peakResidentBytes
            for reader in readers.suffix(slow) { try await reader.goOn() }
            try await settle(readers.suffix(slow), tasks: tasks)
            _ = try swarm.finish()

            let fast = readers.dropLast(slow).map(\.seen)
            let stalled = readers.suffix(slow).map(\.seen)
            var figures = Figures()
            figures.add("subscribers", subscribers)
            figures.add("tasks", tasks)
            figures.add("tasks_per_second", Double(tasks) / elapsed.seconds, digits: 1)
            figures.add("readers_with_all", fast.count { $0.events == tasks })
            figures.add("readers_told_of_gaps", fast.count { $0.missed > 0 })
            figures.add(
                "events_delivered_per_second", Double(fast.reduce(0) { $0 + $1.events }) / last.seconds, digits: 0)
            figures.add("last_event_after_ms", (last - elapsed).milliseconds)
            figures.add("slow", slow)
            figures.add("slow_told_of_gaps", stalled.count { $0.missed > 0 })
            figures.add("unaccounted", (fast + stalled).count { $0.events + $0.missed != tasks })
            figures.add("coordinator_cpu_seconds_per_second", used / last.seconds)
            figures.add("rss_before_bytes", quiet)
            figures.add("rss_subscribed_bytes", joined)
            figures.add("peak_rss_bytes", peak)
            figures.print(json: options.json)
        }
    }

    private func subscribe(_ bench: BenchCluster, on group: any EventLoopGroup) async throws -> [EventReader] {
        let token = try bench.cluster.adminToken()
        guard let port = bench.cluster.port else { throw BenchFailure("no port") }
        var readers: [EventReader] = []
        for number in 0..<subscribers {
            let reads = number < subscribers - slow
            readers.append(try await EventReader.connect(port: port, token: token, reads: reads, on: group))
        }
        let (client, count) = (bench.client, subscribers)
        try await eventually("\(count) subscribers", within: .seconds(60)) {
            try await client.stats().subscribers >= count
        }
        return readers
    }

    /// Jobs at a steady rate, until all have ended; how many tasks.
    private func submit(_ client: WeftClient) async throws -> Int {
        let start = ContinuousClock.now
        let chunk = rate / Self.chunksPerSecond
        var last: JobID?
        for number in 0..<(seconds * Int(Self.chunksPerSecond)) {
            let due = start + .milliseconds(number * 1000 / Int(Self.chunksPerSecond))
            if due > .now { try await Task.sleep(until: due) }
            last = try await client.submit(BenchCluster.spec("chunk", tasks: chunk)).job.id
        }
        if let last { _ = try await client.wait(for: last, atMost: .seconds(120)) }
        return seconds * Int(Self.chunksPerSecond) * Int(chunk)
    }

    /// Until they have heard of every task, or of gaps; a minute at most.
    private func settle(_ readers: ArraySlice<EventReader>, tasks: Int) async throws {
        try? await eventually("all events", within: .seconds(60)) {
            readers.allSatisfy { $0.seen.events + $0.seen.missed >= tasks }
        }
    }
}
