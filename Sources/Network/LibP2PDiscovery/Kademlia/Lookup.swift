package import LibP2P

/// One search for the peers that are nearest to a place: whom to ask next, and when that is enough.
///
/// A value: answers come in with the time, peers to ask come back. The search goes along several paths that never ask the same
/// peer (Baumgart and Mies, "S/Kademlia", 4.4): a path that an attacker has led among its own peers does not keep the others
/// from finding the right ones. Peers of one subnet take few of a path's places, however many of them are named.
package struct Lookup: Sendable {
    package struct Limits: Sendable, Hashable {
        /// k: how many of the nearest are looked for.
        package var resultCount = 20
        /// α: how many are asked at the same time, over all paths.
        package var concurrency = 10
        /// Paths that share no peer.
        package var paths = 2
        /// Peers asked in all.
        package var queries = 200
        /// Peers that may be named; of more, the nearest are kept.
        package var candidates = 400
        /// Peers of one subnet among the nearest.
        package var perSubnet = 4
        /// How long one peer has to answer.
        package var queryTime: Duration = .seconds(10)
        /// How long the whole search may take.
        package var time: Duration = .seconds(60)

        package init() {}
    }

    /// A peer as it was named by another, or by this peer's own table.
    package struct Named: Sendable, Hashable {
        package let peer: PeerID
        /// The subnet that it is said to be in; nil when none is known or limits are not for it.
        package let subnet: Subnet?

        package init(peer: PeerID, subnet: Subnet?) {
            self.peer = peer
            self.subnet = subnet
        }
    }

    package enum Step: Sendable, Hashable {
        /// Each of these is to be asked now, and `answered` or `failed` told.
        case ask([PeerID])
        /// Nothing to do before an answer comes.
        case wait
        /// The search is over; late answers change nothing.
        case finished
    }

    private enum State: Sendable, Hashable {
        /// Exits: `.asked`.
        case named
        /// Exits: `.answered`, `.failed`.
        case asked(path: Int, until: Duration)
        /// No exits.
        case answered, failed
    }

    private struct Candidate: Sendable {
        let distance: KademliaKey
        let peer: PeerID
        let subnet: Subnet?
        /// One bit for every path that heard of it.
        var paths: UInt8
        var state: State = .named

        var isAlive: Bool { state != .failed }
    }

    package let target: KademliaKey
    package let limits: Limits
    /// Who searches; never asked.
    private let ownPeer: PeerID
    private let pathCount: Int
    private let deadline: Duration
    /// Nearest first.
    private var candidates: [Candidate] = []
    private var inFlight = 0
    private var isStopped = false
    /// Peers asked so far.
    package private(set) var queries = 0

    /// - Parameter start: The nearest peers that are known. They are dealt to the paths in turn.
    package init(
        target: KademliaKey, by ownPeer: PeerID, start: [Named], limits: Limits = Limits(), at now: Duration
    ) {
        self.target = target
        self.ownPeer = ownPeer
        self.limits = limits
        pathCount = max(1, min(limits.paths, min(start.count, 8)))
        deadline = now + limits.time
        for (position, named) in start.prefix(limits.candidates).enumerated() {
            add(named, path: position % pathCount)
        }
    }

    /// What to do next.
    package mutating func step(at now: Duration) -> Step {
        guard !isStopped else { return .finished }
        giveUpOverdue(at: now)
        guard now < deadline else {
            isStopped = true
            return .finished
        }
        var asks: [PeerID] = []
        for path in 0..<pathCount {
            for position in open(in: path) where canAsk(in: path) {
                candidates[position].state = .asked(path: path, until: min(now + limits.queryTime, deadline))
                inFlight += 1
                queries += 1
                asks.append(candidates[position].peer)
            }
        }
        if !asks.isEmpty { return .ask(asks) }
        if inFlight > 0 { return .wait }
        isStopped = true
        return .finished
    }

    /// A peer answered, and named peers that it takes to be nearer.
    package mutating func answered(by peer: PeerID, naming closer: [Named]) {
        guard let position = position(of: peer), case .asked(let path, _) = candidates[position].state else { return }
        candidates[position].state = .answered
        inFlight -= 1
        for named in closer.prefix(limits.resultCount) { add(named, path: path) }
    }

    /// A peer did not answer, or not as it should.
    package mutating func failed(_ peer: PeerID) {
        guard let position = position(of: peer), case .asked = candidates[position].state else { return }
        candidates[position].state = .failed
        inFlight -= 1
    }

    /// What was looked for has been found.
    package mutating func stop() { isStopped = true }

    /// The nearest that answered, nearest first, few of one subnet.
    package var nearest: [PeerID] {
        var result: [PeerID] = []
        var perSubnet = SubnetCount(limit: limits.perSubnet)
        for candidate in candidates where candidate.state == .answered {
            guard perSubnet.add(candidate.subnet) else { continue }
            result.append(candidate.peer)
            if result.count == limits.resultCount { break }
        }
        return result
    }

    // MARK: - Inside

    /// Those of a path's nearest that nobody has asked yet. The path is done when there are none.
    private func open(in path: Int) -> [Int] {
        var places = 0
        var open: [Int] = []
        var perSubnet = SubnetCount(limit: limits.perSubnet)
        for position in candidates.indices where candidates[position].paths & (1 << UInt8(path)) != 0 {
            guard candidates[position].isAlive, perSubnet.add(candidates[position].subnet) else { continue }
            if candidates[position].state == .named { open.append(position) }
            places += 1
            if places == limits.resultCount { break }
        }
        return open
    }

    private func canAsk(in path: Int) -> Bool {
        guard queries < limits.queries, inFlight < limits.concurrency else { return false }
        let share = max(1, limits.concurrency / pathCount)
        let asked = candidates.count { candidate in
            if case .asked(path, _) = candidate.state { return true }
            return false
        }
        return asked < share
    }

    private mutating func giveUpOverdue(at now: Duration) {
        for position in candidates.indices {
            guard case .asked(_, let until) = candidates[position].state, until <= now else { continue }
            candidates[position].state = .failed
            inFlight -= 1
        }
    }

    private mutating func add(_ named: Named, path: Int) {
        guard named.peer != ownPeer else { return }
        let distance = KademliaKey(of: named.peer).distance(to: target)
        let place = insertionPoint(for: distance)
        if place < candidates.count, candidates[place].distance == distance {
            candidates[place].paths |= 1 << UInt8(path)
            return
        }
        if candidates.count >= limits.candidates {
            guard place < candidates.count, let last = candidates.lastIndex(where: { $0.state == .named }),
                last >= place
            else { return }
            candidates.remove(at: last)
        }
        candidates.insert(
            Candidate(distance: distance, peer: named.peer, subnet: named.subnet, paths: 1 << UInt8(path)), at: place)
    }

    private func position(of peer: PeerID) -> Int? {
        let distance = KademliaKey(of: peer).distance(to: target)
        let place = insertionPoint(for: distance)
        return place < candidates.count && candidates[place].distance == distance ? place : nil
    }

    private func insertionPoint(for distance: KademliaKey) -> Int {
        candidates.partitionPoint { distance <= $0.distance }
    }
}
