package import LibP2P

/// What a submitter gives of one blob, and to whom: each chunk once, so that its nodes feed each other. A value; it decides.
///
/// A chunk is given again when all who were given it have gone, or to a node that insists because it gets it nowhere else.
package struct HandoutBook: Sendable {
    /// How often a node is given the same chunk, at most.
    package static let timesPerPeer = 2

    /// Chunks that nobody who is here was given.
    package private(set) var offered: ChunkSet
    /// Whom each chunk was given to, of those who are here.
    private var holders: [[PeerID]]
    private var repeats: [PeerID: [Int: Int]] = [:]
    /// Chunks that were given, in all.
    package private(set) var givenCount = 0

    package init(count: Int) {
        offered = .all(of: count)
        holders = Array(repeating: [], count: count)
    }

    /// Whether the peer is to be given the chunk now; it counts as given then.
    package mutating func give(_ chunk: Int, to peer: PeerID, insists: Bool) -> Bool {
        guard holders.indices.contains(chunk), offered.contains(chunk) || insists,
            repeats[peer]?[chunk] ?? 0 < Self.timesPerPeer
        else { return false }
        offered.remove(chunk)
        if !holders[chunk].contains(peer) { holders[chunk].append(peer) }
        repeats[peer, default: [:]][chunk, default: 0] += 1
        givenCount += 1
        return true
    }

    /// A peer has gone. What it alone was given is offered again; what it was given is not forgotten.
    /// - Returns: Whether more is offered than before.
    package mutating func left(_ peer: PeerID) -> Bool {
        var isMore = false
        for chunk in (repeats[peer] ?? [:]).keys where holders[chunk].contains(peer) {
            holders[chunk].removeAll { $0 == peer }
            if holders[chunk].isEmpty {
                offered.insert(chunk)
                isMore = true
            }
        }
        return isMore
    }
}
