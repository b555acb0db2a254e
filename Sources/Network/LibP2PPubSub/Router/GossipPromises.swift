package import LibP2P

/// Messages that peers said they have and were asked for, one of each list, drawn by lot: who promises what does not come is found
/// out, and remembering it costs little (gossipsub v1.1, "Spam Protection Measures").
package struct GossipPromises: Sendable {
    /// Promises that are remembered.
    static let greatestCount = 10_000

    private var due: [MessageID: [PeerID: Duration]] = [:]
    private var count = 0

    package mutating func add(_ id: MessageID, by peer: PeerID, due time: Duration) {
        guard count < Self.greatestCount, due[id]?[peer] == nil else { return }
        due[id, default: [:]][peer] = time
        count += 1
    }

    /// The message came, from whomever.
    package mutating func keep(_ id: MessageID) {
        if let kept = due.removeValue(forKey: id) { count -= kept.count }
    }

    package mutating func forget(_ peer: PeerID) {
        for id in Array(due.keys) where due[id]?.removeValue(forKey: peer) != nil {
            count -= 1
            if due[id]?.isEmpty == true { due[id] = nil }
        }
    }

    /// Who broke how many promises; they are forgotten.
    package mutating func broken(now: Duration) -> [PeerID: Int] {
        var broken: [PeerID: Int] = [:]
        for (id, peers) in due {
            for (peer, time) in peers where time < now {
                broken[peer, default: 0] += 1
                due[id]?[peer] = nil
                count -= 1
            }
            if due[id]?.isEmpty == true { due[id] = nil }
        }
        return broken
    }
}
