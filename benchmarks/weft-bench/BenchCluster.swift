import ArgumentParser
import Foundation
import LocalCluster
import WeftClient
import WeftFormats
import WeftModel

/// A coordinator and what works for it, for one measurement.
struct BenchCluster {
    let cluster: LocalCluster
    var coordinator: RunningProcess
    let client: WeftClient

    /// Runs `body` with a coordinator, which is stopped afterwards together with everything else.
    static func run(arguments: [String] = [], _ body: (inout BenchCluster) async throws -> Void) async throws {
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let coordinator = try await cluster.startCoordinator(arguments: arguments)
        let client = try cluster.client()
        var bench = BenchCluster(cluster: cluster, coordinator: coordinator, client: client)
        defer { bench.coordinator.stop() }
        do { try await body(&bench) } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    var coordinatorFigures: ProcessFigures { ProcessFigures(identifier: coordinator.identifier) }

    /// Starts nodes that answer at once, and waits until they are all there.
    func startSwarm(nodes: Int = 2, cpuMillis: Int64 = 512_000) async throws -> Swarm {
        let swarm = try Swarm(cluster: cluster, nodes: nodes, cpuMillis: cpuMillis)
        try await client.waitForNodes(nodes)
        return swarm
    }

    /// Submits a job and waits until it has ended well. Returns how long that took.
    func runToEnd(_ spec: JobSpec, atMost limit: Duration = .seconds(600)) async throws -> Duration {
        let start = ContinuousClock.now
        let job = try await client.submit(spec).job
        let ended = try await client.wait(for: job.id, atMost: limit)
        let elapsed = ContinuousClock.now - start
        guard ended.state == .succeeded else { throw BenchFailure("job \(job.id) is \(ended.state.rawValue)") }
        return elapsed
    }

    static func spec(_ name: String, tasks: UInt32 = 1, isolation: Isolation = .process, cpuMillis: Int64 = 1000)
        -> JobSpec
    {
        JobSpec(
            name: name, payload: .process(ProcessPayload(command: ["/bin/true"])),
            array: tasks == 1 ? nil : ArrayRange(first: 0, count: tasks),
            resources: Resources(cpuMillis: cpuMillis, memoryBytes: 16 << 20, diskBytes: 16 << 20),
            requirements: Requirements(isolation: isolation), verification: Verification(replicas: 1, quorum: 1))
    }
}

extension WeftClient {
    func waitForNodes(_ count: Int) async throws {
        try await eventually("\(count) nodes", within: .seconds(120)) {
            try await self.stats().nodesConnected >= count
        }
    }
}

/// A running `weft-swarm`.
final class Swarm {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    init(cluster: LocalCluster, nodes: Int, cpuMillis: Int64) throws {
        process.executableURL = cluster.products.appendingPathComponent("weft-swarm")
        process.arguments = [
            "--coordinator", "ws://127.0.0.1:\(cluster.port ?? 0)", "--token-file",
            cluster.home.appendingPathComponent("join.token").path, "--nodes", "\(nodes)", "--cpu-millis",
            "\(cpuMillis)",
        ]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    var figures: ProcessFigures { ProcessFigures(identifier: process.processIdentifier) }

    struct Summary: Decodable {
        var answered: Int
        var acknowledged: Int
        var forgotten: Int
        var links: Int
    }

    /// Ends the swarm; what it saw.
    func finish() throws -> Summary {
        try input.fileHandleForWriting.close()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return try JSONDecoder().decode(Summary.self, from: data)
    }
}

extension Isolation: ExpressibleByArgument {}
