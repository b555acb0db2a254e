import ArgumentParser
import Foundation
import LocalCluster
import WeftClient
import WeftFormats
import WeftModel
import WeftSandbox

/// One task at a time on an idle `weft up`: from submitting it through the HTTP API to its verified result, in turns
/// with what the machine needs for the same without Weft: a process, or a sandbox made for one run.
struct LatencyBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "latency", abstract: "Latency of one task of `true`, submit to verified result.")

    @Option(help: "How many tasks, one after the other.")
    var runs = 500

    @Option(help: "process or none.")
    var isolation = Isolation.process

    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard (10...100_000).contains(runs) else { throw ValidationError("--runs takes 10 to 100000") }
    }

    func run() async throws {
        let products = try LocalCluster.products()
        let cluster = try LocalCluster(products: products)
        defer { cluster.remove() }
        let up = try await cluster.startUp(arguments: ["--isolation", isolation.rawValue])
        defer { up.stop() }
        let client = try cluster.client()
        try await client.waitForNodes(1)
        try await options.settle()
        let launcher = try await SandboxLauncher.start(
            executablePath: products.appendingPathComponent("weft-sandbox").path,
            stateDirectory: cluster.directory.appendingPathComponent("sandboxes").path)

        let spec = BenchCluster.spec("true", isolation: isolation)
        for _ in 0..<20 { _ = try await measure(spec, client) }
        _ = try await launcher.measureStartup(runs: 20)

        // In turns, so that both see the same machine.
        let rounds = 10
        var tasks = Latencies()
        var spawns = Latencies()
        var sandboxes = Latencies()
        for round in 0..<rounds {
            let count = runs * (round + 1) / rounds - runs * round / rounds
            // What it takes to come back from the others' turns is not what a task after the other takes.
            _ = try await measure(spec, client)
            // As a program does that submits, waits, and does nothing else.
            try await withTaskExecutorPreference(client.executor) {
                for _ in 0..<count { tasks.add(try await measure(spec, client)) }
            }
            for _ in 0..<count { spawns.add(try spawnAndWait()) }
            guard isolation != .none else { continue }
            sandboxes.add(.microseconds(try await launcher.measureStartup(runs: count).p50Microseconds))
        }
        await launcher.shutdown()
        try await client.shutdown()

        var figures = Figures()
        figures.add("runs", runs)
        figures.add("isolation", isolation.rawValue)
        figures.add("p50_ms", tasks.percentile(50))
        figures.add("p99_ms", tasks.percentile(99))
        figures.add("spawn_p50_ms", spawns.percentile(50))
        figures.add("spawn_p99_ms", spawns.percentile(99))
        if isolation != .none {
            figures.add("sandbox_p50_ms", sandboxes.percentile(50))
            figures.add("ratio", tasks.percentile(50) / max(0.001, sandboxes.percentile(50)), digits: 2)
        }
        if !options.json { print("Tasks of `true`, one after the other, on an idle `weft up`, milliseconds:") }
        figures.print(json: options.json)
    }

    private func measure(_ spec: JobSpec, _ client: WeftClient) async throws -> Duration {
        let start = ContinuousClock.now
        let ended = try await client.run(spec)
        let elapsed = ContinuousClock.now - start
        guard ended.state == .succeeded else { throw BenchFailure("job \(ended.id): \(ended.state)") }
        return elapsed
    }
}
