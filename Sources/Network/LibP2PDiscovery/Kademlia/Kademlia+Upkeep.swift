public import LibP2P

extension Kademlia {
    /// Reaches peers to begin with, and from there finds those near this peer and some of every distance.
    /// - Parameter addresses: Each ends with `/p2p/…`; the others are passed over.
    /// - Returns: How many peers the table has then.
    /// - Throws: `KademliaError.unreachable` when none of them answered and no other peer is known, `CancellationError`.
    @discardableResult
    public func bootstrap(from addresses: [Multiaddr]) async throws -> Int {
        let network = network
        let peers = Dictionary(grouping: addresses.filter { $0.peerID != nil }) { $0.peerID }
        let failures = await withTaskGroup(of: DialError?.self) { group in
            for (peer, addresses) in peers {
                guard let peer, peer != network.localPeer else { continue }
                let bare = addresses.compactMap { $0.removingOwnName(of: peer) }
                group.addTask {
                    do {
                        _ = try await self.ask(peer, .findNode(network.localPeer.bytes), addresses: bare)
                        return nil
                    } catch let error as DialError {
                        return error
                    } catch {
                        return DialError(
                            peer: peer, attempts: bare.map { DialError.Attempt(address: $0, reason: "\(error)") })
                    }
                }
            }
            var failures: [DialError] = []
            for await case let failure? in group { failures.append(failure) }
            return failures
        }
        try Task.checkCancellation()
        guard node.table.count > 0 else { throw KademliaError.unreachable(failures) }
        try await refresh()
        return node.table.count
    }

    /// Looks for the peers near this one, and near a random place in every region that the table has peers of.
    public func refresh() async throws {
        _ = try await search(.findNode(network.localPeer.bytes)) { _, _ in true }
        // Where fewer are known than a search looks for, it has asked them all.
        guard node.table.count >= configuration.replication else { return }
        // Deeper regions hold few peers, and the search for this peer's own place has met those.
        for bucket in node.table.filledBuckets.filter({ $0 < 12 }) {
            guard let key = node.table.ownKey.preimage(sharing: bucket, maxTries: 1 << 15, using: &random) else {
                continue
            }
            _ = try await search(.findNode(key)) { _, _ in true }
        }
    }

    // MARK: - While it runs

    /// A peer is there and said what it speaks.
    func noticed(_ peer: PeerID, protocols: [String]) async {
        if protocols.contains(configuration.protocolName) {
            if !node.table.contains(peer) { checkSoon(peer) }
        } else if !protocols.isEmpty {
            node.table.left(peer)
        }
    }

    func follow(_ events: AsyncStream<PeerEvent>) async {
        for await case .identified(let peer, let protocols, _) in events {
            await noticed(peer, protocols: protocols)
        }
    }

    /// Asks peers whether they are there, some at the same time.
    func check(all peers: AsyncStream<PeerID>) async {
        await withTaskGroup(of: Void.self) { group in
            var running = 0
            for await peer in peers {
                if running >= 8 { await group.next() } else { running += 1 }
                group.addTask { await self.check(peer) }
            }
            group.cancelAll()
        }
    }

    private func check(_ peer: PeerID) async {
        let known = node.table.entry(of: peer)?.addresses ?? []
        // What became of it stands in the table.
        _ = try? await ask(peer, .findNode(network.localPeer.bytes), addresses: known)
        awaitingCheck.remove(peer)
    }

    func refreshRepeatedly() async {
        while !Task.isCancelled {
            guard (try? await clock.sleep(configuration.refreshInterval)) != nil else { return }
            let now = clock.now()
            node.expire(at: now)
            for peer in node.table.silent(since: now - configuration.refreshInterval, count: 64) { checkSoon(peer) }
            // An empty table is filled by peers that connect; there is nobody to search with until then.
            try? await refresh()
        }
    }

    /// Tells anew what this peer provides, when it is due; what nobody took is tried again soon.
    func provideRepeatedly() async {
        let pause = min(configuration.provideInterval / 10, configuration.refreshInterval)
        while !Task.isCancelled {
            guard (try? await clock.sleep(pause)) != nil else { return }
            let now = clock.now()
            for key in provided.filter({ $0.value <= now }).map(\.key) {
                guard !Task.isCancelled, provided[key] != nil else { continue }
                _ = try? await announce(key)
            }
        }
    }
}
