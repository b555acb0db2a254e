import LibP2P
import LibP2PDiscovery
import SeededNumbers

/// A network of peers that are tables only: what is asked is answered at once, from the table of the one that is asked.
struct SimulatedTable {
    var random: SeededRandom
    private(set) var peers: [PeerID] = []
    private(set) var tables: [PeerID: RoutingTable] = [:]
    private var subnets: [PeerID: Subnet] = [:]
    /// Those that do not answer.
    var silent: Set<PeerID> = []
    /// Those that name only each other.
    private(set) var colluders: Set<PeerID> = []
    private var traitors: Set<PeerID> = []

    /// Peers that each met so many others as a network that has run for a while has: all of some, none of others.
    init(peers count: Int, seed: UInt64) {
        random = SeededRandom(seed: seed)
        for number in 0..<count {
            let peer = PeerID.random(&random)
            peers.append(peer)
            subnets[peer] = publicSubnet(number)
        }
        for peer in peers {
            var table = RoutingTable(of: peer)
            for other in peers.shuffled(using: &random) {
                _ = table.heard(other, addresses: [], subnet: subnets[other], at: .zero)
            }
            tables[peer] = table
        }
    }

    /// Peers with keys nearer to a place than any honest one's, in few subnets, and honest-looking ones that name only them.
    mutating func addEclipse(of target: KademliaKey, colluders count: Int, subnets subnetCount: Int, traitors: Int) {
        let bits =
            (nearest(to: target, count: 1).first.map { KademliaKey(of: $0).commonPrefixLength(with: target) } ?? 0)
        for number in 0..<count {
            // One more bit in common than the nearest honest peer has.
            var peer = PeerID.random(&random)
            while KademliaKey(of: peer).commonPrefixLength(with: target) <= bits { peer = PeerID.random(&random) }
            subnets[peer] = publicSubnet(60_000 + number % subnetCount)
            colluders.insert(peer)
        }
        self.traitors = Set(peers.dropFirst().shuffled(using: &random).prefix(traitors))
    }

    /// The nearest peers that answer, colluders apart.
    func nearest(to target: KademliaKey, count: Int) -> [PeerID] {
        let answering = peers.filter { !silent.contains($0) && $0 != peers[0] }
        return Array(
            answering.sorted {
                KademliaKey(of: $0).distance(to: target) < KademliaKey(of: $1).distance(to: target)
            }.prefix(count))
    }

    /// Whom a peer names.
    private func answer(of peer: PeerID, about target: KademliaKey) -> [Lookup.Named]? {
        guard !silent.contains(peer) else { return nil }
        if colluders.contains(peer) || traitors.contains(peer) {
            return colluders.sorted {
                KademliaKey(of: $0).distance(to: target) < KademliaKey(of: $1).distance(to: target)
            }.prefix(20).map { Lookup.Named(peer: $0, subnet: subnets[$0]) }
        }
        return tables[peer]?.closest(to: target, count: 20).map { Lookup.Named(peer: $0.peer, subnet: $0.subnet) }
    }

    /// Searches; answers come in an order that the seed decides.
    mutating func search(
        for target: KademliaKey, from peer: PeerID, limits: Lookup.Limits = Lookup.Limits()
    ) -> (found: [PeerID], lookup: Lookup) {
        let start = tables[peer]?.closest(to: target, count: 20) ?? []
        var lookup = Lookup(
            target: target, by: peer, start: start.map { .init(peer: $0.peer, subnet: $0.subnet) }, limits: limits,
            at: .zero)
        var now = Duration.zero
        var waiting: [PeerID] = []
        while true {
            switch lookup.step(at: now) {
            case .ask(let peers):
                waiting += peers
            case .wait:
                now += .milliseconds(5)
                let peer = waiting.remove(at: random.below(waiting.count))
                if let named = answer(of: peer, about: target) {
                    lookup.answered(by: peer, naming: named)
                } else {
                    lookup.failed(peer)
                }
            case .finished:
                return (lookup.nearest, lookup)
            }
        }
    }
}
