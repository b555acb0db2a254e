public import LibP2P

/// A distributed table of who is where and who provides what, over the connections of a host (libp2p specification
/// "Kademlia DHT").
///
/// `run()` answers others and looks after the table; the rest works while it runs, and in part without it. Decisions are made
/// by values (`KademliaNode`, `Lookup`); this actor passes them messages, the time and random numbers.
public actor Kademlia {
    let network: any PeerNetwork
    let configuration: KademliaConfiguration
    let clock: ProtocolClock
    let messageLimits = KademliaMessageLimits()
    var random: any RandomNumberGenerator & Sendable
    var node: KademliaNode
    /// What this peer provides, by multihash, and when it is to be told anew.
    var provided: [[UInt8]: Duration] = [:]
    public private(set) var mode: KademliaConfiguration.Mode

    /// Peers that are to be asked whether they are there and serve the table, each once.
    var awaitingCheck: Set<PeerID> = []
    private let checks: AsyncStream<PeerID>
    private let addCheck: AsyncStream<PeerID>.Continuation
    private var isRunning = false
    private var streams = 0
    private var streamsOfPeer: [PeerID: Int] = [:]

    /// - Parameters:
    ///   - clock: The time that everything goes by.
    ///   - random: Draws the places that are searched to fill the table.
    public init(
        network: any PeerNetwork, configuration: KademliaConfiguration = KademliaConfiguration(),
        clock: ProtocolClock = .continuous(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.network = network
        self.configuration = configuration
        self.clock = clock
        self.random = random
        mode = configuration.mode
        node = KademliaNode(of: network.localPeer, configuration: configuration)
        (checks, addCheck) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(256))
    }

    /// Answers other peers, notices those that come and go, and looks after the table, until it is cancelled.
    /// - Precondition: It does not run already.
    public func run() async throws {
        precondition(!isRunning, "a table is run once at a time")
        isRunning = true
        if mode == .server { await startServing() }
        let events = await network.events()
        for peer in await network.connectedPeers() { await noticed(peer, protocols: network.protocols(of: peer)) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.follow(events) }
            group.addTask { await self.check(all: self.checks) }
            group.addTask { await self.refreshRepeatedly() }
            group.addTask { await self.provideRepeatedly() }
            await group.waitForAll()
        }
        await network.stopHandling(configuration.protocolName)
        isRunning = false
        try Task.checkCancellation()
    }

    /// Begins or ceases to answer others, as when it turns out that this peer can be reached from outside.
    public func setMode(_ mode: KademliaConfiguration.Mode) async {
        guard mode != self.mode else { return }
        self.mode = mode
        guard isRunning else { return }
        switch mode {
        case .server: await startServing()
        case .client: await network.stopHandling(configuration.protocolName)
        }
    }

    /// Peers in the table now.
    public var peers: [PeerID] { node.table.entries.map(\.peer) }

    /// Keys of others' provider records, and values, that are kept now.
    public var keptCounts: (providerKeys: Int, records: Int) { (node.providers.keyCount, node.records.count) }

    // MARK: - Serving

    private func startServing() async {
        await network.handle(configuration.protocolName) { stream in try await self.serve(stream) }
    }

    /// Takes a place among the streams that are answered.
    func admit(_ peer: PeerID) -> Bool {
        guard streams < configuration.inboundStreams,
            streamsOfPeer[peer, default: 0] < configuration.inboundStreamsPerPeer
        else { return false }
        streams += 1
        streamsOfPeer[peer, default: 0] += 1
        return true
    }

    func release(_ peer: PeerID) {
        streams -= 1
        let left = streamsOfPeer[peer, default: 0] - 1
        streamsOfPeer[peer] = left > 0 ? left : nil
    }

    // MARK: - Checks

    /// Asks a peer, in time, whether it is there. Past the bound of those that wait, it is not asked.
    func checkSoon(_ peer: PeerID) {
        guard peer != network.localPeer, awaitingCheck.insert(peer).inserted else { return }
        switch addCheck.yield(peer) {
        case .enqueued: break
        default: awaitingCheck.remove(peer)
        }
    }
}
