import Glibc
import Logging
import NIOPosix
import WebSocketLink
import WeftCoordinator
import WeftModel
import WeftWire
import WeftWorker

/// A worker with the owner's settings.
struct WorkerService: Sendable {
    let context: Context
    let home: DataHome

    /// How long what runs may go on after the first signal.
    static let grace = Duration.seconds(20)

    init(_ context: Context) throws {
        self.context = context
        home = try context.dataHome()
    }

    /// What the owner says. Throws ``CLIError`` for labels that are none.
    func configuration(joinToken: String) throws -> WorkerConfiguration {
        let settings = context.settings
        var labels: [String: String] = [:]
        for text in settings.list(.workerLabels) {
            guard let pair = Pair.parse(text) else {
                throw CLIError(.usage, "worker.labels: expected name=value, not `\(text)`")
            }
            labels[pair.name] = pair.value
        }
        var configuration = WorkerConfiguration(
            name: settings.text(.workerName) ?? "", owner: settings.text(.workerOwner) ?? "", labels: labels,
            cpuMillis: settings.cpuMillis(.workerCPUs), memoryBytes: settings.bytes(.workerMemory),
            diskBytes: settings.bytes(.workerDisk), joinToken: joinToken, version: Version.text)
        if let bytes = settings.bytes(.workerCache) { configuration.cacheBytes = bytes }
        if let isolation = settings.text(.workerIsolation).flatMap({ Isolation(rawValue: $0) }) {
            configuration.isolation = isolation
        }
        return configuration
    }

    func open(joinToken: String, connect: @escaping Worker.Connect) async throws -> Worker {
        try home.prepare()
        return try await Worker.open(
            configuration(joinToken: joinToken), in: DataDirectory(path: home.worker), logger: context.logger,
            connect: connect)
    }

    /// Works until a signal; then finishes what runs, within ``grace``. A second signal ends everything at once.
    static func run(_ worker: Worker, until signals: some AsyncSequence<Int32, Never> & Sendable) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            group.addTask {
                try await withThrowingTaskGroup(of: Void.self) { draining in
                    var isDraining = false
                    for await _ in signals {
                        guard !isDraining else { throw ExitWith(.interrupted) }
                        isDraining = true
                        draining.addTask { await worker.drain(grace: grace) }
                    }
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Dials a coordinator's WebSocket.
    static func dial(_ url: String, caFile: String?) throws -> Worker.Connect {
        let link: String
        if url.hasPrefix("http://") {
            link = "ws://" + url.dropFirst(7)
        } else if url.hasPrefix("https://") {
            link = "wss://" + url.dropFirst(8)
        } else {
            throw CLIError(.usage, "`\(url)` is not a coordinator's address", hint: "for example http://127.0.0.1:8080")
        }
        let address = link.hasSuffix("/") ? String(link.dropLast()) : link
        return {
            try await WebSocketLink.connect(
                url: address + WebSocketLink.path, tls: .init(trustRootsFile: caFile),
                on: MultiThreadedEventLoopGroup.singleton)
        }
    }
}

/// Links between a worker and a coordinator of the same process.
struct LocalLinks: Sendable {
    private let offered: AsyncStream<MemoryLink>
    private let offers: AsyncStream<MemoryLink>.Continuation

    init() { (offered, offers) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(8)) }

    var connect: Worker.Connect {
        { [offers] in
            let (near, far) = MemoryLink.pair()
            offers.yield(far)
            return near
        }
    }

    /// Gives the coordinator the other ends, until the task is cancelled.
    func serve(_ coordinator: Coordinator) async {
        await withDiscardingTaskGroup { group in
            for await link in offered { group.addTask { await coordinator.serve(link) } }
        }
    }
}
