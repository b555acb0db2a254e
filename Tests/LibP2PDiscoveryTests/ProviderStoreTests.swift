import LibP2P
import LibP2PDiscovery
import SeededNumbers
import Testing

@Suite struct ProviderStoreTests {
    private var random = SeededRandom(seed: 3)
    private let own: PeerID

    init() { own = PeerID.random(&random) }

    private func multihash(_ number: Int) -> [UInt8] { Multihash(sha256Of: Array("\(number)".utf8)).bytes }

    @Test mutating func aRecordIsToldUntilItExpires() throws {
        var store = ProviderStore(of: own)
        let provider = PeerAddresses(peer: .random(&random), addresses: [.inNetwork(1)])
        try store.add(provider, subnet: publicSubnet(1), of: multihash(1), at: .zero)
        #expect(store.providers(of: multihash(1), at: .seconds(1)) == [provider])
        #expect(store.providers(of: multihash(2), at: .seconds(1)).isEmpty)
        let old = store.providers(of: multihash(1), at: store.limits.addressLifetime)
        #expect(old.map(\.peer) == [provider.peer] && old.allSatisfy(\.addresses.isEmpty))
        #expect(store.providers(of: multihash(1), at: store.limits.lifetime).isEmpty)
        store.expire(at: store.limits.lifetime)
        #expect(store.keyCount == 0)
    }

    @Test mutating func aRecordThatIsRenewedLivesOn() throws {
        var store = ProviderStore(of: own)
        let peer = PeerID.random(&random)
        for hours in stride(from: 0, through: 200, by: 22) {
            try store.add(
                .init(peer: peer, addresses: []), subnet: nil, of: multihash(1), at: .seconds(hours * 3600))
        }
        store.expire(at: .seconds(200 * 3600))
        #expect(store.providers(of: multihash(1), at: .seconds(200 * 3600)).map(\.peer) == [peer])
    }

    @Test mutating func oneKeyHasSoManyProvidersAndFewOfOneSubnet() {
        var store = ProviderStore(of: own)
        var refusals: [ProviderStore.Refusal] = []
        for number in 0..<200 {
            do throws(ProviderStore.Refusal) {
                try store.add(
                    .init(peer: .random(&random), addresses: []), subnet: publicSubnet(number < 20 ? 1 : number),
                    of: multihash(1), at: .zero)
            } catch {
                refusals.append(error)
            }
        }
        #expect(store.providers(of: multihash(1), at: .zero).count == store.limits.providersPerKey)
        #expect(refusals.count { $0 == .tooManyOfItsSubnet } == 20 - store.limits.perSubnetAndKey)
        #expect(refusals.contains(.tooManyProviders))
    }

    @Test mutating func onePeerCannotFillTheStore() {
        var store = ProviderStore(of: own)
        let peer = PeerID.random(&random)
        for number in 0..<2_000 {
            try? store.add(.init(peer: peer, addresses: []), subnet: nil, of: multihash(number), at: .zero)
        }
        #expect(store.keyCount == store.limits.keysPerProvider)
    }

    @Test mutating func aFullStoreKeepsWhatIsNearestToItsPeer() {
        var limits = ProviderStore.Limits()
        limits.keys = 100
        var store = ProviderStore(of: own, limits: limits)
        let keys = (0..<1_000).map(multihash)
        for key in keys {
            try? store.add(.init(peer: .random(&random), addresses: []), subnet: nil, of: key, at: .zero)
        }
        let place = KademliaKey(of: own)
        let nearest = keys.sorted {
            KademliaKey(hashing: $0).distance(to: place) < KademliaKey(hashing: $1).distance(to: place)
        }.prefix(100)
        #expect(store.keyCount == 100)
        #expect(nearest.allSatisfy { !store.providers(of: $0, at: .zero).isEmpty })
    }

    @Test mutating func theBoundOfAPeerFollowsItsRecords() throws {
        var limits = ProviderStore.Limits()
        limits.keysPerProvider = 2
        var store = ProviderStore(of: own, limits: limits)
        let peer = PeerID.random(&random)
        for round in 0..<10 {
            let now = limits.lifetime * round
            store.expire(at: now)
            try store.add(.init(peer: peer, addresses: []), subnet: nil, of: multihash(round * 2), at: now)
            try store.add(.init(peer: peer, addresses: []), subnet: nil, of: multihash(round * 2 + 1), at: now)
        }
        store.remove(peer, of: multihash(18))
        try store.add(.init(peer: peer, addresses: []), subnet: nil, of: multihash(99), at: limits.lifetime * 9)
        #expect(store.keyCount == 2)
    }
}
