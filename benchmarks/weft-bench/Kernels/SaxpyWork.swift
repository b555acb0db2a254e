import Foundation
import Glibc
import TestEngines
import WeftClient
import WeftDrivers
import WeftFormats
import WeftModel
import WeftSandbox

/// y = a · x + y over the same two files, in three ways. Each returns how long it took; its answer was checked after that.
struct SaxpyWork: Sendable {
    private let count: Int
    private let numbers: [Float]
    private let place: BenchPlace
    private let program: String

    private static let source = """
        __kernel void saxpy(float a, __global const float *x, __global float *y) {
            size_t i = get_global_id(0);
            y[i] = a * x[i] + y[i];
        }

        """

    /// Writes the files and compiles the direct program.
    init(count: Int, place: BenchPlace) throws {
        self.count = count
        self.place = place
        // Eighths, so that every product and sum is exact and all ways agree to the last bit.
        numbers = (0..<count).map { Float($0 % 1000) / 8 }
        let bytes = numbers.withUnsafeBytes { Data($0) }
        for name in ["x", "y"] { try bytes.write(to: URL(fileURLWithPath: "\(place.folder)/\(name)")) }
        try Data(Self.source.utf8).write(to: URL(fileURLWithPath: place.folder + "/saxpy.cl"))
        program = try Self.compile(in: place.folder)
    }

    /// `raw/opencl_saxpy.c`, which is in the sources that this program was built from.
    private static func compile(in folder: String) throws -> String {
        let source = "benchmarks/raw/opencl_saxpy.c"
        guard let root = RawSource.root(of: source) else {
            throw BenchFailure("\(source) is not above \(CommandLine.arguments[0])")
        }
        let program = folder + "/opencl_saxpy"
        try shell("cc -O2 -o '\(program)' '\(root)/\(source)' -l:libOpenCL.so.1")
        return program
    }

    private func factor(_ turn: Int) -> Double { Double(turn + 1) }

    private func check(_ bytes: [UInt8], _ turn: Int, _ way: String) throws {
        let factor = Float(factor(turn))
        let expected = numbers.map { factor * $0 + $0 }
        guard bytes.elementsEqual(expected.withUnsafeBytes { Array($0) }) else {
            throw BenchFailure("the answer of \(way) is wrong")
        }
    }

    // MARK: The direct program

    /// On one processor, as what a worker runs for a task of one.
    func runDirectly(_ turn: Int) throws -> Duration {
        let output = place.folder + "/out"
        let arguments =
            [program] + ["saxpy.cl", "x", "y"].map { "\(place.folder)/\($0)" }
            + [output, "\(count)", "\(Int(factor(turn)))"]
        let start = ContinuousClock.now
        try Contest.spawn(
            arguments,
            environment: [
                "PATH=/usr/bin:/bin", "HOME=\(place.folder)", "POCL_CACHE_DIR=\(place.folder)/pocl",
                "POCL_MAX_PTHREAD_COUNT=1",
            ])
        let took = ContinuousClock.now - start
        try check(Array(try Data(contentsOf: URL(fileURLWithPath: output))), turn, "the direct program")
        unlink(output)
        return took
    }

    // MARK: The driver

    /// One attempt as a worker makes it: inputs in their places, the run, everything gone.
    func run(_ turn: Int, by driver: KernelDriver) async throws -> Duration {
        let start = ContinuousClock.now
        let workspace = try place.root.makeWorkspace(
            for: AttemptID(
                task: TaskID(job: JobID(2), index: UInt32(turn)), replica: 0,
                lease: LeaseID(epoch: 1, sequence: UInt64(turn))))
        for name in ["x", "y"] {
            guard link("\(place.folder)/\(name)", try workspace.prepareInput(name)) == 0 else {
                throw BenchFailure("an input cannot be linked")
            }
        }
        try workspace.write(Array(Self.source.utf8), to: workspace.codePath, isExecutable: false)
        let order = RunOrder(
            .kernel(sourcePath: workspace.codePath, program: kernel(turn)), resources: Self.resources,
            timeout: .seconds(60), owner: "bench")
        let report = await driver.run(order, in: workspace) { _ in true }
        guard report.end == .exited(0), case .file(let file) = try workspace.findOutput("out") else {
            throw BenchFailure("the driver ended as \(report.end)")
        }
        let ran = ContinuousClock.now - start
        try check(try file.read(offset: 0, length: Int(file.sizeBytes)), turn, "the driver")
        let removal = ContinuousClock.now
        try await place.root.remove(workspace)
        return ran + (ContinuousClock.now - removal)
    }

    private static let resources = Resources(cpuMillis: 1000, memoryBytes: 256 << 20, diskBytes: 256 << 20)

    private func kernel(_ turn: Int) -> KernelProgram {
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
                    arguments: [.real(.float32, factor(turn)), .buffer("x"), .buffer("y")])
            ])
    }

    // MARK: A job

    /// Makes the files known to a coordinator.
    func upload(_ client: WeftClient) async throws -> [Input] {
        let bytes = numbers.withUnsafeBytes { Array($0) }
        let digest = try await client.upload(bytes).digest
        return ["x", "y"].map { Input(path: $0, source: .blob(digest)) }
    }

    /// From the job's submission until it is known to have ended, verified as far as one answer can be.
    func run(_ turn: Int, as inputs: [Input], by client: WeftClient) async throws -> Duration {
        let spec = JobSpec(
            name: "saxpy",
            payload: .kernel(KernelPayload(source: .inline(Array(Self.source.utf8)), program: kernel(turn))),
            inputs: inputs, outputs: [Output(path: "out")], resources: Self.resources,
            verification: Verification(replicas: 1, quorum: 1))
        let start = ContinuousClock.now
        let ended = try await client.run(spec)
        let took = ContinuousClock.now - start
        guard ended.state == .succeeded else { throw BenchFailure("job \(ended.id): \(ended.state)") }
        try check(try await client.output("out", of: TaskID(job: ended.id, index: 0)), turn, "the job")
        return took
    }
}
