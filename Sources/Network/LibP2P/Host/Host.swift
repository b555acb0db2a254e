import Crypto
public import Logging
public import NIOCore
import NIOPosix
import Synchronization

/// A peer of a libp2p network: it listens, dials, and speaks protocols with those it is connected to.
///
/// Connections are TCP, Noise and Yamux. Identify, its push and ping are spoken by itself.
public final class Host: PeerNetwork {
    public typealias Handler = @Sendable (any PeerStream) async throws -> Void

    struct State {
        var book: ConnectionBook<PeerConnection>
        var store: PeerStore
        var handlers: [String: Handler] = [:]
        var listeners: [any Channel] = []
        /// What this host is told that it can be reached at, besides what it listens on.
        var announced: [Multiaddr] = []
        var readers: [UInt64: AsyncStream<PeerEvent>.Continuation] = [:]
        var circuitDialer: (any CircuitDialer)?
        /// Who waits for a dial that another one does.
        var dialing: [PeerID: [CheckedContinuation<DialResult, Never>]] = [:]
        var nextID: UInt64 = 1
        var isPushPlanned = false
        /// Connected peers that were not told of a change: they had not yet said whether they can be.
        var untold: Set<PeerID> = []
        var isShutDown = false
    }

    public let keys: KeyPair
    public var localPeer: PeerID { keys.peerID }
    let configuration: HostConfiguration
    let logger: Logger
    let group: any EventLoopGroup
    let identity: NoiseIdentity
    let state: Mutex<State>
    private let start = ContinuousClock.now
    private let jobs: AsyncStream<@Sendable () async -> Void>.Continuation
    private let supervisor: Task<Void, Never>

    /// A host that is up, but listens nowhere yet.
    /// - Parameter group: Where its sockets live; it must outlive the host; nil is the one that the process has anyway.
    public init(
        keys: KeyPair, configuration: HostConfiguration = HostConfiguration(),
        group: (any EventLoopGroup)? = nil,
        logger: Logger = Logger(label: "libp2p", factory: { _ in SwiftLogNoOpLogHandler() })
    ) {
        self.keys = keys
        self.configuration = configuration
        self.group = group ?? MultiThreadedEventLoopGroup.singleton
        self.logger = logger
        identity = NoiseIdentity(
            keys: keys, key: Curve25519.KeyAgreement.PrivateKey(), muxers: [ConnectionMachine.muxer])
        state = Mutex(
            State(
                book: ConnectionBook(limits: configuration.limits),
                store: PeerStore(
                    greatestPeerCount: configuration.limits.rememberedPeers,
                    greatestAddressCount: configuration.limits.addressesPerPeer)))
        let (work, jobs) = AsyncStream<@Sendable () async -> Void>.makeStream()
        self.jobs = jobs
        // The one task that all others are children of; `shutdown()` ends it.
        supervisor = Task {
            await withDiscardingTaskGroup { group in
                for await job in work { group.addTask { await job() } }
                group.cancelAll()
            }
        }
        serveIdentify()
        servePing()
        spawn { [weak self, tick = configuration.tick] in
            while (try? await Task.sleep(for: tick)) != nil, let self { self.tick() }
        }
    }

    deinit {
        jobs.finish()
        supervisor.cancel()
    }

    /// Since this host is there.
    var now: Duration { ContinuousClock.now - start }

    /// Runs something until it ends or the host does.
    func spawn(_ job: @escaping @Sendable () async -> Void) { jobs.yield(job) }

    /// Ends all connections and handlers. The host is of no use afterwards.
    public func shutdown() async {
        let (listeners, connections, readers) = state.withLock { state in
            state.isShutDown = true
            defer { state.listeners = [] }
            return (state.listeners, state.book.entries.values.map(\.connection), state.readers)
        }
        for listener in listeners { try? await listener.close().get() }
        for connection in connections { connection.end(.closedHere) }
        jobs.finish()
        supervisor.cancel()
        await supervisor.value
        for reader in readers.values { reader.finish() }
    }

    private func tick() {
        let (late, connections) = state.withLock { state in
            let now = now
            state.store.expire(at: now)
            let late = state.book.halfOpen { direction in
                now - (direction == .inbound ? configuration.handshakeTimeout : configuration.dialTimeout)
            }
            return (late, state.book.entries.values.map(\.connection))
        }
        for connection in late { connection.end(.handshakeTimedOut) }
        for connection in connections {
            connection.tick(keepAlive: configuration.keepAlive, timeout: configuration.keepAliveTimeout)
        }
    }

    // MARK: PeerNetwork

    public func isConnected(to peer: PeerID) async -> Bool { state.withLock { $0.book.byPeer[peer] != nil } }

    public func connectedPeers() async -> [PeerID] { state.withLock { Array($0.book.byPeer.keys) } }

    public func handle(_ protocolName: String, _ handler: @escaping Handler) async {
        state.withLock { $0.handlers[protocolName] = handler }
        planPush()
    }

    public func stopHandling(_ protocolName: String) async {
        state.withLock { $0.handlers[protocolName] = nil }
        planPush()
    }

    public func learn(_ addresses: [Multiaddr], of peer: PeerID, for lifetime: Duration) async {
        let now = now
        state.withLock { $0.store.learn(addresses, of: peer, until: now + lifetime, at: now) }
    }

    public func knownAddresses(of peer: PeerID) async -> [Multiaddr] {
        let now = now
        return state.withLock { $0.store.addresses(of: peer, at: now) }
    }

    public func protocols(of peer: PeerID) async -> [String] { state.withLock { $0.store.protocols(of: peer) } }

    public func events() async -> AsyncStream<PeerEvent> {
        let (stream, continuation) = AsyncStream<PeerEvent>.makeStream(bufferingPolicy: .bufferingNewest(4096))
        let (id, isShutDown) = state.withLock { state in
            state.nextID += 1
            state.readers[state.nextID] = continuation
            return (state.nextID, state.isShutDown)
        }
        continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.readers[id] = nil } }
        if isShutDown { continuation.finish() }
        return stream
    }

    public func disconnect(_ peer: PeerID) async {
        let connections = state.withLock { $0.book.connections(to: peer) }
        for connection in connections { connection.end(.closedHere) }
    }

    /// What is under each connection to a peer.
    public func connections(to peer: PeerID) async -> [ConnectionFacts] {
        state.withLock { $0.book.connections(to: peer).map(\.facts) }
    }

    func tell(_ event: PeerEvent) {
        let readers = state.withLock { Array($0.readers.values) }
        for reader in readers { reader.yield(event) }
    }
}
