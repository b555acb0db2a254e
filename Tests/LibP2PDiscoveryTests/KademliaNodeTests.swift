import LibP2P
import LibP2PDiscovery
import SeededNumbers
import Testing

@Suite struct KademliaNodeTests {
    private var random = SeededRandom(seed: 13)
    private let asker: PeerID
    private var node: KademliaNode
    private let multihash = Multihash(sha256Of: [1, 2, 3]).bytes

    init() {
        asker = PeerID.random(&random)
        node = KademliaNode(of: .random(&random), configuration: KademliaConfiguration(namespaces: digits))
    }

    private mutating func answer(
        _ request: KademliaRequest, at address: Multiaddr = .inNetwork(1), target: PeerAddresses? = nil,
        now: Duration = .zero
    ) throws(KademliaNode.Refusal) -> KademliaAnswer? {
        try node.answer(request, from: asker, at: address, target: target, now: now)
    }

    @Test mutating func theNearestAreTold() throws {
        let peers = (0..<30).map { _ in PeerID.random(&random) }
        for (number, peer) in peers.enumerated() {
            _ = node.table.heard(
                peer, addresses: [.inNetwork(number)], subnet: publicSubnet(number), at: .zero)
        }
        _ = node.table.heard(asker, addresses: [.inNetwork(99)], subnet: publicSubnet(99), at: .zero)
        let target = PeerID.random(&random)
        let answer = try #require(try answer(.findNode(target.bytes)))
        let known = node.table.entries.map(\.peer).filter { $0 != asker }
        let expected = known.sorted {
            KademliaKey(of: $0).distance(to: KademliaKey(of: target))
                < KademliaKey(of: $1).distance(to: KademliaKey(of: target))
        }
        #expect(answer.closer.map(\.peer) == Array(expected.prefix(20)))
        #expect(answer.closer.allSatisfy { $0.addresses.count == 1 })
    }

    @Test mutating func thePeerThatIsLookedForIsToldThoughItIsNotInTheTable() throws {
        let target = PeerAddresses(peer: .random(&random), addresses: [.inNetwork(5)])
        let answer = try answer(.findNode(target.peer.bytes), target: target)
        #expect(answer?.closer == [target])
    }

    @Test mutating func addressesAreToldToThoseTheyMeanSomethingTo() throws {
        let addresses = try ["/ip4/127.0.0.1/tcp/1", "/ip4/192.168.1.2/tcp/1", "/ip4/11.0.0.1/tcp/1"].map {
            try Multiaddr(parsing: $0)
        }
        let target = PeerAddresses(peer: .random(&random), addresses: addresses)
        for (from, expected) in [("/ip4/127.0.0.1/tcp/9", 3), ("/ip4/10.1.1.1/tcp/9", 2), ("/ip4/12.0.0.1/tcp/9", 1)] {
            let answer = try answer(
                .findNode(target.peer.bytes), at: Multiaddr(parsing: from), target: target)
            #expect(answer?.closer.first?.addresses == Array(addresses.suffix(expected)))
        }
    }

    @Test mutating func nobodyProvidesForAnother() throws {
        let other = PeerAddresses(peer: .random(&random), addresses: [.inNetwork(3)])
        #expect(throws: KademliaNode.Refusal.notTheProvider) {
            try answer(.addProvider(multihash, [other]))
        }
        let own = PeerAddresses(peer: asker, addresses: [.inNetwork(1)])
        #expect(try answer(.addProvider(multihash, [other, own])) == nil)
        #expect(try answer(.getProviders(multihash))?.providers == [own])
        node.expire(at: .seconds(48 * 3600))
        #expect(try answer(.getProviders(multihash), now: .seconds(48 * 3600))?.providers == [])
    }

    @Test mutating func valuesAreValidatedBeforeTheyAreKept() throws {
        let key = Array("/digits/x".utf8)
        #expect(throws: KademliaNode.Refusal.self) { try answer(.putValue(key: key, value: [0x41])) }
        #expect(throws: KademliaNode.Refusal.self) { try answer(.putValue(key: Array("/x/x".utf8), value: [0x31])) }
        #expect(try answer(.getValue(key))?.value == nil)
        #expect(try answer(.putValue(key: key, value: [0x35]))?.value == [0x35])
        #expect(throws: KademliaNode.Refusal.notKept(.worse)) { try answer(.putValue(key: key, value: [0x31])) }
        #expect(try answer(.getValue(key))?.value == [0x35])
    }

    @Test mutating func aPeerThatAsksTooMuchIsNotAnswered() {
        var answered = 0
        for _ in 0..<1_000 where (try? answer(.ping)) != nil { answered += 1 }
        #expect(answered == 100)
        #expect(throws: KademliaNode.Refusal.tooManyRequests) { try answer(.ping) }
    }
}
