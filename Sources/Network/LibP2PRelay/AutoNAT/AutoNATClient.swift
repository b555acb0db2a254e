public import LibP2P

/// Finds out whether this host can be reached, by asking the peers that it is connected to (libp2p specification "AutoNAT v1").
public actor AutoNATClient {
    private let network: any PeerNetwork
    private let configuration: AutoNATConfiguration
    private let clock: ProtocolClock
    private var random: any RandomNumberGenerator & Sendable
    private var judge = ReachabilityJudge()
    /// When each peer was asked last.
    private var asked: [PeerID: Duration] = [:]
    /// How others see this host, besides what it knows of itself.
    private var observed: [Multiaddr] = []
    private var readers: [UInt64: AsyncStream<Reachability>.Continuation] = [:]
    private var nextReader: UInt64 = 0

    /// - Parameter random: Draws whom to ask.
    public init(
        network: any PeerNetwork, configuration: AutoNATConfiguration = AutoNATConfiguration(),
        clock: ProtocolClock = .continuous(),
        random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.network = network
        self.configuration = configuration
        self.clock = clock
        self.random = random
    }

    public var reachability: Reachability { judge.verdict }

    /// The verdict now, and each time it changes. For as many readers as there are; the latest counts.
    public func changes() -> AsyncStream<Reachability> {
        let (stream, continuation) = AsyncStream<Reachability>.makeStream(bufferingPolicy: .bufferingNewest(1))
        readers[nextReader] = continuation
        nextReader += 1
        continuation.yield(judge.verdict)
        return stream
    }

    /// Asks peers now and then until it is cancelled: often while nothing is known, seldom afterwards.
    public func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask {
                for await event in await self.network.events() {
                    if case .observed(let address, _) = event { await self.saw(address) }
                }
            }
            while !Task.isCancelled {
                if let peer = await nextPeer() { _ = try? await ask(peer) }
                let wait = judge.verdict == .unknown ? configuration.eagerInterval : configuration.interval
                guard (try? await clock.sleep(wait)) != nil else { break }
            }
            group.cancelAll()
        }
        try Task.checkCancellation()
    }

    /// Asks one peer to dial this host.
    /// - Returns: What it said. Only `.ok` and `.dialError` count as findings.
    /// - Throws: `DialError`, `StreamRefused`, `PeerStreamError`.
    @discardableResult
    public func ask(_ peer: PeerID) async throws -> DialBackStatus {
        if asked.count >= 4_096 { asked = [:] }
        asked[peer] = clock.now()
        var addresses = await network.listenAddresses().filter { !$0.isRelayed && $0.ipAddress?.isLoopback != true }
        if configuration.asksForLoopback { addresses = await network.listenAddresses().filter { !$0.isRelayed } }
        addresses += await guesses().filter { !addresses.contains($0) }
        guard !addresses.isEmpty else { return .badRequest }
        let request = DialBackRequest(peer: network.localPeer, addresses: addresses)
        let network = network
        let answer = try await clock.withLimit(configuration.answerTime) {
            let stream = try await network.openStream(to: peer, protocols: [AutoNATCodec.protocolName])
            do {
                try await MessageWriter(stream).write(AutoNATCodec.encode(request))
                try await stream.closeWrite()
                var reader = MessageReader(stream)
                guard let bytes = try await reader.read(limit: AutoNATCodec.greatestMessageLength) else {
                    throw PeerStreamError.malformed("no answer")
                }
                return try AutoNATCodec.answer(from: bytes)
            } catch {
                stream.reset()
                throw error
            }
        }
        switch answer.status {
        case .ok:
            // An address that was not asked for is none that this host can stand for.
            guard let address = answer.address?.withoutPeerID, addresses.contains(address) else { break }
            conclude(address, by: peer)
        case .dialError: conclude(nil, by: peer)
        case .dialRefused, .badRequest, .internalError: break
        }
        return answer.status
    }

    private func conclude(_ address: Multiaddr?, by peer: PeerID) {
        guard judge.found(address, by: peer) else { return }
        for reader in readers.values { reader.yield(judge.verdict) }
    }

    private func saw(_ address: Multiaddr) {
        observed.removeAll { $0 == address }
        observed.append(address)
        if observed.count > 8 { observed.removeFirst() }
    }

    /// The IP addresses that others see, with the ports that this host listens on: what a NAT that keeps ports, or one that was told, leads to.
    private func guesses() async -> [Multiaddr] {
        let ports = Set(await network.listenAddresses().filter { !$0.isRelayed }.compactMap(\.tcpPort)).sorted()
        let addresses = Set(observed.filter { !$0.isRelayed }.compactMap(\.ipAddress))
        return addresses.flatMap { ip in ports.map { Multiaddr(ip, tcp: $0) } }.sorted { "\($0)" < "\($1)" }
    }

    /// One that can be asked and was not asked for the longest time.
    private func nextPeer() async -> PeerID? {
        let now = clock.now()
        var candidates: [PeerID] = []
        for peer in await network.connectedPeers() {
            guard await network.protocols(of: peer).contains(AutoNATCodec.protocolName) else { continue }
            if let time = asked[peer], now - time < configuration.intervalPerPeer { continue }
            candidates.append(peer)
        }
        return candidates.shuffled(using: &random).min { asked[$0] ?? .zero < asked[$1] ?? .zero }
    }
}

/// How often a host asks whether it can be reached.
public struct AutoNATConfiguration: Sendable, Hashable {
    /// While nothing is known.
    public var eagerInterval = Duration.seconds(15)
    /// When something is.
    public var interval = Duration.seconds(300)
    /// Nobody is asked more often.
    public var intervalPerPeer = Duration.seconds(90)
    public var answerTime = Duration.seconds(30)
    /// Whether addresses of the machine itself are asked for, too; for several hosts on one machine.
    public var asksForLoopback = false

    public init() {}
}
