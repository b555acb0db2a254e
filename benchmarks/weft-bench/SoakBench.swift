import ArgumentParser
import Foundation
import LocalCluster
import WeftClient
import WeftFormats
import WeftModel

/// Mixed work for a long time: whether memory, descriptors and files stay what they are.
struct SoakBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak", abstract: "Mixed work for a long time; memory, descriptors and disk as they go.")

    @Option(help: "How long.")
    var minutes = 60

    @Option(help: "How long the coordinator keeps ended jobs, in seconds.")
    var retentionSeconds = 120

    @Option(help: "Tasks submitted each second, besides one real process a second.")
    var tasksPerSecond: UInt32 = 500

    @OptionGroup var options: BenchOptions

    private struct Sample {
        var seconds: Double
        var coordinatorBytes: Int
        var workerBytes: Int
        var coordinatorDescriptors: Int
        var workerDescriptors: Int
        var databaseBytes: Int
    }

    func run() async throws {
        try await BenchCluster.run(arguments: ["--retention", "\(retentionSeconds)s", "--prune-log"]) { bench in
            let worker = try bench.cluster.startWorker(
                "worker", arguments: ["--cpus", "1", "--label", "real=yes"])
            defer { worker.stop() }
            let swarm = try await bench.startSwarm(nodes: 2, cpuMillis: 64_000)
            try await bench.client.waitForNodes(3)
            var samples: [Sample] = []
            let start = ContinuousClock.now
            let end = start + .seconds(minutes * 60)
            var lastJob: JobID?
            var submitted = 0
            while ContinuousClock.now < end {
                let tick = ContinuousClock.now
                lastJob = try await bench.client.submit(BenchCluster.spec("many", tasks: max(2, tasksPerSecond))).job.id
                var real = BenchCluster.spec("real")
                real.payload = .process(ProcessPayload(command: ["sh", "-c", "echo hello; sleep 0.05"]))
                real.requirements.labels = ["real": "yes"]
                _ = try await bench.client.submit(real)
                submitted += Int(tasksPerSecond) + 1
                if samples.isEmpty || Int((tick - start).seconds) / 10 > Int(samples[samples.count - 1].seconds) / 10 {
                    let sample = take(bench, worker.identifier, at: (tick - start).seconds)
                    samples.append(sample)
                    if samples.count % 6 == 1 { report(sample) }
                }
                let left = Duration.seconds(1) - (ContinuousClock.now - tick)
                if left > .zero { try await Task.sleep(for: left) }
            }
            if let lastJob { _ = try await bench.client.wait(for: lastJob, atMost: .seconds(60)) }
            let seen = try swarm.finish()
            var figures = Figures()
            figures.add("minutes", minutes)
            figures.add("tasks", submitted)
            figures.add("forgotten", seen.forgotten)
            // The first third is warm-up: caches fill, retention begins to remove.
            let steady = samples.filter { $0.seconds > Double(minutes) * 20 }
            for (name, value) in [
                ("coordinator_rss_bytes", \Sample.coordinatorBytes), ("worker_rss_bytes", \.workerBytes),
                ("coordinator_descriptors", \.coordinatorDescriptors), ("worker_descriptors", \.workerDescriptors),
                ("database_bytes", \.databaseBytes),
            ] {
                figures.add(name, steady.last?[keyPath: value] ?? 0)
                figures.add(
                    "\(name)_per_hour", Self.slope(steady.map { ($0.seconds, Double($0[keyPath: value])) }) * 3600,
                    digits: 1)
            }
            figures.print(json: options.json)
        }
    }

    private func take(_ bench: BenchCluster, _ worker: Int32, at seconds: Double) -> Sample {
        let coordinator = bench.coordinatorFigures
        let worker = ProcessFigures(identifier: worker)
        return Sample(
            seconds: seconds, coordinatorBytes: coordinator.residentBytes, workerBytes: worker.residentBytes,
            coordinatorDescriptors: coordinator.descriptorCount, workerDescriptors: worker.descriptorCount,
            databaseBytes: Self.databaseBytes(in: bench.cluster.home))
    }

    private func report(_ sample: Sample) {
        let line = String(
            format: "%6.0f s  coordinator %5.1f MB, %d descriptors; worker %5.1f MB, %d; database %6.1f MB\n",
            sample.seconds, Double(sample.coordinatorBytes) / 1e6, sample.coordinatorDescriptors,
            Double(sample.workerBytes) / 1e6, sample.workerDescriptors, Double(sample.databaseBytes) / 1e6)
        FileHandle.standardError.write(Data(line.utf8))
    }

    /// Journal and log together.
    private static func databaseBytes(in home: URL) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: home.path)) ?? []
        return names.filter { $0.contains(".sqlite") || $0.contains("journal") }.reduce(0) { sum, name in
            let path = home.appendingPathComponent(name).path
            let attributes = try? FileManager.default.attributesOfItem(atPath: path)
            return sum + (attributes?[.size] as? Int ?? 0)
        }
    }

    /// Least squares.
    private static func slope(_ points: [(Double, Double)]) -> Double {
        guard points.count > 1 else { return 0 }
        let count = Double(points.count)
        let meanX = points.reduce(0) { $0 + $1.0 } / count
        let meanY = points.reduce(0) { $0 + $1.1 } / count
        let over = points.reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
        let under = points.reduce(0) { $0 + ($1.0 - meanX) * ($1.0 - meanX) }
        return under == 0 ? 0 : over / under
    }
}
