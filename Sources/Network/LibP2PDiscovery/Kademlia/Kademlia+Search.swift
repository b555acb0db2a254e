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
        if await network.isConnected(to: peer), !known.isEmpty { return known }
        if !known.isEmpty, await reach(peer, at: known) { return await network.knownAddresses(of: peer) }
        var tried = Set(known)
        _ = try await search(.findNode(peer.bytes)) { _, answer in
            guard let named = answer.closer.first(where: { $0.peer == peer }) else { return true }
            let new = named.addresses.filter { tried.insert($0).inserted && tried.count < 64 }
            guard !new.isEmpty else { return true }
            return await !self.reach(peer, at: new)
        }
        guard await network.isConnected(to: peer) else { throw KademliaError.notFound }
        return await network.knownAddresses(of: peer)
    }

    private func reach(_ peer: PeerID, at addresses: [Multiaddr]) async -> Bool {
        let network = network
        do {
            try await withTimeLimit(configuration.requestTime, by: clock) {
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
