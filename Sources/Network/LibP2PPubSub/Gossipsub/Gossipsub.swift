import Foundation
public import LibP2P

/// Topics to which messages are published and from which they come, over the connections of a host: gossipsub 1.1, with 1.0 and
/// floodsub for peers that know no better (libp2p specifications "pubsub" and "gossipsub"). Every message is signed by its author,
/// and what is not is dropped.
///
/// Decisions are made by a value, `GossipRouter`; this actor passes it what comes and the time, and sends what it says. `run()` must be
/// running for anything to come or go.
public actor Gossipsub {
    /// Judges the messages of a topic before they go any further. It may take its time, up to seconds; while it does, the message counts
    /// against `GossipLimits.pendingMessages`.
    public typealias Validator = @Sendable (GossipMessage) async -> GossipVerdict

    /// What `run()` does beside the other.
    enum Work: Sendable {
        case speak(PeerID)
        case validate(MessageID, GossipMessage)
        case connect(GossipRPC.ExchangedPeer)
        case connectDirect(PeerID, [Multiaddr])
        case stopReading(topic: String, reader: UInt64)
    }

    let network: any PeerNetwork
    let configuration: GossipConfiguration
    let clock: ProtocolClock
    var router: GossipRouter
    var speakers: [PeerID: Speaker] = [:]
    /// Streams that each peer has opened to this host.
    var listeners: [PeerID: Int] = [:]
    private var validators: [String: Validator] = [:]
    private var readers: [String: [UInt64: AsyncStream<GossipMessage>.Continuation]] = [:]
    private var nextReader: UInt64 = 0
    private var sequence: UInt64
    private var isStarted = false
    private var connecting = 0
    private let works: AsyncStream<Work>
    let addWork: AsyncStream<Work>.Continuation

    /// - Parameters:
    ///   - clock: The time that heartbeats, backoffs and scores go by.
    ///   - random: Draws neighbours.
    ///   - firstSequence: The number of the first message. Greater than all that this host has ever used; nil takes the nanoseconds since
    ///     1970.
    /// - Precondition: `configuration.flaw` is nil.
    public init(
        network: any PeerNetwork, configuration: GossipConfiguration = GossipConfiguration(),
        clock: ProtocolClock = .continuous(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator(), firstSequence: UInt64? = nil
    ) {
        if let flaw = configuration.flaw { preconditionFailure(flaw) }
        self.network = network
        self.configuration = configuration
        self.clock = clock
        router = GossipRouter(localPeer: network.localPeer, configuration: configuration, random: random)
        sequence = firstSequence ?? UInt64(Date().timeIntervalSince1970 * 1e9)
        (works, addWork) = AsyncStream.makeStream()
    }

    /// Speaks with the peers of the host until it is cancelled.
    /// - Precondition: It is called once.
    public func run() async throws {
        precondition(!isStarted, "gossipsub runs once")
        isStarted = true
        for name in GossipVersion.protocolNames {
            await network.handle(name) { stream in try await self.listen(to: stream) }
        }
        let events = await network.events()
        for peer in await network.connectedPeers() { await noticed(peer, protocols: network.protocols(of: peer)) }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.follow(events) }
            group.addTask { await self.beat() }
            group.addTask { await self.connectDirectPeers() }
            for await work in works { group.addTask { await self.perform(work) } }
            group.cancelAll()
        }
        for name in GossipVersion.protocolNames { await network.stopHandling(name) }
        for continuation in readers.values.flatMap(\.values) { continuation.finish() }
        readers = [:]
        try Task.checkCancellation()
    }

    // MARK: - Topics

    /// Follows a topic: what others publish there comes from now on, each message once to each reader. When the last reader stops, the
    /// topic is left. A reader that does not keep up loses the oldest messages (`GossipLimits.bufferedMessages`).
    /// - Throws: `GossipError`.
    public func subscribe(_ topic: String) throws -> AsyncStream<GossipMessage> {
        let actions = try router.subscribe(topic, now: clock.now())
        let (stream, continuation) = AsyncStream<GossipMessage>.makeStream(
            bufferingPolicy: .bufferingNewest(configuration.limits.bufferedMessages))
        let reader = nextReader
        nextReader += 1
        readers[topic, default: [:]][reader] = continuation
        let addWork = addWork
        continuation.onTermination = { _ in addWork.yield(.stopReading(topic: topic, reader: reader)) }
        perform(actions)
        return stream
    }

    /// Signs a message and sends it to the followers of a topic that are known. It need not be followed here. Comes back when the message is
    /// on its way, not when it has arrived; a host without neighbours keeps it for a few heartbeats and tells those who come.
    /// - Returns: The message's number; greater than those before.
    /// - Throws: `GossipError`.
    @discardableResult
    public func publish(_ topic: String, _ bytes: [UInt8]) throws -> UInt64 {
        let number = sequence
        let actions = try router.publish(bytes, topic: topic, sequence: number, keys: network.keys, now: clock.now())
        sequence += 1
        perform(actions)
        return number
    }

    /// Has the messages of a topic judged from now on; nil accepts them all. A topic without a validator accepts what is signed.
    public func setValidator(_ topic: String, _ validator: Validator?) {
        validators[topic] = validator
        if validator == nil { router.validatedTopics.remove(topic) } else { router.validatedTopics.insert(topic) }
    }

    /// What the application thinks of a peer (P5), as part of its score while it is connected.
    public func setApplicationScore(_ score: Double, of peer: PeerID) { router.setApplicationScore(score, of: peer) }

    // MARK: - What can be seen

    /// The topics that are followed.
    public var topics: [String] { router.topics }

    /// Peers that follow a topic, as far as they said so.
    public func followers(of topic: String) -> Set<PeerID> { router.followers(of: topic) }

    /// The neighbours of a topic's mesh.
    public func neighbours(of topic: String) -> Set<PeerID> { router.neighbours(of: topic) }

    public func score(of peer: PeerID) -> Double { router.score(of: peer) }

    // MARK: - Acting

    func perform(_ actions: [GossipRouter.Action]) {
        for action in actions {
            switch action {
            case .send(let item, let peer): enqueue(item, for: peer)
            case .deliver(let message):
                for continuation in (readers[message.topic] ?? [:]).values { continuation.yield(message) }
            case .validate(let id, let message): addWork.yield(.validate(id, message))
            case .connect(let peer):
                guard connecting < 16 else { continue }
                connecting += 1
                addWork.yield(.connect(peer))
            }
        }
    }

    private func perform(_ work: Work) async {
        switch work {
        case .speak(let peer): await speak(to: peer)
        case .validate(let id, let message):
            let verdict = await validators[message.topic]?(message) ?? .accept
            perform(router.validated(id, verdict, now: clock.now()))
        case .connect(let peer):
            await connect(to: peer)
            connecting -= 1
        case .connectDirect(let peer, let addresses):
            // Tried again after `directConnectInterval`; nobody waits for it.
            try? await network.connect(to: peer, addresses: addresses)
        case .stopReading(let topic, let reader): stopReading(topic, reader)
        }
    }

    private func stopReading(_ topic: String, _ reader: UInt64) {
        readers[topic]?[reader] = nil
        guard readers[topic]?.isEmpty == true else { return }
        readers[topic] = nil
        perform(router.unsubscribe(topic, now: clock.now()))
    }

    /// Dials a peer that another one named. That it may fail is in the nature of such hints.
    private func connect(to named: GossipRPC.ExchangedPeer) async {
        var addresses: [Multiaddr] = []
        if let signed = named.signedRecord {
            guard let record = try? PeerRecord(signed: signed), record.peer == named.peer else { return }
            addresses = record.addresses
        }
        try? await network.connect(to: named.peer, addresses: addresses)
    }

    private func beat() async {
        while !Task.isCancelled {
            guard (try? await clock.sleep(configuration.heartbeatInterval)) != nil else { return }
            perform(router.heartbeat(now: clock.now()))
        }
    }

    private func connectDirectPeers() async {
        guard !configuration.directPeers.isEmpty else { return }
        repeat {
            for (peer, addresses) in configuration.directPeers where await !network.isConnected(to: peer) {
                addWork.yield(.connectDirect(peer, addresses))
            }
        } while (try? await clock.sleep(configuration.directConnectInterval)) != nil
    }
}
