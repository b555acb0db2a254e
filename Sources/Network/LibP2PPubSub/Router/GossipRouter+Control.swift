package import LibP2P

extension GossipRouter {
    /// What a peer sent at once.
    package mutating func received(_ rpc: GossipRPC, from peer: PeerID, now: Duration) -> [Action] {
        guard peers[peer] != nil else { return [] }
        guard isDirect(peer) || scores.score(of: peer) >= configuration.scores.thresholds.graylist else { return [] }
        for subscription in rpc.subscriptions { received(subscription, from: peer) }
        var actions: [Action] = []
        for message in rpc.messages { actions += received(message: message, from: peer, now: now) }
        actions += received(have: rpc.have, from: peer, now: now)
        actions += received(want: rpc.want, from: peer)
        for topic in rpc.graft { actions += received(graft: topic, from: peer, now: now) }
        for prune in rpc.prune { actions += received(prune, from: peer, now: now) }
        return actions
    }

    private mutating func received(_ subscription: GossipRPC.Subscription, from peer: PeerID) {
        let topic = subscription.topic
        guard let topics = peers[peer]?.topics, topics.contains(topic) != subscription.isSubscribed else { return }
        if subscription.isSubscribed {
            guard topics.count < configuration.limits.topicsOfPeer else { return }
            peers[peer]?.topics.insert(topic)
            followers[topic, default: []].insert(peer)
        } else {
            peers[peer]?.topics.remove(topic)
            unfollow(topic, peer)
            fanout[topic]?.peers.remove(peer)
            if mesh[topic]?.remove(peer) != nil { scores.pruned(peer, topic: topic) }
        }
    }

    // MARK: - Gossip

    /// Asks for what is new of what a peer has.
    private mutating func received(have: [GossipRPC.Have], from peer: PeerID, now: Duration) -> [Action] {
        guard !have.isEmpty, scores.score(of: peer) >= configuration.scores.thresholds.gossip else { return [] }
        var wanted: [MessageID] = []
        var chosen: Set<MessageID> = []
        for list in have {
            guard haveCounts[peer, default: 0] < configuration.greatestHaveCount else { break }
            haveCounts[peer, default: 0] += 1
            guard mesh[list.topic] != nil else { continue }
            for id in list.ids where seen[id] == nil && chosen.insert(id).inserted { wanted.append(id) }
        }
        let room = configuration.limits.identifiers - wantCounts[peer, default: 0]
        guard room > 0, !wanted.isEmpty else { return [] }
        wanted = Array(wanted.shuffled(using: &random).prefix(room))
        wantCounts[peer, default: 0] += wanted.count
        promises.add(wanted[0], by: peer, due: now + configuration.promiseTime)
        return [.send(.want(wanted), to: peer)]
    }

    private mutating func received(want: [MessageID], from peer: PeerID) -> [Action] {
        guard !want.isEmpty, scores.score(of: peer) >= configuration.scores.thresholds.gossip else { return [] }
        var given: Set<MessageID> = []
        return want.compactMap { id in
            guard given.insert(id).inserted,
                let message = cache.take(id, for: peer, atMost: configuration.greatestRetransmissionCount)
            else { return nil }
            return .send(.message(message), to: peer)
        }
    }

    // MARK: - Links

    /// A peer makes this host its neighbour.
    private mutating func received(graft topic: String, from peer: PeerID, now: Duration) -> [Action] {
        // Grafts of topics that are not followed are not even refused: answering them would be work that anybody can cause.
        guard let neighbours = mesh[topic], let state = peers[peer], state.version != .floodsub else { return [] }
        guard !neighbours.contains(peer) else { return [] }
        if isDirect(peer) { return [refuse(peer, topic, now: now)] }
        if let until = backoffs[topic]?[peer], now < until {
            scores.misbehaved(peer)
            let cutAt = until - configuration.pruneBackoff
            if now < cutAt + configuration.graftFloodTime { scores.misbehaved(peer) }
            return [refuse(peer, topic, now: now)]
        }
        if scores.score(of: peer) < 0 { return [refuse(peer, topic, now: now)] }
        if neighbours.count >= configuration.highMeshSize, !state.isOutbound { return [refuse(peer, topic, now: now)] }
        mesh[topic]?.insert(peer)
        scores.grafted(peer, topic: topic, now: now)
        return []
    }

    private mutating func refuse(_ peer: PeerID, _ topic: String, now: Duration) -> Action {
        backOff(peer, topic, for: configuration.pruneBackoff, now: now)
        return .send(.prune(prune(topic, for: peer, backoff: configuration.pruneBackoff)), to: peer)
    }

    /// A peer no longer wants to be this host's neighbour.
    private mutating func received(_ prune: GossipRPC.Prune, from peer: PeerID, now: Duration) -> [Action] {
        guard mesh[prune.topic] != nil else { return [] }
        if mesh[prune.topic]?.remove(peer) != nil { scores.pruned(peer, topic: prune.topic) }
        var backoff = configuration.pruneBackoff
        if let seconds = prune.backoffSeconds, seconds > 0 {
            let greatest = configuration.greatestBackoff
            backoff = seconds < UInt64(greatest.components.seconds) ? .seconds(Int64(seconds)) : greatest
        }
        backOff(peer, prune.topic, for: backoff, now: now)
        guard configuration.exchangesPeers,
            scores.score(of: peer) >= configuration.scores.thresholds.acceptExchange
        else { return [] }
        return prune.peers.shuffled(using: &random).prefix(configuration.meshSize)
            .filter { $0.peer != localPeer && peers[$0.peer] == nil }.map { .connect($0) }
    }

    /// Makes a peer a neighbour and tells it so.
    mutating func graft(_ peer: PeerID, _ topic: String, now: Duration) -> Action {
        mesh[topic]?.insert(peer)
        scores.grafted(peer, topic: topic, now: now)
        return .send(.graft(topic), to: peer)
    }

    /// Ends a link, for both ends' usual time.
    mutating func cut(_ peer: PeerID, _ topic: String, now: Duration) -> Action {
        mesh[topic]?.remove(peer)
        scores.pruned(peer, topic: topic)
        backOff(peer, topic, for: configuration.pruneBackoff, now: now)
        return .send(.prune(prune(topic, for: peer, backoff: configuration.pruneBackoff)), to: peer)
    }

    mutating func backOff(_ peer: PeerID, _ topic: String, for time: Duration, now: Duration) {
        let until = now + time
        if backoffs[topic]?[peer].map({ $0 < until }) ?? true { backoffs[topic, default: [:]][peer] = until }
    }

    /// The message that ends a link: with others to turn to, for a peer in good standing.
    mutating func prune(_ topic: String, for peer: PeerID, backoff: Duration) -> GossipRPC.Prune {
        guard peers[peer]?.version == .gossipsub11 else { return GossipRPC.Prune(topic: topic, backoffSeconds: nil) }
        var others: [GossipRPC.ExchangedPeer] = []
        if configuration.exchangesPeers, scores.score(of: peer) >= 0 {
            let candidates = followers(of: topic).filter { $0 != peer && scores.score(of: $0) >= 0 }
            others = shuffled(candidates).prefix(configuration.limits.exchangedPeers).map { .init(peer: $0) }
        }
        return GossipRPC.Prune(
            topic: topic, backoffSeconds: UInt64(max(1, backoff.components.seconds)), peers: others)
    }

    /// Peers that may be made neighbours of a topic, in an order drawn by lot.
    mutating func graftable(_ topic: String, now: Duration) -> [PeerID] {
        let neighbours = mesh[topic] ?? []
        let candidates = followers(of: topic).filter { peer in
            guard !neighbours.contains(peer), !isDirect(peer), peers[peer]?.version != .floodsub else { return false }
            if let until = backoffs[topic]?[peer], now < until + configuration.backoffSlack { return false }
            return scores.score(of: peer) >= 0
        }
        return shuffled(candidates)
    }
}
