import LibP2P

extension Kademlia {
    /// Has the peers nearest to a key keep a value, and keeps it here.
    /// - Parameter key: `/namespace/rest`; the namespace says what is right.
    /// - Returns: How many keep it, this peer not counted.
    /// - Throws: `KademliaError`, `CancellationError`.
    @discardableResult
    public func putValue(_ value: [UInt8], for key: [UInt8]) async throws -> Int {
        try validate(value, for: key)
        try? node.keep(value, for: key, from: network.localPeer, now: clock.now())
        let nearest = try await search(.findNode(key)) { _, _ in true }
        let kept = await tell(nearest) { _ in .putValue(key: key, value: value) }
        guard kept > 0 else { throw KademliaError.notKept }
        return kept
    }

    /// The best value of a key among those that some peers keep. Peers near the key that had a worse one, or none, are told.
    /// - Parameter quorum: How many peers must have a valid value before the search may end early. A peer alone could hold a
    ///   better one back.
    /// - Throws: `KademliaError.notFound`, `.noPeers`, `CancellationError`.
    public func getValue(for key: [UInt8], quorum: Int = 3) async throws -> [UInt8] {
        var values = ValueCollection(key: key, namespaces: configuration.namespaces, quorum: quorum)
        if let own = node.records.value(of: key, at: clock.now()) { _ = values.add(own, from: network.localPeer) }
        var nearest: [PeerID] = []
        if !values.isEnough {
            do {
                nearest = try await search(.getValue(key)) { peer, answer in
                    if let value = answer.value { _ = values.add(value, from: peer) }
                    return !values.isEnough
                }
            } catch KademliaError.noPeers where values.best != nil {}
        }
        guard let best = values.best else { throw KademliaError.notFound }
        _ = await tell(values.outdated(among: nearest)) { _ in .putValue(key: key, value: best) }
        return best
    }

    private func validate(_ value: [UInt8], for key: [UInt8]) throws(KademliaError) {
        do {
            try configuration.namespaces.validate(value, for: key)
        } catch let error as InvalidRecord {
            throw .invalidRecord(error)
        } catch {
            throw .invalidRecord(InvalidRecord("\(error)"))
        }
    }
}
