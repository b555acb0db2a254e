import ArgumentParser
import Foundation
import LocalCluster
import WeftClient
import WeftFormats

/// `weft up` from its start to serving with a worker, and what it costs while there is nothing to do.
struct StartupBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "startup", abstract: "Start of `weft up`, its idle load, its size.")

    @Option(help: "How many starts; the time is their median.")
    var runs = 11

    @Option(help: "Seconds of idleness to measure.")
    var idleSeconds = 20

    @OptionGroup var options: BenchOptions

    func run() async throws {
        var starts = Latencies()
        var figures = Figures()
        for run in 0..<runs {
            let cluster = try LocalCluster(products: try LocalCluster.products())
            defer { cluster.remove() }
            let start = ContinuousClock.now
            let process = try cluster.start(
                "weft", ["up", "--bind", "127.0.0.1:0", "--port-file", cluster.portFile.path], log: "up")
            defer { process.stop() }
            while cluster.port == nil {
                guard process.isRunning else { throw BenchFailure("it ended at once:\n\(process.logText)") }
                usleep(500)
            }
            let client = try cluster.client()
            while try await client.readiness() != nil { usleep(500) }
            starts.add(ContinuousClock.now - start)
            if run == runs - 1 {
                try await client.waitForNodes(1)
                try await options.settle()
                let process = ProcessFigures(identifier: process.identifier)
                let before = process.cpuSeconds
                try await Task.sleep(for: .seconds(idleSeconds))
                let busy = process.cpuSeconds - before
                figures.add("ready_ms", starts.percentile(50))
                figures.add("ready_worst_ms", starts.percentile(100))
                figures.add("idle_cpu_percent", 100 * busy / Double(idleSeconds), digits: 2)
                figures.add("rss_bytes", process.residentBytes)
                figures.add("binary_bytes", try Self.size(of: "weft") + Self.size(of: "weft-sandbox"))
            }
            try await client.shutdown()
        }
        figures.print(json: options.json)
    }

    private static func size(of product: String) throws -> Int {
        let path = try LocalCluster.products().appendingPathComponent(product).path
        return (try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    }
}
