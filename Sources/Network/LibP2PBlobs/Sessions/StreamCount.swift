import LibP2P

/// How many streams are answered, of each peer and in all.
struct StreamCount: Sendable {
    private var counts: [PeerID: Int] = [:]
    private var total = 0

    /// False for one too many.
    mutating func enter(_ peer: PeerID) -> Bool {
        guard total < BlobProtocol.streams, counts[peer, default: 0] < BlobProtocol.streamsPerPeer else { return false }
        counts[peer, default: 0] += 1
        total += 1
        return true
    }

    mutating func leave(_ peer: PeerID) {
        total -= 1
        counts[peer, default: 1] -= 1
        if counts[peer] == 0 { counts[peer] = nil }
    }
}
