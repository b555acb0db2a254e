public import LibP2P

/// Who provides something, and where it may be reached as far as the record says.
public struct ContentProvider: Sendable, Hashable {
    public let peer: PeerID
    /// Empty when the record is old; `Kademlia.findPeer` finds it then.
    public let addresses: [Multiaddr]
}

extension Kademlia {
    /// Tells the peers nearest to a key that this peer provides it, now and again while `run()` runs.
    /// - Returns: How many were told. Whether they keep the record is theirs to decide; they do not say.
    /// - Throws: `KademliaError`, with the key provided all the same once more peers are known, except for
    ///   `.tooManyProvided`; `CancellationError`.
    @discardableResult
    public func provide(_ key: CID) async throws -> Int {
        let multihash = key.multihash.bytes
        guard provided[multihash] != nil || provided.count < configuration.providedKeys else {
            throw KademliaError.tooManyProvided(limit: configuration.providedKeys)
        }
        provided[multihash] = clock.now()
        return try await announce(multihash)
    }

    /// Ceases to tell that this peer provides a key. Others' records of it expire.
    public func stopProviding(_ key: CID) {
        provided[key.multihash.bytes] = nil
        node.providers.remove(network.localPeer, of: key.multihash.bytes)
    }

    /// Other peers that provide a key, as they are found, each once. The search ends when so many are found or nobody else can
    /// be asked, and when the reader goes away.
    ///
    /// What records say is not proven: a provider is who it is said to be once it is connected to, and provides what it is
    /// said to once that has the right digest.
    public nonisolated func findProviders(of key: CID, limit: Int = 20) -> AsyncStream<ContentProvider> {
        let (stream, continuation) = AsyncStream<ContentProvider>.makeStream(
            bufferingPolicy: .bufferingOldest(max(1, limit)))
        let search = Task {
            await self.findProviders(of: key.multihash.bytes, limit: limit) { continuation.yield($0) }
            continuation.finish()
        }
        continuation.onTermination = { _ in search.cancel() }
        return stream
    }

    private func findProviders(
        of multihash: [UInt8], limit: Int, _ yield: @Sendable (ContentProvider) -> Void
    ) async {
        var found: Set<PeerID> = [network.localPeer]
        let now = clock.now()
        for provider in node.providers.providers(of: multihash, at: now)
        where found.count <= limit && found.insert(provider.peer).inserted {
            yield(ContentProvider(peer: provider.peer, addresses: provider.addresses))
        }
        guard found.count <= limit else { return }
        let network = network
        let lifetime = configuration.addressLifetime
        // Without peers nobody else can know of providers: what is known here is all there is.
        _ = try? await search(.getProviders(multihash)) { _, answer in
            for provider in answer.providers where found.count <= limit && found.insert(provider.peer).inserted {
                await network.learn(provider.addresses, of: provider.peer, for: lifetime)
                yield(ContentProvider(peer: provider.peer, addresses: provider.addresses))
            }
            return found.count <= limit
        }
    }

    /// Tells those nearest to a key that this peer provides it.
    func announce(_ multihash: [UInt8]) async throws -> Int {
        let own = await PeerAddresses(
            peer: network.localPeer,
            addresses: network.listenAddresses().compactMap { $0.removingOwnName(of: network.localPeer) })
        try? node.providers.add(own, subnet: nil, of: multihash, at: clock.now())
        let nearest = try await search(.findNode(multihash)) { _, _ in true }
        let told = await tell(nearest) { _ in .addProvider(multihash, [own]) }
        guard told > 0 else { throw KademliaError.notKept }
        if provided[multihash] != nil { provided[multihash] = clock.now() + configuration.provideInterval }
        return told
    }

    /// Sends a request to each of some peers, a few at a time.
    /// - Returns: How many took it.
    func tell(_ peers: [PeerID], _ request: (PeerID) -> KademliaRequest) async -> Int {
        await withTaskGroup(of: Bool.self) { group in
            var kept = 0
            for (position, peer) in peers.enumerated() {
                if position >= configuration.concurrency, await group.next() == true { kept += 1 }
                let request = request(peer)
                group.addTask { (try? await self.ask(peer, request)) != nil }
            }
            for await wasKept in group where wasKept { kept += 1 }
            return kept
        }
    }
}
