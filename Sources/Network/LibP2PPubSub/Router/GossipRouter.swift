package import LibP2P

/// What one peer of gossipsub knows and decides: whom it is linked with for each topic, which messages go where, who behaves.
///
/// A value without clock and network: the time comes in with each call, random numbers from a generator that it was given, and what is
/// to be done comes out as actions, in order. (libp2p specifications "gossipsub v1.0" and "gossipsub v1.1".)
package struct GossipRouter: Sendable {
    /// What is to be done.
    package enum Action: Sendable, Hashable {
        case send(Item, to: PeerID)
        /// Readers of the topic get it.
        case deliver(GossipMessage)
        /// The topic's validator is asked; its verdict comes back as `validated`.
        case validate(MessageID, GossipMessage)
        /// A peer that another one named: whoever has room dials it.
        case connect(GossipRPC.ExchangedPeer)
    }

    /// One thing that a peer is sent.
    package enum Item: Sendable, Hashable {
        case subscription(GossipRPC.Subscription)
        case graft(String)
        case prune(GossipRPC.Prune)
        case message(SignedMessage)
        case have(GossipRPC.Have)
        case want([MessageID])
    }

    struct Peer: Sendable {
        let version: GossipVersion
        /// This host dialed it.
        let isOutbound: Bool
        /// When it came among the others: what is drawn by lot must not depend on the order of a hash table.
        let order: UInt64
        var topics: Set<String> = []
    }

    struct Fanout: Sendable {
        var peers: Set<PeerID>
        var publishedAt: Duration
    }

    struct Pending: Sendable {
        let message: SignedMessage
        let sender: PeerID
    }

    let localPeer: PeerID
    let configuration: GossipConfiguration
    var random: any RandomNumberGenerator & Sendable

    var peers: [PeerID: Peer] = [:]
    private var nextOrder: UInt64 = 0
    /// Who follows what, turned around.
    var followers: [String: Set<PeerID>] = [:]
    /// The topics that this host follows, and its neighbours of each.
    var mesh: [String: Set<PeerID>] = [:]
    var fanout: [String: Fanout] = [:]
    /// Until when no link may be asked for.
    var backoffs: [String: [PeerID: Duration]] = [:]
    package internal(set) var scores: PeerScores
    package internal(set) var seen: SeenMessages
    package internal(set) var cache: MessageCache
    /// Messages that their validator has not yet judged.
    var pending: [MessageID: Pending] = [:]
    var pendingOfPeer: [PeerID: Int] = [:]
    /// Topics whose messages are shown to a validator.
    package var validatedTopics: Set<String> = []
    var promises = GossipPromises()
    /// Lists that came, and identifiers that were asked for, since the last heartbeat.
    var haveCounts: [PeerID: Int] = [:]
    var wantCounts: [PeerID: Int] = [:]
    var heartbeatCount: UInt64 = 0

    package init(
        localPeer: PeerID, configuration: GossipConfiguration, random: any RandomNumberGenerator & Sendable
    ) {
        self.localPeer = localPeer
        self.configuration = configuration
        self.random = random
        let limits = configuration.limits
        scores = PeerScores(
            parameters: configuration.scores, greatestRememberedCount: limits.rememberedPeers)
        seen = SeenMessages(lifetime: configuration.seenLifetime, greatestCount: limits.seenMessages)
        cache = MessageCache(
            windowCount: configuration.historyLength, gossipWindowCount: configuration.gossipLength,
            greatestByteCount: limits.cachedBytes)
    }

    // MARK: - What can be seen

    package var topics: [String] { mesh.keys.sorted() }

    /// The neighbours of a topic.
    package func neighbours(of topic: String) -> Set<PeerID> { mesh[topic] ?? [] }

    /// Peers that follow a topic, as far as they said so.
    package func followers(of topic: String) -> Set<PeerID> { followers[topic] ?? [] }

    package func score(of peer: PeerID) -> Double { scores.score(of: peer) }

    package var peerCount: Int { peers.count }

    // MARK: - Peers

    /// A peer can be spoken with. It is told which topics this host follows.
    /// - Returns: Nothing is to be done when it was there already, or there are too many.
    package mutating func connected(
        _ peer: PeerID, version: GossipVersion, isOutbound: Bool, address: IPAddress?
    ) -> [Action] {
        guard peer != localPeer, peers[peer] == nil else { return [] }
        guard peers.count < configuration.limits.peers || isDirect(peer) else { return [] }
        peers[peer] = Peer(version: version, isOutbound: isOutbound, order: nextOrder)
        nextOrder += 1
        scores.connected(peer, address: address)
        return topics.map { .send(.subscription(.init(topic: $0, isSubscribed: true)), to: peer) }
    }

    package mutating func disconnected(_ peer: PeerID, now: Duration) {
        guard let state = peers.removeValue(forKey: peer) else { return }
        for topic in state.topics { unfollow(topic, peer) }
        for topic in mesh.keys where mesh[topic]?.remove(peer) != nil { scores.pruned(peer, topic: topic) }
        for topic in fanout.keys { fanout[topic]?.peers.remove(peer) }
        haveCounts[peer] = nil
        wantCounts[peer] = nil
        promises.forget(peer)
        scores.disconnected(peer, now: now)
    }

    func isDirect(_ peer: PeerID) -> Bool { configuration.directPeers[peer] != nil }

    mutating func unfollow(_ topic: String, _ peer: PeerID) {
        followers[topic]?.remove(peer)
        if followers[topic]?.isEmpty == true { followers[topic] = nil }
    }

    /// Peers in the order in which they came.
    func ordered(_ some: some Sequence<PeerID>) -> [PeerID] {
        some.compactMap { peer in peers[peer].map { (peer, $0.order) } }.sorted { $0.1 < $1.1 }.map(\.0)
    }

    /// Peers in an order drawn by lot.
    mutating func shuffled(_ some: some Sequence<PeerID>) -> [PeerID] { ordered(some).shuffled(using: &random) }

    package mutating func setApplicationScore(_ score: Double, of peer: PeerID) {
        scores.setApplicationScore(score, of: peer)
    }

    // MARK: - Topics

    /// Follows a topic from now on.
    package mutating func subscribe(_ topic: String, now: Duration) throws(GossipError) -> [Action] {
        try check(topic)
        guard mesh[topic] == nil else { return [] }
        guard mesh.count < configuration.limits.ownTopics else {
            throw .tooManyTopics(limit: configuration.limits.ownTopics)
        }
        var actions = announce(topic, isSubscribed: true)
        let known = fanout.removeValue(forKey: topic)?.peers ?? []
        let candidates = graftable(topic, now: now)
        var chosen = Array(candidates.filter { known.contains($0) }.prefix(configuration.meshSize))
        for peer in candidates where chosen.count < configuration.meshSize && !known.contains(peer) {
            chosen.append(peer)
        }
        mesh[topic] = []
        actions += chosen.map { graft($0, topic, now: now) }
        return actions
    }

    /// Follows a topic no longer.
    package mutating func unsubscribe(_ topic: String, now: Duration) -> [Action] {
        guard let neighbours = mesh.removeValue(forKey: topic) else { return [] }
        var actions = announce(topic, isSubscribed: false)
        for peer in ordered(neighbours) {
            scores.pruned(peer, topic: topic)
            backOff(peer, topic, for: configuration.unsubscribeBackoff, now: now)
            actions.append(
                .send(.prune(prune(topic, for: peer, backoff: configuration.unsubscribeBackoff)), to: peer))
        }
        return actions
    }

    func check(_ topic: String) throws(GossipError) {
        guard (1...configuration.limits.topicBytes).contains(topic.utf8.count) else {
            throw .badTopicName(limit: configuration.limits.topicBytes)
        }
    }

    private func announce(_ topic: String, isSubscribed: Bool) -> [Action] {
        ordered(peers.keys).map { .send(.subscription(.init(topic: topic, isSubscribed: isSubscribed)), to: $0) }
    }
}
