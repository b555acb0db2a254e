import ArgumentParser
import Foundation
import LocalCluster
import WeftClient
import WeftFormats
import WeftModel
import WeftSandbox

/// Measures a running Weft from outside, as its users do.
@main
struct WeftBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weft-bench", abstract: "Measure Weft on this machine.", subcommands: [Latency.self])
}

/// One task at a time on an idle `weft up`: from submitting it through the HTTP API to its verified result, against
/// the sandbox alone, in turns in the same run.
struct Latency: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Latency of `true` in the sandbox, submit to result.")

    @Option(help: "How many tasks, one after the other.")
    var runs = 500

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (10...100_000).contains(runs) else { throw ValidationError("--runs takes 10 to 100000") }
    }

    func run() async throws {
        let products = try LocalCluster.products()
        let cluster = try LocalCluster(products: products)
        defer { cluster.remove() }
        let up = try await cluster.startUp()
        defer { up.stop() }
        let client = try cluster.client()
        try await eventually("the worker to join") { try await !client.nodes().isEmpty }
        let launcher = try await SandboxLauncher.start(
            executablePath: products.appendingPathComponent("weft-sandbox").path,
            stateDirectory: cluster.directory.appendingPathComponent("sandboxes").path)

        let spec = JobSpec(name: "true", payload: .process(ProcessPayload(command: ["true"])))
        for _ in 0..<20 { _ = try await measure(spec, client) }
        _ = try await launcher.measureStartup(runs: 20)

        // In turns, so that both see the same machine.
        let rounds = 10
        var latencies: [Int64] = []
        var sandboxes: [Int64] = []
        for round in 0..<rounds {
            let count = runs * (round + 1) / rounds - runs * round / rounds
            for _ in 0..<count { latencies.append(try await measure(spec, client)) }
            sandboxes.append(try await launcher.measureStartup(runs: count).p50Microseconds)
        }
        await launcher.shutdown()
        try await client.shutdown()

        latencies.sort()
        sandboxes.sort()
        report(
            p50: percentile(latencies, 50), p99: percentile(latencies, 99), sandbox: sandboxes[sandboxes.count / 2])
    }

    private func measure(_ spec: JobSpec, _ client: WeftClient) async throws -> Int64 {
        let start = ContinuousClock.now
        let job = try await client.submit(spec).job
        let ended = try await client.wait(for: job.id, atMost: .seconds(30))
        let elapsed = (ContinuousClock.now - start).microseconds
        guard ended.state == .succeeded else {
            throw LocalCluster.Failure(description: "job \(job.id): \(ended.state)")
        }
        return elapsed
    }

    private func percentile(_ sorted: [Int64], _ percent: Int) -> Int64 {
        sorted[min(sorted.count - 1, sorted.count * percent / 100)]
    }

    private func report(p50: Int64, p99: Int64, sandbox: Int64) {
        let ratio = Double(p50) / Double(max(1, sandbox))
        if json {
            print(
                "{\"runs\": \(runs), \"p50_us\": \(p50), \"p99_us\": \(p99), \"sandbox_p50_us\": \(sandbox), "
                    + "\"ratio\": \(String(format: "%.2f", ratio))}")
            return
        }
        func line(_ name: String, _ value: Int64) {
            print(String(format: "  %-42@ %8.2f ms", name as NSString, Double(value) / 1000))
        }
        print("\(runs) tasks of `true` in the sandbox, one after the other, on an idle `weft up`:")
        line("submit to verified result, p50", p50)
        line("submit to verified result, p99", p99)
        line("the sandbox alone, p50", sandbox)
        print(String(format: "  ratio of the medians: %.2f", ratio))
    }
}
