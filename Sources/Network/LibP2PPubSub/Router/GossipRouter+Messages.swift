package import LibP2P

extension GossipRouter {
    // MARK: - Own messages

    /// Sends a message of this host's own. It does not come back to this host's own readers.
    package mutating func publish(
        _ bytes: [UInt8], topic: String, sequence: UInt64, keys: KeyPair, now: Duration
    ) throws(GossipError) -> [Action] {
        try check(topic)
        guard bytes.count <= configuration.limits.messageBytes else {
            throw .messageTooLarge(limit: configuration.limits.messageBytes)
        }
        let message = SignedMessage(topic: topic, bytes: bytes, sequence: sequence, keys: keys)
        let recipients = try recipients(ofOwn: topic, now: now)
        if seen[message.id] == nil {
            seen.insert(message.id, topic: topic, from: nil, state: .accepted(at: now), now: now)
        }
        cache.put(message)
        return ordered(recipients).map { .send(.message(message), to: $0) }
    }

    private mutating func recipients(ofOwn topic: String, now: Duration) throws(GossipError) -> Set<PeerID> {
        let least = configuration.scores.thresholds.publish
        let followers = followers(of: topic).filter { isDirect($0) || scores.score(of: $0) >= least }
        if configuration.floodsOwnMessages { return followers }
        var recipients = followers.filter { isDirect($0) || peers[$0]?.version == .floodsub }
        if let neighbours = mesh[topic] {
            recipients.formUnion(neighbours)
            // A mesh that is not yet complete does not hold a message up.
            if neighbours.count < configuration.meshSize {
                let more = shuffled(followers.subtracting(recipients))
                recipients.formUnion(more.prefix(configuration.meshSize - neighbours.count))
            }
            return recipients
        }
        guard fanout[topic] != nil || fanout.count < configuration.limits.ownTopics else {
            throw .tooManyTopics(limit: configuration.limits.ownTopics)
        }
        var chosen = fanout[topic]?.peers ?? []
        if chosen.isEmpty { chosen = Set(shuffled(followers.subtracting(recipients)).prefix(configuration.meshSize)) }
        fanout[topic] = Fanout(peers: chosen, publishedAt: now)
        return recipients.union(chosen)
    }

    // MARK: - Others' messages

    /// One message came from a peer. Whether it is new is looked at before its signature, which costs more; and it counts as seen only
    /// once the signature has been found good, so that nobody can keep a message away by a forged one with its number.
    mutating func received(message encoded: [UInt8], from sender: PeerID, now: Duration) -> [Action] {
        let message: SignedMessage
        do {
            message = try SignedMessage(encoded: encoded)
        } catch {
            scores.misbehaved(sender)
            return []
        }
        guard mesh[message.topic] != nil, message.author != localPeer else { return [] }
        if seen[message.id] != nil {
            receivedAgain(message, from: sender, now: now)
            return []
        }
        guard message.bytes.count <= configuration.limits.messageBytes, message.isAuthentic else {
            scores.deliveredInvalid(sender, topic: message.topic)
            return []
        }
        promises.keep(message.id)
        guard validatedTopics.contains(message.topic) else {
            seen.insert(message.id, topic: message.topic, from: sender, state: .pending, now: now)
            return accepted(message, from: sender, now: now)
        }
        let limits = configuration.limits
        guard pending.count < limits.pendingMessages,
            pendingOfPeer[sender, default: 0] < limits.pendingMessagesOfPeer
        else {
            seen.insert(message.id, topic: message.topic, from: sender, state: .ignored, now: now)
            return []
        }
        seen.insert(message.id, topic: message.topic, from: sender, state: .pending, now: now)
        pending[message.id] = Pending(message: message, sender: sender)
        pendingOfPeer[sender, default: 0] += 1
        return [.validate(message.id, message.delivered(by: sender))]
    }

    private mutating func receivedAgain(_ message: SignedMessage, from sender: PeerID, now: Duration) {
        guard let entry = seen[message.id], seen.add(sender, to: message.id) else { return }
        switch entry.state {
        case .pending, .ignored: break
        case .accepted(let time): scores.deliveredAgain(sender, topic: entry.topic, sinceAccepted: now - time)
        case .rejected: scores.deliveredInvalid(sender, topic: entry.topic)
        }
    }

    /// The topic's validator has decided. A verdict that comes late or twice does nothing.
    package mutating func validated(_ id: MessageID, _ verdict: GossipVerdict, now: Duration) -> [Action] {
        guard let entry = pending.removeValue(forKey: id) else { return [] }
        let left = pendingOfPeer[entry.sender, default: 0] - 1
        pendingOfPeer[entry.sender] = left > 0 ? left : nil
        switch verdict {
        case .accept:
            return accepted(entry.message, from: entry.sender, now: now)
        case .ignore:
            seen.set(.ignored, of: id)
        case .reject:
            for sender in seen[id]?.senders ?? [entry.sender] {
                scores.deliveredInvalid(sender, topic: entry.message.topic)
            }
            seen.set(.rejected, of: id)
        }
        return []
    }

    private mutating func accepted(_ message: SignedMessage, from sender: PeerID, now: Duration) -> [Action] {
        let senders = seen[message.id]?.senders ?? [sender]
        seen.set(.accepted(at: now), of: message.id)
        scores.deliveredFirst(sender, topic: message.topic)
        for other in senders where other != sender {
            scores.deliveredAgain(other, topic: message.topic, sinceAccepted: .zero)
        }
        cache.put(message)
        guard let neighbours = mesh[message.topic] else { return [] }
        let least = configuration.scores.thresholds.publish
        var recipients = neighbours
        for peer in followers(of: message.topic) {
            if isDirect(peer) || peers[peer]?.version == .floodsub && scores.score(of: peer) >= least {
                recipients.insert(peer)
            }
        }
        recipients.subtract(senders)
        recipients.remove(message.author)
        return [.deliver(message.delivered(by: sender))]
            + ordered(recipients).map { .send(.message(message), to: $0) }
    }
}
