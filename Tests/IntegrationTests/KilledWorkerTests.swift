import Foundation
import Glibc
import LocalCluster
import MachineState
import TestEngines
import Testing
import WeftClient
import WeftFormats
import WeftModel

/// `kill -9` of a real worker with payloads of all its drivers at work: once it is back, nothing of them is left.
@Suite(
    .serialized, .enabled(if: geteuid() == 0, "control groups and mounts are looked at as root"),
    .enabled(if: TestImage.canBeMade, "an image is made of busybox"))
struct KilledWorkerTests {
    /// What a worker finds on its machine decides which drivers it has for containers: those of one engine, or `runc`
    /// and `runsc` alone.
    enum Surroundings: String, CaseIterable, Sendable {
        case docker, podman, bare

        var engine: TestEngine? { TestEngine(rawValue: rawValue) }

        static let present = allCases.filter { surroundings in
            surroundings.engine.map(TestEngine.present.contains) ?? true
        }
    }

    /// Kills in all: `ROUNDS` in the environment, a sample otherwise.
    private static let kills = getenv("ROUNDS").flatMap { Int(String(cString: $0)) } ?? 6

    @Test(.timeLimit(.minutes(20)), arguments: Surroundings.present)
    func whatAKilledWorkerLeftIsGoneWhenItIsBack(in surroundings: Surroundings) async throws {
        let position = Surroundings.present.firstIndex(of: surroundings) ?? 0
        let count = Surroundings.present.count
        let kills = Self.kills / count + (position < Self.kills % count ? 1 : 0)
        let trial = try await WorkerTrial(surroundings.engine)
        do {
            let before = try await trial.warmUp()
            for number in 1...max(1, kills) { try await trial.round(number, since: before) }
            print("killed workers: \(surroundings.rawValue): \(trial.summary)")
            try await trial.close()
        } catch {
            Issue.record("the worker said:\n\(trial.workerLog.suffix(3000))")
            try await trial.close()
            throw error
        }
    }
}

/// A worker that is killed again and again, and its coordinator.
private final class WorkerTrial {
    private let cluster: LocalCluster
    private let coordinator: RunningProcess
    private let client: WeftClient
    private let engine: TestEngine?
    private let image: Digest
    private var worker: RunningProcess
    private var random = SystemRandomNumberGenerator()
    private var killed: [String: Int] = [:]
    private var kills = 0
    private var slowest = Duration.zero

    private static let name = "worker"
    /// From the worker's being there again.
    private static let patience = Duration.seconds(15)

    init(_ engine: TestEngine?) async throws {
        self.engine = engine
        cluster = try LocalCluster(products: try LocalCluster.products())
        let folder = cluster.directory.path
        if let engine {
            let daemon = try engine.start(in: folder)
            let place = engine == .docker ? "docker.sock" : "podman/podman.sock"
            try shell("mkdir -p \(folder)/runtime/podman && ln -s \(daemon.socketPath) \(folder)/runtime/\(place)")
        }
        coordinator = try await cluster.startCoordinator()
        client = try cluster.client()
        image = try await client.upload(file: try TestImage.make(in: folder + "/image")).digest
        worker = try Self.start(cluster)
    }

    var workerLog: String { worker.logText }

    var summary: String {
        let at = killed.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return "\(kills) kills while \(at); back and clean after at most \(slowest)"
    }

    func close() async throws {
        worker.stop(SIGKILL)
        try await client.shutdown()
        coordinator.stop()
        TestEngine.stopAll()
        cluster.remove()
    }

    private static func start(_ cluster: LocalCluster) throws -> RunningProcess {
        try cluster.startWorker(
            name, arguments: ["--cpus", "8"],
            environment: ["XDG_RUNTIME_DIR": cluster.directory.appendingPathComponent("runtime").path])
    }

    private func isConnected() async throws -> Bool {
        try await client.nodes().contains { $0.state == .connected }
    }

    /// With all its drivers: it joins before the slow ones have been tried.
    private func waitForWorker() async throws {
        try await eventually("the worker", within: .seconds(90)) {
            try await client.nodes().contains { node in
                node.state == .connected && !node.profile.notes.contains { $0.hasSuffix("it is being tried") }
            }
        }
    }

    private func kill() async throws {
        worker.kill()
        try await eventually("the link to be lost") { try await !isConnected() }
    }

    // MARK: what is looked at

    /// What is there now, and what belongs to the life that has just begun.
    private var scope: MachineScope {
        let folder = cluster.directory.path
        let own = "-\(worker.identifier)-"
        var scope = MachineScope(
            worker: worker.identifier, marks: [folder], folders: ["\(folder)/\(Self.name)/worker"],
            kept: [
                .init("cells of this life", .controlGroup, most: 200) {
                    $0.name.contains("/weft-") && $0.name.contains(own)
                },
                .init("its own", .descriptor, most: .max),
                .init("the filter of system calls that an engine is given", .file, most: 1) {
                    $0.name.hasSuffix("/sandbox/seccomp.json")
                },
                // What jobs brought is kept for the next one, up to `worker.cache`. Not what is half written.
                .init("blobs", .file, most: 100) {
                    $0.name.contains("/worker/blobs/") && !$0.name.contains("/incoming/")
                },
            ])
        scope.countsDescendants = false
        if let engine, let command = engine.daemon?.command {
            scope.engines = [.init(name: engine.rawValue, command: command)]
        }
        return scope
    }

    /// Fills what is kept on purpose, blobs above all; then the state of a worker that has just come back.
    func warmUp() async throws -> MachineState {
        try await waitForWorker()
        let jobs = try await submit()
        try await eventually("the payloads to run", within: .seconds(30)) {
            for job in jobs where try await client.job(job.id).counts.running == 0 { return false }
            return true
        }
        try await kill()
        for job in jobs { _ = try await client.cancel(job.id) }
        worker = try Self.start(cluster)
        try await waitForWorker()
        try await Task.sleep(for: .seconds(2))
        return MachineState(scope)
    }

    func round(_ number: Int, since before: MachineState) async throws {
        let jobs = try await submit()
        try await Task.sleep(for: .milliseconds(Int.random(in: 0...3500, using: &random)))
        for job in jobs where try await client.job(job.id).counts.running > 0 {
            killed["\(job.name) ran", default: 0] += 1
        }
        try await kill()
        kills += 1
        for job in jobs { _ = try await client.cancel(job.id) }
        if number % 4 == 0 {
            // While it sweeps and tries its drivers, too.
            worker = try Self.start(cluster)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...2500, using: &random)))
            try await kill()
            killed["it started", default: 0] += 1
        }
        worker = try Self.start(cluster)
        let started = ContinuousClock.now
        try await waitForWorker()
        let left = try await MachineState.leftovers(since: before, in: scope, patience: Self.patience)
        slowest = max(slowest, ContinuousClock.now - started)
        #expect(left.isEmpty, "kill \(number) left \(left.count) things:\n\(left.joined(separator: "\n"))")
    }

    // MARK: payloads

    private func submit() async throws -> [(name: String, id: JobID)] {
        let profile = try await client.nodes().first?.profile
        var jobs: [(name: String, id: JobID)] = []
        for (name, spec) in specs() where profile?.driver(for: spec.driverWish) != nil {
            jobs.append((name, try await client.submit(spec).job.id))
        }
        return jobs
    }

    private func specs() -> [(name: String, spec: JobSpec)] {
        let busy =
            "trap '' TERM INT HUP; (setsid sleep 600 &); echo x > f; mkdir d; chmod 0 d; while :; do sleep 1; done"
        let spin = InputSource.inline(Array(".globl _start\n_start:\n mov $57, %eax\n syscall\nspin: jmp spin\n".utf8))
        let spinArm = InputSource.inline(Array(".globl _start\n_start:\n b _start\n".utf8))
        let shell = ContainerPayload(image: .archive(.blob(image)), command: ["sh", "-c", busy])
        return [
            ("process", spec(.process(ProcessPayload(command: ["sh", "-c", busy])), tasks: 3)),
            ("assembly", spec(.assembly(AssemblyPayload(source: spin, architecture: .x86)))),
            ("emulated", spec(.assembly(AssemblyPayload(source: spinArm, architecture: .arm64)))),
            ("wasm", spec(.wasm(WasmPayload(module: .inline(Self.endlessModule))), tasks: 2)),
            ("container", spec(.container(shell), tasks: 2)),
            ("gvisor", spec(.container(shell), isolation: .gvisor, cpuMillis: 400)),
            ("vm", spec(.process(ProcessPayload(command: ["sh", "-c", busy])), isolation: .vm, cpuMillis: 700)),
        ]
    }

    private func spec(
        _ payload: Payload, tasks: UInt32 = 1, isolation: Isolation = .process, cpuMillis: Int64 = 100
    ) -> JobSpec {
        JobSpec(
            name: "busy", payload: payload, array: tasks == 1 ? nil : ArrayRange(first: 0, count: tasks),
            resources: Resources(cpuMillis: cpuMillis, memoryBytes: 64 << 20, diskBytes: 16 << 20),
            requirements: Requirements(isolation: isolation), verification: Verification(replicas: 1, quorum: 1))
    }

    /// `(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))`
    private static let endlessModule: [UInt8] = [
        0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00,
        0x05, 0x03, 0x01, 0x00, 0x01, 0x07, 0x13, 0x02, 0x06, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 0x02, 0x00, 0x06,
        0x5f, 0x73, 0x74, 0x61, 0x72, 0x74, 0x00, 0x00, 0x0a, 0x09, 0x01, 0x07, 0x00, 0x03, 0x40, 0x0c, 0x00, 0x0b,
        0x0b,
    ]
}
