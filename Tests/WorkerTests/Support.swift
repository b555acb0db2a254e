import FoundationEssentials
import Logging
import Synchronization
import Testing
import WeftDevices
import WeftDrivers
import WeftFormats
import WeftModel
import WeftStorage
import WeftWire
import WeftWorker

/// A directory that is gone at the end of its test.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let number = UInt64.random(in: .min ... .max)
        path = FileManager.default.temporaryDirectory.path + "/weft-worker-tests-\(String(number, radix: 36))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { print("left behind: \(path): \(error)") }
    }

    func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path + "/" + folder)
    }
}

/// Hands each link that the worker dials to the test.
actor Switchboard {
    private var calls: [MemoryLink] = []
    private var waiter: CheckedContinuation<MemoryLink, Never>?

    func dial() -> any Link {
        let (near, far) = MemoryLink.pair()
        if let waiter {
            self.waiter = nil
            waiter.resume(returning: far)
        } else {
            calls.append(far)
        }
        return near
    }

    func accept() async -> MemoryLink {
        if !calls.isEmpty { return calls.removeFirst() }
        return await withCheckedContinuation { waiter = $0 }
    }
}

/// The coordinator's end of one link, as the test's script plays it.
final class CoordinatorEnd: Sendable {
    let link: MemoryLink
    let identity: SigningIdentity
    private let backlog = Mutex<[Message]>([])

    init(_ link: MemoryLink, _ identity: SigningIdentity) {
        self.link = link
        self.identity = identity
    }

    func send(_ messages: Message...) async throws { try await link.send(messages) }

    /// The next message that `pick` makes something of; others are skipped and gone.
    func next<Value>(_ pick: (Message) -> Value?) async throws -> Value {
        var iterator = link.inbound.makeAsyncIterator()
        while true {
            while let message = backlog.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
                if let value = pick(message) { return value }
            }
            guard let batch = try await iterator.next() else { throw LinkError.closed }
            backlog.withLock { $0 += batch }
        }
    }

    func finished() async throws -> AttemptReport {
        try AttemptReport(
            wire: try await next { if case .finished(let wire) = $0.body { wire } else { nil } })
    }

    func started() async throws -> AttemptID {
        try AttemptID(
            wire: try await next { if case .started(let wire) = $0.body { wire.attempt } else { nil } })
    }

    func challenge(minVersion: UInt32 = 1, maxVersion: UInt32 = 1) async throws -> Data {
        var challenge = Weft_Wire_V1_Challenge()
        challenge.minVersion = minVersion
        challenge.maxVersion = maxVersion
        challenge.coordinatorKey = Data(identity.publicIdentity.keyBytes)
        challenge.nonce = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) })
        try await send(Message(.challenge(challenge)))
        return challenge.nonce
    }

    func hello() async throws -> Weft_Wire_V1_Hello {
        try await next { if case .hello(let hello) = $0.body { hello } else { nil } }
    }

    func statement(_ hello: Weft_Wire_V1_Hello, nonce: Data, role: LinkStatement.Role) -> LinkStatement {
        LinkStatement(
            role: role, version: hello.version, coordinatorKey: identity.publicIdentity.keyBytes,
            nodeKey: [UInt8](hello.nodeKey), coordinatorNonce: [UInt8](nonce), nodeNonce: [UInt8](hello.nonce),
            channelBinding: link.channelBinding)
    }

    func welcome(_ hello: Weft_Wire_V1_Hello, nonce: Data) async throws {
        var welcome = Weft_Wire_V1_Welcome()
        welcome.signature = Data(identity.sign(statement(hello, nonce: nonce, role: .coordinator)))
        welcome.heartbeatMilliseconds = 5000
        welcome.leaseMilliseconds = 15_000
        try await send(Message(.welcome(welcome)))
    }

    /// The whole handshake; checks the worker's proof.
    @discardableResult
    func letIn() async throws -> Weft_Wire_V1_Hello {
        let nonce = try await challenge()
        let hello = try await hello()
        let worker = try #require(PublicIdentity(keyBytes: [UInt8](hello.nodeKey)))
        #expect(
            worker.verify(
                signature: [UInt8](hello.signature), over: statement(hello, nonce: nonce, role: .worker)))
        try await welcome(hello, nonce: nonce)
        return hello
    }

    func assign(_ test: TestOrder) async throws {
        try await send(Message(.jobOrder(test.order.wire)))
        var assignments = Assignments(of: test.order.job)
        assignments.attempts.append(test.attempt)
        try await send(Message(.assignments(assignments.wire)))
    }

    func acknowledge(_ attempt: AttemptID) async throws {
        var acks = AttemptList(of: attempt.task.job)
        acks.append(attempt)
        try await send(Message(.acks(acks.acks)))
    }

    func revoke(_ attempt: AttemptID) async throws {
        var revocation = Weft_Wire_V1_Revocation()
        revocation.attempt = attempt.wire
        revocation.reason = "test"
        try await send(Message(.revocation(revocation)))
    }
}

/// Runs what the test says instead of a payload.
struct ScriptedDriver: Driver {
    let name: String
    let payloads: [String]
    var availability: DriverAvailability
    let script: @Sendable (RunOrder, Workspace, LogSink) async -> RunReport

    init(
        _ name: String = "process", payloads: [String]? = nil, enforced: [Limit] = [.time],
        isolation: Isolation = .process, architectures: [String] = [],
        script: @escaping @Sendable (RunOrder, Workspace, LogSink) async -> RunReport
    ) {
        self.name = name
        self.payloads = payloads ?? [name]
        availability = .available(
            version: "1", startup: .zero, enforced: enforced, isolation: isolation, architectures: architectures)
        self.script = script
    }

    func probe() async -> DriverAvailability { availability }

    func run(_ order: RunOrder, in workspace: Workspace, log: @escaping LogSink) async -> RunReport {
        await script(order, workspace, log)
    }

    /// A process's program and arguments.
    static func command(_ order: RunOrder) -> [String] {
        guard case .process(let command, _) = order.payload else { return [] }
        return command
    }

    /// Ends at once, with its arguments on standard output.
    static let echo = ScriptedDriver { order, _, _ in
        RunReport(end: .exited(0), standardOutput: .memory(Array(command(order).joined(separator: " ").utf8)))
    }
}

/// A worker, its coordinator's side and their disk.
struct Fixture {
    let directory: TemporaryDirectory
    let switchboard = Switchboard()
    let store: MemoryBlobStore
    let worker: Worker
    let coordinatorIdentity: SigningIdentity

    /// Sleeps of up to 50 ms are over at once, longer ones never: time does not pass in these tests.
    static let environment = WorkerEnvironment(
        now: { Instant(microseconds: 1_700_000_000_000_000) },
        sleep: { duration in
            if duration <= .milliseconds(50) { return try Task.checkCancellation() }
            try await Task.sleep(for: .seconds(86_400))
        },
        fraction: { 0 }, nonce: { (0..<32).map { _ in UInt8.random(in: .min ... .max) } }, loadPercent: { 7 })

    init(
        driver: any Driver = ScriptedDriver.echo, drivers: [any Driver] = [], cpuMillis: Int64 = 4000,
        cacheBytes: Int64 = 64 << 20,
        coordinator: SigningIdentity = SigningIdentity(), pinned: NodeID? = nil, tamper: ResultTamper? = nil,
        isolation: Isolation = .process, devices: DeviceWatch? = nil
    ) async throws {
        directory = try TemporaryDirectory()
        store = MemoryBlobStore()
        coordinatorIdentity = coordinator
        let store = store
        let cache = try await BlobCache(store: store, boundBytes: cacheBytes) { digest, path, _ in
            let bytes = try await store.readAll(digest, limit: 1 << 30)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
        }
        let switchboard = switchboard
        worker = Worker(
            configuration: WorkerConfiguration(
                name: "tester", cpuMillis: cpuMillis, memoryBytes: 8 << 30, diskBytes: 8 << 30, queueLimit: 100,
                isolation: isolation, joinToken: "let me in", coordinator: pinned,
                driverPatience: .seconds(3600)),
            identity: SigningIdentity(), drivers: drivers.isEmpty ? [driver] : drivers,
            workspaces: try WorkspaceRoot(path: directory.path + "/work"), cache: cache,
            hardware: HostHardware(
                operatingSystem: "linux", architecture: "x86_64", hostName: "here", cpuMillis: 8000,
                memoryBytes: 16 << 30, loadAverage: 0),
            diskBytes: 100 << 30, environment: Self.environment, logger: Logger(label: "test") { _ in SilentLog() },
            devices: devices, tamper: tamper, connect: { await switchboard.dial() })
    }

    func answer() async -> CoordinatorEnd { CoordinatorEnd(await switchboard.accept(), coordinatorIdentity) }

    /// Runs the worker beside `body` and ends it afterwards.
    func run(_ body: () async throws -> Void) async throws {
        let worker = worker
        let running = Task { try await worker.run() }
        do { try await body() } catch {
            running.cancel()
            _ = await running.result
            throw error
        }
        running.cancel()
        _ = await running.result
    }
}

struct SilentLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.critical
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {}
    func log(
        level: Logger.Level, message: Logger.Message, metadata: Logger.Metadata?, source: String, file: String,
        function: String, line: UInt
    ) {}
}

func attempt(_ number: UInt64, replica: UInt16 = 0) -> AttemptID {
    AttemptID(
        task: TaskID(job: JobID(1), index: UInt32(number)), replica: replica, lease: LeaseID(epoch: 1, sequence: number)
    )
}

func order(
    _ number: UInt64, _ command: [String] = ["hello"], inputs: [JobOrder.InputFile] = [],
    outputs: [Output] = [], cpuMillis: Int64 = 1000, timeout: Duration = .seconds(30),
    standardInput: JobOrder.Source? = nil, diskBytes: Int64 = 64 << 20, isolation: Isolation = .none
) -> TestOrder {
    let attempt = attempt(number)
    return TestOrder(
        attempt: attempt,
        order: JobOrder(
            job: attempt.task.job, specDigest: Hashing.sha256([1, 2, 3]), jobName: "test", inputs: inputs,
            outputs: outputs, resources: Resources(cpuMillis: cpuMillis, memoryBytes: 64 << 20, diskBytes: diskBytes),
            timeout: timeout, isolation: isolation,
            payload: .process(command: command, standardInput: standardInput)))
}

/// One attempt, and the order of its job, which is one of its own.
struct TestOrder: Sendable {
    var attempt: AttemptID
    var order: JobOrder
}

extension AttemptReport {
    var completion: Completion? { if case .completed(let completion) = outcome { completion } else { nil } }
    var failureKind: AttemptFailure.Kind? { if case .failed(let failure) = outcome { failure.kind } else { nil } }
    var standardOutputText: String? {
        completion?.standardOutput.flatMap { inlineBlobs[$0.digest] }.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Lets a number of payloads wait, and through.
actor Gate {
    private var isOpen = false
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private(set) var arrived = 0
    private var arrivals: [(Int, CheckedContinuation<Void, Never>)] = []

    func pass() async {
        arrived += 1
        for (count, continuation) in arrivals where count <= arrived { continuation.resume() }
        arrivals.removeAll { $0.0 <= arrived }
        if isOpen { return }
        await withCheckedContinuation { waiters.append($0) }
    }

    func open() {
        isOpen = true
        for waiter in waiters { waiter.resume() }
        waiters = []
    }

    func waitForArrivals(_ count: Int) async {
        if arrived >= count { return }
        await withCheckedContinuation { arrivals.append((count, $0)) }
    }
}
