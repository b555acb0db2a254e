import ArgumentParser
import Foundation
import LocalCluster
import WeftClient
import WeftDrivers
import WeftFormats
import WeftModel
import WeftSandbox

/// What a kernel costs by Weft, beside a program that calls OpenCL itself: compiled before, over the same files.
struct KernelsBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels", abstract: "A kernel by OpenCL: a direct program, the driver, and a whole job.",
        discussion: "All three take turns in every round. Every round of the job has another factor, so that no "
            + "answer comes from the cache of answers.")

    @Option(help: "How many rounds.")
    var rounds = 50

    @Option(help: "How many numbers the vectors have.")
    var count = 1 << 20

    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard (5...10_000).contains(rounds) else { throw ValidationError("--rounds takes 5 to 10000") }
        guard (256...1 << 24).contains(count), count % 256 == 0 else {
            throw ValidationError("--count takes a multiple of 256 up to 16777216")
        }
    }

    private static let source = """
        __kernel void saxpy(float a, __global const float *x, __global float *y) {
            size_t i = get_global_id(0);
            y[i] = a * x[i] + y[i];
        }

        """

    func run() async throws {
        let place = try await BenchPlace()
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let up = try await cluster.startUp(arguments: [])
        defer { up.stop() }
        let client = try cluster.client()
        try await eventually("a node with OpenCL", within: .seconds(60)) {
            try await client.nodes().contains { $0.profile.drivers.contains { $0.name == "opencl" } }
        }
        let direct = try prepare(place)
        let driver = try KernelDriver(
            .opencl, process: place.process, cacheDirectory: place.folder + "/kernels"
        ) { Hashing.sha256($0).hex }
        let x = try await client.upload(try bytes(place.folder + "/x")).digest
        let y = try await client.upload(try bytes(place.folder + "/y")).digest

        var latencies = [Latencies(), Latencies(), Latencies()]
        for round in -3..<rounds {
            let factor = Double(round + 10)
            let times = [
                try measured { try Contest.spawn(direct, environment: environment(place)) },
                try await waited { try await attempt(driver, factor, place) },
                try await waited { try await job(factor, x, y, client) },
            ]
            guard round >= 0 else { continue }
            for index in times.indices { latencies[index].add(times[index]) }
        }
        await driver.shutDown()
        try await client.shutdown()
        await place.close()

        var figures = Figures()
        figures.add("rounds", rounds)
        figures.add("count", count)
        for (name, one) in zip(["direct", "driver", "job"], latencies) {
            figures.add("\(name)_p50_ms", one.percentile(50))
            figures.add("\(name)_p90_ms", one.percentile(90))
        }
        figures.add("driver_more_ms", latencies[1].percentile(50) - latencies[0].percentile(50))
        figures.add("job_more_ms", latencies[2].percentile(50) - latencies[0].percentile(50))
        if !options.json { print("saxpy of \(count) numbers by OpenCL, compiled before, milliseconds:") }
        figures.print(json: options.json)
    }

    private func environment(_ place: BenchPlace) -> [String] {
        [
            "PATH=/usr/bin:/bin", "HOME=\(place.folder)", "POCL_CACHE_DIR=\(place.folder)/pocl",
            "POCL_MAX_PTHREAD_COUNT=1",
        ]
    }

    /// The files, and the program as it is called.
    private func prepare(_ place: BenchPlace) throws -> [String] {
        let numbers = (0..<count).map { Float($0 % 1000) / 8 }
        let bytes = numbers.withUnsafeBytes { Data($0) }
        for name in ["x", "y"] { try bytes.write(to: URL(fileURLWithPath: "\(place.folder)/\(name)")) }
        try Data(Self.source.utf8).write(to: URL(fileURLWithPath: place.folder + "/saxpy.cl"))
        var root = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let path = "benchmarks/raw/opencl_saxpy.c"
        for _ in 0..<6 {
            root.deleteLastPathComponent()
            guard FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path) else { continue }
            let program = place.folder + "/opencl_saxpy"
            let compiler = Process()
            compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            compiler.arguments = [
                "cc", "-O2", "-o", program, root.appendingPathComponent(path).path, "-l:libOpenCL.so.1",
            ]
            try compiler.run()
            compiler.waitUntilExit()
            guard compiler.terminationStatus == 0 else { throw BenchFailure("\(path) does not compile") }
            return [program] + ["saxpy.cl", "x", "y", "out"].map { "\(place.folder)/\($0)" } + ["\(count)"]
        }
        throw BenchFailure("\(path) is not above \(CommandLine.arguments[0])")
    }

    private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    private func program(_ factor: Double) -> KernelProgram {
        let shape = [Int64(count)]
        return KernelProgram(
            languages: [.opencl],
            buffers: [
                KernelBuffer(name: "x", type: .float32, shape: shape, inputPath: "x"),
                KernelBuffer(name: "y", type: .float32, shape: shape, inputPath: "y", outputPath: "out"),
            ],
            launches: [
                KernelLaunch(
                    entry: "saxpy", grid: KernelSize(Int64(count / 256)), block: KernelSize(256),
                    arguments: [.real(.float32, factor), .buffer("x"), .buffer("y")])
            ])
    }

    /// One attempt as a worker makes it: inputs in their places, the run, everything gone.
    private func attempt(_ driver: KernelDriver, _ factor: Double, _ place: BenchPlace) async throws {
        let workspace = try place.root.makeWorkspace(
            for: AttemptID(
                task: TaskID(job: JobID(2), index: UInt32(factor)), replica: 0, lease: LeaseID(epoch: 1, sequence: 1)))
        for name in ["x", "y"] {
            guard link("\(place.folder)/\(name)", try workspace.prepareInput(name)) == 0 else {
                throw BenchFailure("an input cannot be linked")
            }
        }
        try workspace.write(Array(Self.source.utf8), to: workspace.codePath, isExecutable: false)
        let order = RunOrder(
            .kernel(sourcePath: workspace.codePath, program: program(factor)),
            resources: Resources(cpuMillis: 1000, memoryBytes: 256 << 20, diskBytes: 256 << 20), timeout: .seconds(60),
            owner: "bench")
        let report = await driver.run(order, in: workspace) { _ in true }
        try await place.root.remove(workspace)
        guard report.end == .exited(0) else { throw BenchFailure("the driver ended as \(report.end)") }
    }

    private func job(_ factor: Double, _ x: Digest, _ y: Digest, _ client: WeftClient) async throws {
        let spec = JobSpec(
            name: "saxpy",
            payload: .kernel(KernelPayload(source: .inline(Array(Self.source.utf8)), program: program(factor))),
            inputs: [Input(path: "x", source: .blob(x)), Input(path: "y", source: .blob(y))],
            outputs: [Output(path: "out")], verification: Verification(replicas: 1, quorum: 1))
        let ended = try await client.run(spec)
        guard ended.state == .succeeded else { throw BenchFailure("job \(ended.id): \(ended.state)") }
    }

    private func measured(_ body: () throws -> Void) rethrows -> Duration {
        let start = ContinuousClock.now
        try body()
        return ContinuousClock.now - start
    }

    private func waited(_ body: () async throws -> Void) async rethrows -> Duration {
        let start = ContinuousClock.now
        try await body()
        return ContinuousClock.now - start
    }
}
