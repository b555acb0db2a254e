public import LibP2P

/// Why something was not found or not done.
public enum KademliaError: Error, Sendable, Hashable {
    /// No peer of the table is known; bootstrap first.
    case noPeers
    /// None of the peers to begin with could be reached.
    case unreachable([DialError])
    /// The search ended without it.
    case notFound
    /// Nobody took the record.
    case notKept
    /// More is provided by this peer already than its configuration allows.
    case tooManyProvided(limit: Int)
    /// The value is not right for its key, or its namespace is unknown.
    case invalidRecord(InvalidRecord)
}

extension Kademlia {
    /// The peers of the table that are nearest to a key and answered, nearest first.
    /// - Parameter key: Bytes whose hash is the place: of a peer id, a multihash, or a key of values.
    /// - Throws: `KademliaError.noPeers`, `CancellationError`.
    public func closestPeers(to key: [UInt8]) async throws -> [PeerID] {
        try await search(.findNode(key)) { _, _ in true }
    }

    /// Where a peer can be reached. It was reached, so its identity is proven.
    /// - Throws: `KademliaError.noPeers` or `.notFound`, `CancellationError`.
    public func findPeer(_ peer: PeerID) async throws -> [Multiaddr] {
        if peer == network.localPeer { return await network.listenAddresses() }
        let known = await network.knownAddresses(of: peer)
        var isReached = await network.isConnected(to: peer) && !known.isEmpty
        if !isReached, !known.isEmpty { isReached = await reach(peer, at: known) }
        if !isReached { isReached = try await searchAndReach(peer) }
        guard isReached else { throw KademliaError.notFound }
        return await network.knownAddresses(of: peer)
    }

    /// Searches for a peer, and meanwhile dials what is said of it: that may be wrong, and must not hold the search up.
    private func searchAndReach(_ peer: PeerID) async throws -> Bool {
        let (named, name) = AsyncStream<[Multiaddr]>.makeStream(bufferingPolicy: .bufferingOldest(16))
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                defer { name.finish() }
                _ = try await self.search(.findNode(peer.bytes)) { _, answer in
                    if let addresses = answer.closer.first(where: { $0.peer == peer })?.addresses, !addresses.isEmpty {
                        name.yield(addresses)
                    }
                    return true
                }
                return false
            }
            group.addTask { await self.reach(peer, atOneOf: named) { name.finish() } }
            defer { group.cancelAll() }
            while let isReached = try await group.next() {
                if isReached { return true }
            }
            return false
        }
    }

    /// Dials each of what comes, all at the same time, until one answers.
    private func reach(
        _ peer: PeerID, atOneOf named: AsyncStream<[Multiaddr]>, _ isReached: @escaping @Sendable () -> Void
    ) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            var tried: Set<Multiaddr> = []
            for await addresses in named where tried.count < 64 {
                let new = addresses.filter { tried.insert($0).inserted }
                guard !new.isEmpty else { continue }
                group.addTask {
                    let isThere = await self.reach(peer, at: new)
                    if isThere { isReached() }
                    return isThere
                }
            }
            defer { group.cancelAll() }
            while let isThere = await group.next() {
                if isThere { return true }
            }
            return false
        }
    }

    private func reach(_ peer: PeerID, at addresses: [Multiaddr]) async -> Bool {
        let network = network
        do {
            try await clock.withLimit(configuration.requestTime) {
                try await network.connect(to: peer, addresses: addresses)
            }
        } catch {
            return false
        }
        await network.learn(addresses, of: peer, for: configuration.addressLifetime)
        return true
    }

    /// Asks peers nearer and nearer to the key of a request.
    /// - Parameter goOn: Is told every answer; says whether to go on.
    /// - Returns: The nearest that answered, nearest first.
    /// - Throws: `KademliaError.noPeers`, `CancellationError`.
    func search(
        _ request: KademliaRequest, goOn: (PeerID, KademliaAnswer) async -> Bool
    ) async throws -> [PeerID] {
        let target = KademliaKey(hashing: request.key)
        let limits = configuration.lookupLimits
        let start = node.table.closest(to: target, count: limits.resultCount)
        guard !start.isEmpty else { throw KademliaError.noPeers }
        var addresses = Dictionary(uniqueKeysWithValues: start.map { ($0.peer, $0.addresses) })
        var lookup = Lookup(
            target: target, by: network.localPeer,
            start: start.map { Lookup.Named(peer: $0.peer, subnet: $0.subnet) }, limits: limits, at: clock.now())
        await withTaskGroup(of: (PeerID, KademliaAnswer?).self) { group in
            while true {
                let step = lookup.step(at: clock.now())
                if case .finished = step { break }
                if case .ask(let peers) = step {
                    for peer in peers {
                        let known = addresses[peer] ?? []
                        group.addTask { (peer, try? await self.ask(peer, request, addresses: known)) }
                    }
                    continue
                }
                guard !Task.isCancelled, let (peer, answer) = await group.next() else { break }
                guard let answer else {
                    lookup.failed(peer)
                    continue
                }
                lookup.answered(by: peer, naming: name(answer.closer, in: &addresses, limit: limits.candidates * 4))
                if await !goOn(peer, answer) { lookup.stop() }
            }
            group.cancelAll()
        }
        try Task.checkCancellation()
        return lookup.nearest
    }

    /// Keeps the addresses of peers that were named, for when they are asked. Those without any cannot be.
    private func name(
        _ peers: [PeerAddresses], in addresses: inout [PeerID: [Multiaddr]], limit: Int
    ) -> [Lookup.Named] {
        peers.compactMap { named in
            guard !named.addresses.isEmpty || node.table.contains(named.peer) else { return nil }
            if addresses[named.peer] == nil, addresses.count < limit { addresses[named.peer] = named.addresses }
            return Lookup.Named(peer: named.peer, subnet: Subnet(of: named.addresses))
        }
    }
}
