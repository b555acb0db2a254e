import Foundation
import Logging
import SwiftProtobuf
import Synchronization
import WeftCoordinator
import WeftFormats
import WeftModel
import WeftStorage
import WeftWire

/// A coordinator in memory, and ways to talk to it as a worker would, message by message.
struct Bench: Sendable {
    let coordinator: Coordinator
    let journal: MemoryJournal
    let blobs: MemoryBlobStore
    /// The secret that admits workers.
    let joinToken: String

    /// Runs `body` against a coordinator that is stopped afterwards. Without `waitsForToken` the journal need not work.
    static func run(
        journal: MemoryJournal = MemoryJournal(), configuration: CoordinatorConfiguration = CoordinatorConfiguration(),
        identity: SigningIdentity = SigningIdentity(), waitsForToken: Bool = true, _ body: (Bench) async throws -> Void
    ) async throws {
        let blobs = MemoryBlobStore()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let coordinator = Coordinator(
            configuration: configuration, identity: identity, journal: journal, blobs: blobs,
            clock: SteadyClock(wallMicroseconds: 1_000_000), logger: logger)
        try await coordinator.load()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await coordinator.run() }
            defer { group.cancelAll() }
            let secret =
                waitsForToken
                ? try await coordinator.createToken(name: "join-\(Int.random(in: 0..<Int.max))", role: .worker).secret
                    ?? ""
                : ""
            try await body(Bench(coordinator: coordinator, journal: journal, blobs: blobs, joinToken: secret))
        }
    }

    func spec(_ name: String = "job", replicas: Int = 1, outputs: [Output] = [], key: String? = nil) -> JobSpec {
        JobSpec(
            name: name, payload: .process(ProcessPayload(command: ["true"])), outputs: outputs,
            verification: Verification(replicas: replicas), idempotencyKey: key)
    }
}

extension Bench {
    /// New workers come, one after the other, and each runs what it is given.
    func runOnNewWorkers(_ count: Int) async throws {
        for _ in 0..<count {
            try await ScriptedWorker.connected(to: self) { worker in
                try await worker.join(self)
                let order = try await worker.assignment()
                let report = worker.report(order, Completion(exitStatus: 0), coordinator: coordinator.id)
                try await worker.finish(report)
                try await worker.acknowledged(order.attempt)
            }
        }
    }
}

/// The worker's end of one link.
final class ScriptedWorker: Sendable {
    struct Unexpected: Error, CustomStringConvertible { var description: String }

    let identity: SigningIdentity
    private let link: MemoryLink
    private let pending = Mutex<[WireMessage]>([])
    private let orders = Mutex<[JobID: JobOrder]>([:])
    /// Came together with one that was asked for.
    private let given = Mutex<[AssignmentOrder]>([])

    init(_ link: MemoryLink, identity: SigningIdentity = SigningIdentity()) {
        self.link = link
        self.identity = identity
    }

    /// A link that `coordinator` serves for as long as `body` runs.
    static func connected(
        to bench: Bench, identity: SigningIdentity = SigningIdentity(),
        _ body: @escaping @Sendable (ScriptedWorker) async throws -> Void
    ) async throws {
        let (near, far) = MemoryLink.pair()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await bench.coordinator.serve(far) }
            let worker = ScriptedWorker(near, identity: identity)
            do { try await body(worker) } catch {
                await near.close()
                throw error
            }
            await near.close()
            try await group.waitForAll()
        }
    }

    func send(_ message: WireMessage) async throws { try await link.send([message]) }

    /// The next message; nil when the coordinator has closed the link.
    func next() async throws -> WireMessage? {
        while true {
            if let message = pending.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return message }
            var iterator = link.inbound.makeAsyncIterator()
            guard let batch = try await iterator.next() else { return nil }
            pending.withLock { $0 += batch }
        }
    }

    func profile(cpus: Int64 = 4000) -> NodeProfile {
        NodeProfile(
            name: "scripted", operatingSystem: "linux", architecture: "x86_64",
            capacity: Resources(cpuMillis: cpus, memoryBytes: 8 << 30, diskBytes: 64 << 30),
            drivers: [DriverProfile(name: "process")])
    }

    /// Answers the challenge; `forge` may spoil the hello before it is sent.
    func hello(token: String, forge: (inout Weft_Wire_V1_Hello) -> Void = { _ in }) async throws {
        guard case .challenge(let challenge)? = try await next()?.body else {
            throw Unexpected(description: "no challenge")
        }
        let nonce = [UInt8](repeating: 7, count: 32)
        let statement = LinkStatement(
            role: .worker, version: 1, coordinatorKey: [UInt8](challenge.coordinatorKey),
            nodeKey: identity.publicIdentity.keyBytes, coordinatorNonce: [UInt8](challenge.nonce), nodeNonce: nonce,
            channelBinding: [])
        var hello = Weft_Wire_V1_Hello()
        hello.version = 1
        hello.nodeKey = Data(identity.publicIdentity.keyBytes)
        hello.nonce = Data(nonce)
        hello.signature = Data(identity.sign(statement))
        hello.joinToken = token
        hello.profile = profile().wire
        forge(&hello)
        try await send(.with { $0.hello = hello })
    }

    func join(_ bench: Bench) async throws {
        try await hello(token: bench.joinToken)
        guard case .welcome? = try await next()?.body else { throw Unexpected(description: "no welcome") }
    }

    /// The next assignment; other messages are skipped.
    func assignment() async throws -> AssignmentOrder {
        if let order = given.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return order }
        while let message = try await next() {
            switch message.body {
            case .jobOrder(let wire):
                let order = try JobOrder(wire: wire)
                orders.withLock { $0[order.job] = order }
            case .assignments(let wire):
                let assignments = try Assignments(wire: wire)
                let attempts = assignments.attempts
                guard let order = orders.withLock({ $0[attempts.job] }) else {
                    throw Unexpected(description: "an assignment came before its job's order")
                }
                let count = order.eachCount
                var taken = (0..<attempts.count).map { position in
                    AssignmentOrder(
                        attempts[position], of: order,
                        each: assignments.each[position * count..<(position + 1) * count])
                }
                let first = taken.removeFirst()
                given.withLock { $0 += taken }
                return first
            default: break
            }
        }
        throw Unexpected(description: "the link ended before an assignment")
    }

    /// The report of an answer, signed as it should be.
    func report(
        _ order: AssignmentOrder, _ completion: Completion, inline: [Digest: [UInt8]] = [:], coordinator: NodeID
    ) -> AttemptReport {
        let answer = AnswerDigest.of(completion, comparesStandardOutput: order.comparesStandardOutput)
        let started = Instant(microseconds: 10)
        let finished = Instant(microseconds: 20)
        let statement = ResultStatement(
            coordinator: coordinator, specDigest: order.specDigest, attempt: order.attempt, node: identity.nodeID,
            answer: answer, startedAt: started, finishedAt: finished)
        return AttemptReport(
            attempt: order.attempt, specDigest: order.specDigest, outcome: .completed(completion), startedAt: started,
            finishedAt: finished, signature: identity.prove(statement), inlineBlobs: inline)
    }

    func finish(_ report: AttemptReport) async throws { try await send(.with { $0.finished = report.wire }) }

    /// Reads until the result of this attempt is acknowledged, serving `blobs` that are asked for meanwhile.
    func acknowledged(_ attempt: AttemptID, serving blobs: [Digest: [UInt8]] = [:]) async throws {
        while let message = try await next() {
            switch message.body {
            case .acks(let wire):
                let acks = try AttemptList(wire: wire)
                if (0..<acks.count).contains(where: { acks[$0] == attempt }) { return }
            case .blobRequest(let request):
                var data = Weft_Wire_V1_BlobData()
                data.request = request.request
                if let bytes = Digest(bytes: request.digest).flatMap({ blobs[$0] }) {
                    let start = Int(request.offset)
                    data.totalBytes = UInt64(bytes.count)
                    data.bytes = Data(bytes[start..<min(bytes.count, start + Int(request.length))])
                } else {
                    data.error = "no such blob"
                }
                try await send(.with { $0.blobData = data })
            default: break
            }
        }
        throw Unexpected(description: "the link ended before the acknowledgement")
    }
}
