import Foundation
import Glibc
import LocalCluster
import Testing
import WeftClient
import WeftFormats
import WeftModel

/// The real programs, from the command line to the receipt.
@Suite(.serialized) struct EndToEndTests {
    /// A running `weft up` with its worker connected, stopped and removed at the end.
    private func withUp(_ body: (LocalCluster, WeftClient) async throws -> Void) async throws {
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let up = try await cluster.startUp()
        let client = try cluster.client()
        try await eventually("the worker to join") { try await client.nodes().contains { $0.state == .connected } }
        do { try await body(cluster, client) } catch {
            try? await client.shutdown()
            Issue.record("weft up \(up.isRunning ? "runs" : "has ended") and said:\n\(up.logText.suffix(4000))")
            throw error
        }
        try await client.shutdown()
        #expect(up.stop() == 0, "weft up ended with an error:\n\(up.logText)")
    }

    @Test(.timeLimit(.minutes(2)))
    func runGivesTheTasksOutputAndStatus() async throws {
        try await withUp { cluster, _ in
            let hello = try await cluster.weft(["run", "--", "echo", "hello"])
            #expect(hello.status == 0, "\(hello.errors)")
            #expect(hello.output == "hello\n")
            let seven = try await cluster.weft(["run", "--", "sh", "-c", "echo out; echo err >&2; exit 7"])
            #expect(seven.status == 7)
            #expect(seven.output == "out\n")
            #expect(seven.errors.contains("err"))
            let missing = try await cluster.weft(["run", "--", "no-such-program"])
            #expect(missing.status != 0)
            #expect(missing.errors.contains("no-such-program"))
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func anArrayWithInputsAndOutputsComesBackWhole() async throws {
        try await withUp { cluster, client in
            let input = cluster.directory.appendingPathComponent("numbers.txt")
            try "3\n4\n5\n".write(to: input, atomically: true, encoding: .utf8)
            let script = "awk -v n=$WEFT_TASK_INDEX '{s += $1 * n} END {print s}' numbers.txt > sum.txt"
            let run = try await cluster.weft([
                "run", "--array", "5-8", "--input", "numbers.txt=\(input.path)", "--output", "sum.txt", "--results",
                cluster.directory.appendingPathComponent("results").path, "--", "sh", "-c", script,
            ])
            #expect(run.status == 0, "\(run.errors)")
            for index in 5...8 {
                let file = cluster.directory.appendingPathComponent("results/\(index)/sum.txt")
                #expect(try String(contentsOf: file, encoding: .utf8) == "\(12 * index)\n")
            }
            let job = try #require(try await client.jobs().items.first)
            #expect(job.counts.succeeded == 4)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func aWaitingJobIsExplainedAndCanBeCancelled() async throws {
        try await withUp { cluster, client in
            var spec = JobSpec(name: "huge", payload: .process(ProcessPayload(command: ["true"])))
            spec.resources.memoryBytes = 1 << 45
            let job = try await client.submit(spec).job.id
            let explained = try await cluster.weft(["job", "explain", "\(job)"])
            #expect(explained.status == 0)
            #expect(explained.output.contains("memory"), "\(explained.output)")
            let cancelled = try await cluster.weft(["job", "cancel", "\(job)"])
            #expect(cancelled.status == 0, "\(cancelled.errors)")
            #expect(try await client.job(job).state == .cancelled)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func aReceiptVerifiesOfflineAndAForgedOneDoesNot() async throws {
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let up = try await cluster.startUp()
        let run = try await cluster.weft(["run", "--", "echo", "proof"])
        #expect(run.status == 0, "\(run.errors)")
        let file = cluster.directory.appendingPathComponent("receipt.json")
        let saved = try await cluster.weft(["job", "receipt", "1.0", "--file", file.path])
        #expect(saved.status == 0, "\(saved.errors)")
        let proof = cluster.directory.appendingPathComponent("proof.json").path
        let head = cluster.directory.appendingPathComponent("head.json").path
        #expect(try await cluster.weft(["log", "prove", "1.0", "--file", proof]).status == 0)
        #expect(try await cluster.weft(["log", "audit", "--save", head]).status == 0)
        #expect(try await cluster.weft(["run", "--", "echo", "more"]).status == 0)
        let audited = try await cluster.weft(["log", "audit", "--since", head])
        #expect(audited.status == 0, "\(audited.errors)")
        let other = cluster.directory.appendingPathComponent("other.json").path
        #expect(try await cluster.weft(["job", "receipt", "2.0", "--file", other]).status == 0)
        up.stop()
        let proven = try await cluster.weft(["log", "verify", file.path, proof])
        #expect(proven.status == 0, "\(proven.errors)")
        let unproven = try await cluster.weft(["log", "verify", other, proof])
        #expect(unproven.status == 1, "\(unproven.output)")
        let valid = try await cluster.weft(["receipt", "verify", file.path])
        #expect(valid.status == 0, "\(valid.errors)")
        var bytes = [UInt8](try Data(contentsOf: file))
        for position in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 12)) {
            bytes[position] ^= 1
            try Data(bytes).write(to: file)
            let forged = try await cluster.weft(["receipt", "verify", file.path])
            #expect(forged.status == 1, "byte \(position): \(forged.output)")
            bytes[position] ^= 1
        }
    }

    @Test(.timeLimit(.minutes(3)))
    func everyExampleRuns() async throws {
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let coordinator = try await cluster.startCoordinator()
        let workers = try ["ada", "grace", "edsger"].map { try cluster.startWorker($0) }
        defer { for worker in workers { worker.stop() } }
        let client = try cluster.client()
        try await eventually("the workers") { try await client.nodes().count { $0.state == .connected } == 3 }
        for text in ["one\n", "two\n"] { _ = try await client.upload(Array(text.utf8)) }
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("examples")
        let examples = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".yaml") }
        #expect(examples.count >= 5)
        for example in examples.sorted() {
            let submit = try await cluster.weft([
                "job", "submit", folder.appendingPathComponent(example).path, "--wait",
            ])
            #expect(submit.status == 0, "\(example): \(submit.output)\(submit.errors)")
        }
        try await client.shutdown()
        coordinator.stop()
    }

    @Test(.timeLimit(.minutes(3)))
    func aSaboteurIsOutvotedAndLosesItsReputation() async throws {
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let coordinator = try await cluster.startCoordinator()
        let workers = [
            try cluster.startWorker("ada", arguments: ["--cpus", "1"]),
            try cluster.startWorker("grace", arguments: ["--cpus", "1"]),
            try cluster.startSaboteur("mallory", arguments: ["--cpu-millis", "1000", "--rate", "1", "--seed", "3"]),
        ]
        defer { for worker in workers { worker.stop() } }
        let client = try cluster.client()
        try await eventually("the workers") { try await client.nodes().count { $0.state == .connected } == 3 }
        var spec = JobSpec(
            name: "squares",
            payload: .process(ProcessPayload(command: ["sh", "-c", "echo $((WEFT_TASK_INDEX * WEFT_TASK_INDEX))"])),
            array: ArrayRange(first: 0, count: 30), verification: Verification(replicas: 3, quorum: 2))
        spec.resources = Resources(cpuMillis: 250, memoryBytes: 32 << 20, diskBytes: 16 << 20)
        let job = try await client.submit(spec).job.id
        let ended = try await client.wait(for: job, atMost: .seconds(90))
        #expect(ended.state == .succeeded)
        for task in try await client.results(of: job).items {
            let right = Hashing.sha256(Array("\(task.index * task.index)\n".utf8))
            #expect(task.completion?.standardOutput?.digest == right, "task \(task.id)")
        }
        let nodes = try await client.nodes()
        let mallory = try #require(nodes.first { $0.name == "mallory" })
        #expect(mallory.reputation.score < 50)
        #expect(mallory.reputation.disagreements > 0)
        for honest in nodes where honest.name != "mallory" { #expect(honest.reputation.score > 50) }
        try await client.shutdown()
        coordinator.stop()
    }

    @Test(.timeLimit(.minutes(2)))
    func aTerminatedWorkerHandsItsWorkOver() async throws {
        let cluster = try LocalCluster(products: try LocalCluster.products())
        defer { cluster.remove() }
        let coordinator = try await cluster.startCoordinator()
        let first = try cluster.startWorker("first", arguments: ["--cpus", "1"])
        let client = try cluster.client()
        try await eventually("the worker") { try await client.nodes().contains { $0.state == .connected } }
        let spec = JobSpec(
            name: "slow", payload: .process(ProcessPayload(command: ["sh", "-c", "sleep 1; echo done"])),
            array: ArrayRange(first: 0, count: 4), resources: Resources(cpuMillis: 500, memoryBytes: 32 << 20))
        let job = try await client.submit(spec).job.id
        try await eventually("a task to run") { try await client.job(job).counts.running > 0 }
        let second = try cluster.startWorker("second", arguments: ["--cpus", "2"])
        first.stop()
        let ended = try await client.wait(for: job, atMost: .seconds(60))
        #expect(ended.state == .succeeded)
        second.stop()
        try await client.shutdown()
        coordinator.stop()
    }

    @Test(.timeLimit(.minutes(2)))
    func garbageOnEveryDoorHarmsNobody() async throws {
        try await withUp { cluster, client in
            let port = try #require(cluster.port)
            var random = SystemRandomNumberGenerator()
            let openings = [
                "POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999\r\n\r\n",
                Self.upgrade("/api/v1/link", to: "websocket", port: port),
                Self.upgrade("/api/v1/events", to: "websocket", port: port),
                Self.upgrade("/healthz", to: "h2c", port: port),
                "",
            ]
            for round in 0..<250 {
                let socket = try RawSocket(port: port)
                socket.write(Array(openings[round % openings.count].utf8))
                let count = Int.random(in: 1...4000, using: &random)
                socket.write((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
                socket.close()
            }
            let run = try await cluster.weft(["run", "--", "echo", "still here"])
            #expect(run.output == "still here\n", "\(run.errors)")
            #expect(try await client.readiness() == nil)
        }
    }
}

extension EndToEndTests {
    /// A request for an upgrade, right but for what comes behind it.
    private static func upgrade(_ path: String, to name: String, port: Int) -> String {
        "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: \(name)\r\nConnection: upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Protocol: weft.v1\r\n\r\n"
    }
}

/// A TCP connection to loopback, for sending what no client would.
private struct RawSocket {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw LocalCluster.Failure(description: "connect: \(errno)") }
    }

    func write(_ bytes: [UInt8]) { _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
    func close() { _ = Glibc.close(descriptor) }
}
