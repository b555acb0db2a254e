import LibP2P
import LibP2PDiscovery
import SeededNumbers
import Testing

@Suite struct RoutingTableTests {
    private var random = SeededRandom(seed: 7)
    private let own: PeerID
    private var table: RoutingTable

    init() {
        own = PeerID.random(&random)
        table = RoutingTable(of: own)
    }

    /// Fills the bucket of peers that share no bit with this one, all heard at the same time.
    private mutating func fillFarBucket(at now: Duration) -> [PeerID] {
        (0..<table.limits.bucketSize).map { position in
            let peer = PeerID.random(sharing: 0, with: table.ownKey, &random)
            #expect(table.heard(peer, addresses: [], subnet: publicSubnet(position), at: now) == .added)
            return peer
        }
    }

    @Test mutating func thisPeerIsNotInItsOwnTable() {
        #expect(table.heard(own, addresses: [], subnet: nil, at: .zero) == .refused(.isThisPeer))
    }

    @Test mutating func theNearestComeFirst() {
        let peers = (0..<100).map { _ in PeerID.random(&random) }
        for peer in peers { _ = table.heard(peer, addresses: [], subnet: nil, at: .zero) }
        let target = KademliaKey(of: .random(&random))
        let expected = table.entries.map(\.peer).sorted {
            KademliaKey(of: $0).distance(to: target) < KademliaKey(of: $1).distance(to: target)
        }
        #expect(table.closest(to: target, count: 20).map(\.peer) == Array(expected.prefix(20)))
    }

    @Test mutating func aFullBucketKeepsThoseThatAnswer() {
        let old = fillFarBucket(at: .zero)
        let new = PeerID.random(sharing: 0, with: table.ownKey, &random)
        let insertion = table.heard(new, addresses: [], subnet: publicSubnet(100), at: .seconds(120))
        #expect(insertion == .waiting(check: old[0]))
        #expect(table.heard(old[0], addresses: [], subnet: publicSubnet(0), at: .seconds(121)) == .refreshed)
        #expect(!table.contains(new))
        // The next to be asked is the one that is silent the longest now.
        #expect(
            table.heard(new, addresses: [], subnet: publicSubnet(100), at: .seconds(122)) == .waiting(check: old[1]))
    }

    @Test mutating func whoWaitsTakesThePlaceOfWhoDoesNotAnswer() {
        let old = fillFarBucket(at: .zero)
        let new = PeerID.random(sharing: 0, with: table.ownKey, &random)
        _ = table.heard(new, addresses: [], subnet: publicSubnet(100), at: .seconds(120))
        #expect(table.failed(old[0]) == nil)
        #expect(table.failed(old[0]) == new)
        #expect(table.contains(new) && !table.contains(old[0]))
        #expect(table.count == table.limits.bucketSize)
    }

    @Test mutating func aPeerThatAnswersInBetweenIsForgiven() {
        let old = fillFarBucket(at: .zero)
        _ = table.failed(old[3])
        _ = table.heard(old[3], addresses: [], subnet: publicSubnet(3), at: .seconds(1))
        _ = table.failed(old[3])
        #expect(table.contains(old[3]))
    }

    @Test mutating func nobodyIsAskedWhileAllHaveJustAnswered() {
        _ = fillFarBucket(at: .seconds(100))
        let new = PeerID.random(sharing: 0, with: table.ownKey, &random)
        #expect(
            table.heard(new, addresses: [], subnet: publicSubnet(100), at: .seconds(101)) == .waiting(check: nil))
    }

    @Test mutating func oneSubnetGetsFewPlacesWhateverKeysItHas() {
        for _ in 0..<2_000 {
            _ = table.heard(.random(&random), addresses: [], subnet: publicSubnet(1), at: .zero)
        }
        #expect(table.count <= table.limits.perSubnet)
        for bucket in Dictionary(grouping: table.entries, by: { $0.key.commonPrefixLength(with: table.ownKey) }) {
            #expect(bucket.value.count <= table.limits.perSubnetInBucket)
        }
    }

    @Test mutating func aPrivateNetworkMayFillTheTable() {
        for _ in 0..<40 { _ = table.heard(.random(&random), addresses: [], subnet: nil, at: .zero) }
        #expect(table.count > table.limits.perSubnet)
    }

    @Test mutating func whoWaitsDoesNotBringMoreOfASubnetThanIsAllowed() {
        let old = fillFarBucket(at: .zero)
        // Two of one subnet are there already; a third waited before the second came.
        let waiting = PeerID.random(sharing: 0, with: table.ownKey, &random)
        _ = table.heard(waiting, addresses: [], subnet: publicSubnet(5), at: .seconds(1))
        _ = table.heard(old[6], addresses: [], subnet: publicSubnet(5), at: .seconds(2))
        _ = table.failed(old[0])
        #expect(table.failed(old[0]) == nil)
        #expect(!table.contains(waiting))
    }

    @Test mutating func theCountsOfSubnetsFollowThosePeersThatLeave() {
        let peers = (0..<50).map { _ in PeerID.random(&random) }
        for round in 0..<20 {
            for peer in peers { _ = table.heard(peer, addresses: [], subnet: publicSubnet(1), at: .seconds(round)) }
            #expect(table.count > 0 && table.count <= table.limits.perSubnet)
            for entry in table.entries { table.left(entry.peer) }
            #expect(table.count == 0)
        }
    }
}
