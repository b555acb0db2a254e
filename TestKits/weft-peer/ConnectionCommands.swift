import LibP2P

/// Who and where peers are.
extension PeerTool {
    struct Whereabouts: Encodable, Sendable {
        let peer: String
        let addresses: [String]
    }

    struct Identity: Encodable, Sendable {
        let protocols: [String]
        let addresses: [String]
    }

    struct RoundTrip: Encodable, Sendable {
        let micros: Int
    }

    func info(_ request: Request) async throws -> Answer {
        Whereabouts(
            peer: "\(host.localPeer)", addresses: await host.listenAddresses().map { "\($0.withoutPeerID)" })
    }

    /// Reads `peer` and `addresses`.
    func connect(_ request: Request) async throws -> Answer {
        let peer = try PeerID(parsing: request.needs("peer", \.peer))
        let addresses = try request.needs("addresses", \.addresses).map { try Multiaddr(parsing: $0) }
        try await host.connect(to: peer, addresses: addresses)
        return Done()
    }

    /// Reads `peer`. What the peer said of itself, waited for.
    func identify(_ request: Request) async throws -> Answer {
        let peer = try PeerID(parsing: request.needs("peer", \.peer))
        try await host.connect(to: peer, addresses: [])
        let events = await host.events()
        var protocols = await host.protocols(of: peer)
        if protocols.isEmpty {
            protocols = try await within(.seconds(15), "identifying") {
                for await event in events {
                    if case .identified(peer, let protocols, _) = event { return protocols }
                }
                throw CancellationError()
            }
        }
        let addresses = await host.knownAddresses(of: peer)
        return Identity(protocols: protocols, addresses: addresses.map { "\($0)" })
    }

    /// Reads `peer`. The shortest of three.
    func ping(_ request: Request) async throws -> Answer {
        let peer = try PeerID(parsing: request.needs("peer", \.peer))
        var shortest = Duration.seconds(1_000)
        for _ in 0..<3 { shortest = min(shortest, try await host.ping(peer)) }
        return RoundTrip(micros: Int(shortest / .microseconds(1)))
    }
}

/// The first of the two: what is done, or the end of the time for it.
func within<Value: Sendable>(
    _ limit: Duration, _ what: String, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw CommandError.tookTooLong(what)
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { preconditionFailure("there are two tasks") }
        return first
    }
}
