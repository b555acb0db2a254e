import Glibc
import Logging
import NIOCore
import NIOPosix
import WebSocketLink
import WeftCoordinator
import WeftFormats
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
        if let seconds = settings.seconds(.workerBenchmarkAfter), seconds > 0 {
            configuration.benchmarkAfterIdle = .seconds(seconds)
        }
        return configuration
    }

    /// Paths that are absolute. Throws ``CLIError`` for others.
    private func paths(_ setting: Setting) throws -> [String] {
        try context.settings.list(setting).map { path in
            guard path.hasPrefix("/") else {
                throw CLIError(.usage, "\(setting.key): expected an absolute path, not `\(path)`")
            }
            // Every sandbox has its own there: what is shown below is covered, or shows through where it should not.
            for own in ["/work", "/tmp", "/proc", "/dev"] where path == own || path.hasPrefix(own + "/") {
                throw CLIError(.usage, "\(setting.key): \(own) is each sandbox's own; \(path) cannot be shown there")
            }
            return path
        }
    }

    /// A worker and the directory that it has for itself while it works.
    struct Opened: Sendable {
        let worker: Worker
        /// Holds the directory's lock: two workers with one key would push each other off the coordinator for ever.
        fileprivate let directory: DataDirectory
    }

    /// Its key; made where there is none. Throws `KeyFileError`.
    func identity() throws -> SigningIdentity {
        try Files.makeDirectory(home.worker, mode: 0o700)
        return try KeyFile.loadOrCreate(at: DataDirectory.identityPath(in: home.worker))
    }

    func open(
        joinToken: String, peers: @escaping @Sendable (BlobCache) async -> (any BlobPeers)? = { _ in nil },
        connect: @escaping Worker.Connect
    ) async throws -> Opened {
        try home.prepare()
        let directory = try DataDirectory(path: home.worker)
        let worker = try await Worker.open(
            configuration(joinToken: joinToken), in: directory,
            readOnlyPaths: try paths(.workerReadOnlyPaths), sharedPaths: try paths(.workerSharedPaths),
            registryCredentialsPath: context.settings.path(.workerRegistryCredentials),
            rulesPath: context.settings.path(.workerRules), logger: context.logger,
            executor: context.loops?.executor, peers: peers, connect: connect)
        return Opened(worker: worker, directory: directory)
    }

    /// Works until a signal; then finishes what runs, within ``grace``. A second signal ends everything at once.
    func run(_ opened: Opened, until signals: some AsyncSequence<Int32, Never> & Sendable) async throws {
        defer { withExtendedLifetime(opened.directory) {} }
        let worker = opened.worker
        let logger = context.logger
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            group.addTask {
                try await withThrowingTaskGroup(of: Void.self) { draining in
                    var isDraining = false
                    for await _ in signals {
                        guard !isDraining else { throw ExitWith(.interrupted) }
                        isDraining = true
                        let running = await worker.attemptCount
                        if running > 0 {
                            logger.notice(
                                "finishing what runs; a second signal ends it at once",
                                metadata: ["running": "\(running)", "within": "\(Self.grace)"])
                        }
                        draining.addTask { await worker.drain(grace: Self.grace) }
                    }
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Dials a coordinator's WebSocket.
    static func dial(
        _ url: String, caFile: String?, on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws -> Worker.Connect {
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
                on: group)
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
