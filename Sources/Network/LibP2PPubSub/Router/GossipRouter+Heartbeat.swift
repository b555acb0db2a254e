import LibP2P

extension GossipRouter {
    /// What is done once in each `heartbeatInterval` (gossipsub v1.0, "Heartbeat", and v1.1, "Heartbeat Maintenance").
    package mutating func heartbeat(now: Duration) -> [Action] {
        heartbeatCount += 1
        haveCounts = [:]
        wantCounts = [:]
        for (peer, times) in promises.broken(now: now) { scores.misbehaved(peer, times: Double(times)) }
        scores.refresh(now: now)
        seen.expire(now: now)
        forgetBackoffs(now: now)

        var actions: [Action] = []
        for topic in topics {
            actions += maintainMesh(topic, now: now)
            actions += gossip(topic, except: mesh[topic] ?? [])
        }
        for topic in fanout.keys.sorted() {
            maintainFanout(topic, now: now)
            if let peers = fanout[topic]?.peers { actions += gossip(topic, except: peers) }
        }
        cache.shift()
        return actions
    }

    private mutating func forgetBackoffs(now: Duration) {
        for topic in Array(backoffs.keys) {
            backoffs[topic] = backoffs[topic]?.filter { now < $0.value + configuration.backoffSlack }
            if backoffs[topic]?.isEmpty == true { backoffs[topic] = nil }
        }
    }

    // MARK: - The mesh

    private mutating func maintainMesh(_ topic: String, now: Duration) -> [Action] {
        var actions: [Action] = []
        for peer in ordered(neighbours(of: topic)) where scores.score(of: peer) < 0 {
            actions.append(cut(peer, topic, now: now))
        }
        if neighbours(of: topic).count < configuration.lowMeshSize {
            let lacking = configuration.meshSize - neighbours(of: topic).count
            for peer in graftable(topic, now: now).prefix(lacking) { actions.append(graft(peer, topic, now: now)) }
        }
        if neighbours(of: topic).count > configuration.highMeshSize {
            actions += thinOut(topic, now: now)
        }
        let dialed = neighbours(of: topic).count { peers[$0]?.isOutbound == true }
        if neighbours(of: topic).count >= configuration.lowMeshSize, dialed < configuration.outboundMeshSize {
            let candidates = graftable(topic, now: now).filter { peers[$0]?.isOutbound == true }
            for peer in candidates.prefix(configuration.outboundMeshSize - dialed) {
                actions.append(graft(peer, topic, now: now))
            }
        }
        if heartbeatCount.isMultiple(of: UInt64(max(1, configuration.opportunisticGraftHeartbeats))) {
            actions += graftBetterPeers(topic, now: now)
        }
        return actions
    }

    /// Lets go of neighbours beyond the size that is aimed at. The best stay, others by lot, and among all that stay enough that
    /// were dialed.
    private mutating func thinOut(_ topic: String, now: Duration) -> [Action] {
        let scored = shuffled(neighbours(of: topic)).map { (peer: $0, score: scores.score(of: $0)) }
        let ranked = scored.sorted { $0.score > $1.score }.map(\.peer)
        var order = Array(ranked.prefix(configuration.bestMeshSize))
        order += ranked.dropFirst(configuration.bestMeshSize).shuffled(using: &random)
        var kept = Array(order.prefix(configuration.meshSize))
        var leaving = Array(order.dropFirst(configuration.meshSize))
        var dialed = kept.count { peers[$0]?.isOutbound == true }
        while dialed < configuration.outboundMeshSize,
            let better = leaving.firstIndex(where: { peers[$0]?.isOutbound == true }),
            let worse = kept.lastIndex(where: { peers[$0]?.isOutbound != true })
        {
            (kept[worse], leaving[better]) = (leaving[better], kept[worse])
            dialed += 1
        }
        return leaving.map { cut($0, topic, now: now) }
    }

    /// While half of the mesh is in poor standing, some that are better are added (gossipsub v1.1, "Opportunistic Grafting").
    private mutating func graftBetterPeers(_ topic: String, now: Duration) -> [Action] {
        let standing = neighbours(of: topic).map { scores.score(of: $0) }.sorted()
        guard standing.count > 1 else { return [] }
        let median = standing[standing.count / 2]
        guard median < configuration.scores.thresholds.opportunisticGraft else { return [] }
        let better = graftable(topic, now: now).filter { scores.score(of: $0) > median }
        return better.prefix(configuration.opportunisticGraftCount).map { graft($0, topic, now: now) }
    }

    // MARK: - Fanout and gossip

    private mutating func maintainFanout(_ topic: String, now: Duration) {
        guard var state = fanout[topic] else { return }
        guard now - state.publishedAt <= configuration.fanoutLifetime else {
            fanout[topic] = nil
            return
        }
        let least = configuration.scores.thresholds.publish
        let followers = followers(of: topic)
        state.peers = state.peers.filter { followers.contains($0) && scores.score(of: $0) >= least }
        if state.peers.count < configuration.meshSize {
            let candidates = followers.filter { peer in
                !state.peers.contains(peer) && !isDirect(peer) && peers[peer]?.version != .floodsub
                    && scores.score(of: peer) >= least
            }
            state.peers.formUnion(shuffled(candidates).prefix(configuration.meshSize - state.peers.count))
        }
        fanout[topic] = state
    }

    /// Tells some of the peers that do not get a topic's messages from this host anyway which of them it has.
    private mutating func gossip(_ topic: String, except neighbours: Set<PeerID>) -> [Action] {
        let ids = cache.identifiers(of: topic)
        guard !ids.isEmpty else { return [] }
        let least = configuration.scores.thresholds.gossip
        let candidates = followers(of: topic).filter { peer in
            !neighbours.contains(peer) && !isDirect(peer) && peers[peer]?.version != .floodsub
                && scores.score(of: peer) >= least
        }
        let count = max(configuration.gossipSize, Int(configuration.gossipFactor * Double(candidates.count)))
        let greatest = configuration.limits.identifiers
        return shuffled(candidates).prefix(count).map { peer in
            // When there is too much to tell, each is told another part of it.
            let told = ids.count <= greatest ? ids : Array(ids.shuffled(using: &random).prefix(greatest))
            return .send(.have(.init(topic: topic, ids: told)), to: peer)
        }
    }
}
