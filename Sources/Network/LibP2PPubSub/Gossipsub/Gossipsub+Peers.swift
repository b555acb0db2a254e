import LibP2P

/// The sending side of one peer.
struct Speaker: Sendable {
    var queue: PeerQueue
    /// Wakes the task that sends.
    let wake: AsyncStream<Void>.Continuation
    let woken: AsyncStream<Void>
    /// The peer came (again) while the task was about to end.
    var isMetAgain = false
    /// The connection is gone; the task ends, or begins anew over another.
    var isOver = false

    init(limits: GossipLimits) {
        queue = PeerQueue(limits: limits)
        (woken, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }
}

extension Gossipsub {
    /// Time to open a stream, and to have one batch taken by the peer.
    static let openTime = Duration.seconds(10)
    static let writeTime = Duration.seconds(30)
    /// Streams that one peer may have open to this host: a new one while the old one ends.
    static let greatestListenerCount = 2
    static let greatestAttemptCount = 4

    // MARK: - Coming and going

    func follow(_ events: AsyncStream<PeerEvent>) async {
        for await event in events {
            switch event {
            case .connected(let peer): await noticed(peer, protocols: network.protocols(of: peer))
            case .identified(let peer, let protocols, _): await noticed(peer, protocols: protocols)
            case .disconnected(let peer):
                // Events may come late: one that has come again meanwhile stays.
                if await !network.isConnected(to: peer) { left(peer) }
            case .observed: break
            }
        }
    }

    func noticed(_ peer: PeerID, protocols: [String]) async {
        guard !Set(protocols).isDisjoint(with: GossipVersion.protocolNames) else { return }
        meet(peer)
    }

    /// Begins to speak to a peer.
    private func meet(_ peer: PeerID) {
        guard speakers[peer] == nil else {
            speakers[peer]?.isMetAgain = true
            return
        }
        guard speakers.count < configuration.limits.peers || configuration.directPeers[peer] != nil else { return }
        speakers[peer] = Speaker(limits: configuration.limits)
        addWork.yield(.speak(peer))
    }

    private func left(_ peer: PeerID) {
        router.disconnected(peer, now: clock.now())
        speakers[peer]?.queue = PeerQueue(limits: configuration.limits)
        speakers[peer]?.isOver = true
        speakers[peer]?.wake.yield()
    }

    // MARK: - Listening

    /// Reads what a peer sends over the stream that it opened.
    func listen(to stream: any PeerStream) async throws {
        let peer = stream.peer
        guard listeners[peer, default: 0] < Self.greatestListenerCount else {
            throw PeerStreamError.malformed("too many streams of gossipsub")
        }
        listeners[peer, default: 0] += 1
        defer {
            let count = listeners[peer, default: 0] - 1
            listeners[peer] = count > 0 ? count : nil
        }
        meet(peer)
        var reader = MessageReader(stream)
        let limits = configuration.limits
        while let bytes = try await reader.read(limit: limits.rpcBytes) {
            guard !isGraylisted(peer) else { continue }
            let rpc = try await Self.decode(bytes, limits: limits)
            join(stream)
            perform(router.received(rpc, from: peer, now: clock.now()))
        }
    }

    /// Away from the actor, so that others go on meanwhile.
    @concurrent
    private static func decode(_ bytes: [UInt8], limits: GossipLimits) async throws -> GossipRPC {
        try GossipCodec.decode(bytes, limits: limits)
    }

    private func isGraylisted(_ peer: PeerID) -> Bool {
        configuration.directPeers[peer] == nil
            && router.score(of: peer) < configuration.scores.thresholds.graylist
    }

    /// Has the router know a peer, from the first stream there is. Peers that are not spoken to are not listened to either.
    private func join(_ stream: any PeerStream) {
        guard speakers[stream.peer]?.isOver == false, let version = GossipVersion(rawValue: stream.protocolName) else {
            return
        }
        let facts = stream.connection
        perform(
            router.connected(
                stream.peer, version: version, isOutbound: facts.direction == .outbound,
                address: facts.isRelayed ? nil : facts.remoteAddress.ipAddress))
    }

    // MARK: - Speaking

    func enqueue(_ item: GossipRouter.Item, for peer: PeerID) {
        speakers[peer]?.queue.add(item)
        speakers[peer]?.wake.yield()
    }

    /// Sends to a peer what waits for it, for as long as there is a connection.
    func speak(to peer: PeerID) async {
        var failures = 0
        while !Task.isCancelled {
            speakers[peer]?.isMetAgain = false
            speakers[peer]?.isOver = false
            let isConnected = await network.isConnected(to: peer)
            if isConnected, failures < Self.greatestAttemptCount {
                do {
                    try await speakOnce(to: peer)
                    failures = 0
                    continue
                } catch is StreamRefused {
                    failures = Self.greatestAttemptCount
                } catch {
                    failures += 1
                    if (try? await clock.sleep(.seconds(failures))) != nil { continue }
                }
            }
            // A peer that came again between the question and here is spoken to anew; one that refused is not.
            guard !isConnected, speakers[peer]?.isMetAgain == true else { break }
        }
        router.disconnected(peer, now: clock.now())
        speakers[peer] = nil
    }

    /// Over one stream, until the connection is said to be gone.
    private func speakOnce(to peer: PeerID) async throws {
        let network = network
        let stream = try await clock.withLimit(Self.openTime) {
            try await network.openStream(to: peer, protocols: GossipVersion.protocolNames)
        }
        do {
            join(stream)
            greet(peer)
            guard let woken = speakers[peer]?.woken else { return }
            let writer = MessageWriter(stream)
            for await _ in woken {
                while speakers[peer]?.isOver == false, let rpc = speakers[peer]?.queue.next() {
                    let bytes = GossipCodec.encode(rpc)
                    try await clock.withLimit(Self.writeTime) { try await writer.write(bytes) }
                }
                if speakers[peer]?.isOver != false { break }
            }
            stream.reset()
        } catch {
            stream.reset()
            throw error
        }
    }

    /// Over a new stream, the peer is told (again) what it must know; what an earlier stream carried may not have arrived.
    private func greet(_ peer: PeerID) {
        for topic in router.topics {
            enqueue(.subscription(.init(topic: topic, isSubscribed: true)), for: peer)
            if router.neighbours(of: topic).contains(peer) { enqueue(.graft(topic), for: peer) }
        }
        speakers[peer]?.wake.yield()
    }
}
