package import LibP2P

/// The values that peers answered with in one search, and what follows from them (kad-dht, "Value retrieval").
package struct ValueCollection: Sendable {
    private let key: [UInt8]
    private let namespaces: RecordNamespaces
    /// How many valid answers are enough.
    private let quorum: Int
    /// The best value so far.
    package private(set) var best: [UInt8]?
    private var holdersOfBest: Set<PeerID> = []
    private var answers: Set<PeerID> = []

    package init(key: [UInt8], namespaces: RecordNamespaces, quorum: Int) {
        self.key = key
        self.namespaces = namespaces
        self.quorum = max(1, quorum)
    }

    /// A peer answered with a value.
    /// - Returns: Whether it is valid. A peer that answers with what is not is no better than one that does not answer.
    package mutating func add(_ value: [UInt8], from peer: PeerID) -> Bool {
        do {
            try namespaces.validate(value, for: key)
        } catch {
            return false
        }
        answers.insert(peer)
        if value == best {
            holdersOfBest.insert(peer)
        } else if let best, !namespaces.isBetter(value, than: best, for: key) {
            return true
        } else {
            best = value
            holdersOfBest = [peer]
        }
        return true
    }

    package var isEnough: Bool { answers.count >= quorum }

    /// Those among the nearest that should be told the best value: they had a worse one, or none.
    package func outdated(among nearest: [PeerID]) -> [PeerID] {
        best == nil ? [] : nearest.filter { !holdersOfBest.contains($0) }
    }
}
