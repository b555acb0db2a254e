import LibP2P
import LibP2PDiscovery
import SeededNumbers
import Testing

@Suite struct LookupTests {
    @Test(arguments: 1...6) func aSearchFindsTheNearestOfHundreds(seed: Int) {
        var world = SimulatedTable(peers: 400, seed: UInt64(seed))
        for _ in 0..<5 {
            let target = KademliaKey(of: .random(&world.random))
            let (found, lookup) = world.search(for: target, from: world.peers[0])
            #expect(found == world.nearest(to: target, count: 20))
            #expect(lookup.queries < 90)
        }
    }

    @Test(arguments: 1...4) func aSearchFindsTheNearestThoughAThirdIsSilent(seed: Int) {
        var world = SimulatedTable(peers: 300, seed: UInt64(seed))
        for peer in world.peers.dropFirst() where world.random.chance(permille: 333) { world.silent.insert(peer) }
        let target = KademliaKey(of: .random(&world.random))
        let (found, _) = world.search(for: target, from: world.peers[0])
        let expected = Set(world.nearest(to: target, count: 20))
        #expect(expected.intersection(found).count >= 19)
        #expect(Set(found).isDisjoint(with: world.silent))
    }

    @Test(arguments: 1...4) func peersThatNameOnlyEachOtherDoNotHideTheOthers(seed: Int) {
        var world = SimulatedTable(peers: 300, seed: UInt64(seed))
        let target = KademliaKey(of: .random(&world.random))
        // Forty keys nearer to the target than any other, at three subnets, and a tenth of the others name only these.
        world.addEclipse(of: target, colluders: 40, subnets: 3, traitors: 30)
        let (found, lookup) = world.search(for: target, from: world.peers[0])
        let others = found.filter { !world.colluders.contains($0) }
        #expect(found.count - others.count <= 3 * lookup.limits.perSubnet)
        #expect(others == world.nearest(to: target, count: others.count))
        // It is the limits that see to this.
        var limits = Lookup.Limits()
        limits.perSubnet = .max
        let (eclipsed, _) = world.search(for: target, from: world.peers[0], limits: limits)
        #expect(eclipsed.allSatisfy { world.colluders.contains($0) })
    }

    @Test func aSearchEndsHoweverManyPeersAreInvented() {
        var random = SeededRandom(seed: 5)
        let own = PeerID.random(&random)
        let target = KademliaKey(of: .random(&random))
        var lookup = Lookup(
            target: target, by: own, start: [Lookup.Named(peer: .random(&random), subnet: nil)], at: .zero)
        var asked = 0
        var now = Duration.zero
        var waiting: [PeerID] = []
        search: while true {
            switch lookup.step(at: now) {
            case .ask(let peers):
                asked += peers.count
                waiting += peers
            case .wait:
                let peer = waiting.removeFirst()
                now += .milliseconds(10)
                lookup.answered(by: peer, naming: (0..<1_000).map { _ in .init(peer: .random(&random), subnet: nil) })
            case .finished:
                break search
            }
        }
        #expect(asked == lookup.queries && asked <= lookup.limits.queries)
    }

    @Test func noMoreThanTheBoundAreAskedAtTheSameTime() {
        var random = SeededRandom(seed: 6)
        let start = (0..<60).map { _ in Lookup.Named(peer: .random(&random), subnet: nil) }
        var lookup = Lookup(target: KademliaKey(of: .random(&random)), by: .random(&random), start: start, at: .zero)
        guard case .ask(let first) = lookup.step(at: .zero) else {
            Issue.record("nobody is asked")
            return
        }
        #expect(first.count == lookup.limits.concurrency)
        #expect(Set(first).count == first.count)
        #expect(lookup.step(at: .zero) == .wait)
        lookup.failed(first[0])
        guard case .ask(let next) = lookup.step(at: .zero) else {
            Issue.record("nobody takes the place of one that failed")
            return
        }
        #expect(next.count == 1 && !first.contains(next[0]))
    }

    @Test func whoDoesNotAnswerInTimeHasFailed() {
        var random = SeededRandom(seed: 8)
        let slow = PeerID.random(&random)
        var lookup = Lookup(
            target: KademliaKey(of: .random(&random)), by: .random(&random), start: [.init(peer: slow, subnet: nil)],
            at: .zero)
        #expect(lookup.step(at: .zero) == .ask([slow]))
        #expect(lookup.step(at: lookup.limits.queryTime - .milliseconds(1)) == .wait)
        #expect(lookup.step(at: lookup.limits.queryTime) == .finished)
        lookup.answered(by: slow, naming: [.init(peer: .random(&random), subnet: nil)])
        #expect(lookup.nearest.isEmpty)
        #expect(lookup.step(at: lookup.limits.queryTime) == .finished)
    }

    @Test func aWholeSearchHasItsTime() {
        var random = SeededRandom(seed: 9)
        var lookup = Lookup(
            target: KademliaKey(of: .random(&random)), by: .random(&random),
            start: [.init(peer: .random(&random), subnet: nil)], at: .zero)
        _ = lookup.step(at: .zero)
        #expect(lookup.step(at: lookup.limits.time) == .finished)
    }

    @Test func theSearcherIsNeverAsked() {
        var random = SeededRandom(seed: 10)
        let (own, other) = (PeerID.random(&random), PeerID.random(&random))
        var lookup = Lookup(
            target: KademliaKey(of: own), by: own, start: [.init(peer: other, subnet: nil)], at: .zero)
        #expect(lookup.step(at: .zero) == .ask([other]))
        lookup.answered(by: other, naming: [.init(peer: own, subnet: nil), .init(peer: other, subnet: nil)])
        #expect(lookup.step(at: .zero) == .finished)
        #expect(lookup.nearest == [other])
    }

    @Test func answersOfThoseThatWereNotAskedChangeNothing() {
        var random = SeededRandom(seed: 11)
        let other = PeerID.random(&random)
        var lookup = Lookup(
            target: KademliaKey(of: .random(&random)), by: .random(&random), start: [.init(peer: other, subnet: nil)],
            at: .zero)
        lookup.answered(by: other, naming: [.init(peer: .random(&random), subnet: nil)])
        lookup.answered(by: .random(&random), naming: [.init(peer: .random(&random), subnet: nil)])
        #expect(lookup.nearest.isEmpty)
        #expect(lookup.step(at: .zero) == .ask([other]))
    }
}
