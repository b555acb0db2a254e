package import LibP2P

/// Which chunk of one blob to ask of whom. A value; it decides, ``BlobShare`` acts. Time and random numbers come in.
///
/// Of each source the rarest of what it offers is asked for, and of equally rare chunks a random one: so nodes that begin together
/// get different chunks, and have something for each other. Where nothing can be asked of anybody for a while, the coordinator is
/// asked for what it has handed to others.
package struct DownloadPlan: Sendable {
    package struct Ask: Sendable, Hashable {
        package var peer: PeerID
        package var chunk: Int
        package var insists: Bool
    }

    private struct Source {
        var offered: ChunkSet
        /// Since when each chunk is asked for.
        var asked: [Int: Duration] = [:]
    }

    /// Chunks that are asked for at a time: of one source, and in all.
    package static let perSource = 4
    static let bytesAhead = 16 << 20
    /// Among how many of a source's chunks the rarest is looked for.
    private static let sample = 32
    /// For how long nothing could be asked for before the coordinator is asked for more.
    package static let shortage = Duration.seconds(3)
    /// A source that has not answered for so long is given up.
    package static let silence = Duration.seconds(30)

    package let coordinator: PeerID
    private let inAll: Int
    package private(set) var have: ChunkSet
    /// What is asked for, of whomever.
    private var asked: ChunkSet
    private var sources: [PeerID: Source] = [:]
    /// How many sources offer each chunk.
    private var offers: [UInt16]
    package private(set) var dropped: Set<PeerID> = []
    private var shortSince: Duration?
    /// How many chunks the coordinator may be asked for at a time although it does not offer them; 0: none.
    private var insistence = 0
    private var insisted: Set<Int> = []

    /// - Parameter have: What is here already.
    package init(_ list: ChunkList, coordinator: PeerID, have: ChunkSet) {
        self.coordinator = coordinator
        self.have = have
        inAll = max(Self.perSource, min(32, Self.bytesAhead / list.chunkBytes))
        asked = ChunkSet(count: list.count)
        offers = Array(repeating: 0, count: list.count)
    }

    package var isComplete: Bool { have.isFull }

    // MARK: Sources

    /// A source says anew what it would give.
    package mutating func offered(_ chunks: ChunkSet, by peer: PeerID) {
        guard !dropped.contains(peer), chunks.count == have.count else { return }
        let old = sources[peer]?.offered ?? ChunkSet(count: have.count)
        for chunk in chunks.subtracting(old).members(from: 0) { offers[chunk] += 1 }
        for chunk in old.subtracting(chunks).members(from: 0) { offers[chunk] -= 1 }
        sources[peer, default: Source(offered: chunks)].offered = chunks
    }

    /// A source is not there any more; what was asked of it is asked of others.
    package mutating func lost(_ peer: PeerID) {
        guard let source = sources.removeValue(forKey: peer) else { return }
        for chunk in source.offered.members(from: 0) { offers[chunk] -= 1 }
        for chunk in source.asked.keys { withdraw(chunk) }
    }

    /// A source has sent what it should not have: nothing is asked of it any more.
    package mutating func drop(_ peer: PeerID) {
        lost(peer)
        dropped.insert(peer)
    }

    /// Sources that have been asked for something for too long.
    package func overdue(at now: Duration) -> [PeerID] {
        sources.filter { $0.value.asked.values.contains { now - $0 > Self.silence } }.map(\.key)
    }

    // MARK: Chunks

    /// Whether the chunk was asked of this source, and not answered.
    package func isAsked(_ chunk: Int, of peer: PeerID) -> Bool { sources[peer]?.asked[chunk] != nil }

    /// The chunk is here, and right.
    package mutating func arrived(_ chunk: Int, from peer: PeerID) {
        answered(chunk, by: peer)
        have.insert(chunk)
        if insistence > 0 { insistence = min(16, insistence * 2) }
    }

    /// The source does not give the chunk.
    package mutating func declined(_ chunk: Int, by peer: PeerID, at now: Duration) {
        guard isAsked(chunk, of: peer) else { return }
        if insisted.contains(chunk) {
            insistence = 0
            shortSince = now
        }
        answered(chunk, by: peer)
        guard sources[peer]?.offered.contains(chunk) == true else { return }
        sources[peer]?.offered.remove(chunk)
        offers[chunk] -= 1
    }

    private mutating func answered(_ chunk: Int, by peer: PeerID) {
        sources[peer]?.asked[chunk] = nil
        withdraw(chunk)
    }

    private mutating func withdraw(_ chunk: Int) {
        asked.remove(chunk)
        insisted.remove(chunk)
    }

    /// What to ask for now.
    package mutating func next(at now: Duration, random: inout some RandomNumberGenerator) -> [Ask] {
        var asks: [Ask] = []
        var open = sources.keys.sorted().shuffled(using: &random)
        var askedCount = asked.memberCount
        // One of each in turn, so that nobody is asked for everything.
        while !open.isEmpty, askedCount < inAll {
            open.removeAll { peer in
                guard askedCount < inAll, let chunk = choice(of: peer, &random) else { return true }
                asks.append(ask(chunk, of: peer, at: now))
                askedCount += 1
                return false
            }
        }
        guard !isComplete else { return asks }
        if !asks.isEmpty || askedCount > insisted.count {
            // Somebody gives something.
            shortSince = nil
            insistence = 0
        } else {
            asks += insist(at: now, random: &random)
        }
        return asks
    }

    private func choice(of peer: PeerID, _ random: inout some RandomNumberGenerator) -> Int? {
        guard let source = sources[peer], source.asked.count < Self.perSource else { return nil }
        let start = Int.random(in: 0..<have.count, using: &random)
        let open = source.offered.subtracting(have).subtracting(asked).members(from: start, limit: Self.sample)
        return open.min { offers[$0] < offers[$1] }
    }

    private mutating func ask(_ chunk: Int, of peer: PeerID, at now: Duration) -> Ask {
        asked.insert(chunk)
        sources[peer]?.asked[chunk] = now
        return Ask(peer: peer, chunk: chunk, insists: false)
    }

    private mutating func insist(at now: Duration, random: inout some RandomNumberGenerator) -> [Ask] {
        guard sources[coordinator] != nil else {
            shortSince = nil
            return []
        }
        if insistence == 0 {
            guard let since = shortSince else {
                shortSince = now
                return []
            }
            guard now - since >= Self.shortage else { return [] }
            insistence = 1
        }
        guard insisted.count < insistence else { return [] }
        let start = Int.random(in: 0..<have.count, using: &random)
        let missing = have.complement.subtracting(asked).members(from: start, limit: insistence - insisted.count)
        return missing.map { chunk in
            insisted.insert(chunk)
            var ask = ask(chunk, of: coordinator, at: now)
            ask.insists = true
            return ask
        }
    }
}
