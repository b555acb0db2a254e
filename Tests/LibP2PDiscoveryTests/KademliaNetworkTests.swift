import LibP2P
import LibP2PDiscovery
import PeersInMemory
import SeededNumbers
import Testing

@Suite(.timeLimit(.minutes(2))) struct KademliaNetworkTests {
    /// Runs a table of peers in memory, all of which know the first, and then what is to be tested.
    private func withTables(
        _ count: Int, seed: UInt64 = 1, configure: (Int) -> KademliaConfiguration = { _ in .init(namespaces: digits) },
        _ body: (PeersInMemory, [MemoryPeer], [Kademlia]) async throws -> Void
    ) async throws {
        let world = PeersInMemory()
        let peers = (0..<count).map { world.makePeer(seed: seed << 32 | UInt64($0 + 1)) }
        let tables = peers.enumerated().map { number, peer in
            Kademlia(
                network: peer, configuration: configure(number), random: SeededRandom(seed: seed + UInt64(number)))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for table in tables { group.addTask { try? await table.run() } }
            let observer = world.makePeer(seed: 1_000_000 + seed)
            for (table, peer) in zip(tables, peers) where await table.mode == .server {
                try await observer.waitUntilServes(peer)
            }
            let first = await peers[0].listenAddresses().map { $0.with(peers[0].localPeer) }
            for table in tables.dropFirst() { try await table.bootstrap(from: first) }
            try await body(world, peers, tables)
            group.cancelAll()
        }
    }

    @Test func peersFindEachOtherThroughOneThatAllKnow() async throws {
        try await withTables(30) { _, peers, tables in
            let found = try await tables[7].findPeer(peers[23].localPeer)
            #expect(await found.contains(try #require(peers[23].listenAddresses().first)))
            #expect(await peers[7].isConnected(to: peers[23].localPeer))
            await #expect(throws: KademliaError.notFound) { try await tables[7].findPeer(KeyPair().peerID) }
        }
    }

    @Test func whatOneProvidesTheOthersFindAndItVanishesWhenItStops() async throws {
        try await withTables(25) { _, peers, tables in
            let key = CID(multihash: Multihash(sha256Of: Array("content".utf8)))
            #expect(try await tables[3].provide(key) >= 15)
            try await tables[4].provide(key)
            var found: Set<PeerID> = []
            for await provider in tables[20].findProviders(of: key, limit: 2) {
                #expect(await peers[20].knownAddresses(of: provider.peer).isEmpty == false)
                found.insert(provider.peer)
            }
            #expect(found == [peers[3].localPeer, peers[4].localPeer])
            let other = CID(multihash: Multihash(sha256Of: Array("nothing".utf8)))
            for await provider in tables[20].findProviders(of: other) { Issue.record("\(provider)") }
        }
    }

    @Test func theBestValueWinsAndThoseWithAWorseOneAreTold() async throws {
        try await withTables(25) { _, _, tables in
            let key = Array("/digits/x".utf8)
            try await tables[1].putValue([0x33], for: key)
            #expect(try await tables[12].getValue(for: key) == [0x33])
            try await tables[2].putValue([0x38], for: key)
            #expect(try await tables[13].getValue(for: key, quorum: 16) == [0x38])
            await #expect(throws: KademliaError.self) { try await tables[3].putValue([0x31], for: Array("/no/x".utf8)) }
            await #expect(throws: KademliaError.notFound) {
                try await tables[3].getValue(for: Array("/digits/none".utf8))
            }
        }
    }

    @Test func clientsUseTheTableAndAreNotInIt() async throws {
        let configure: (Int) -> KademliaConfiguration = { number in
            KademliaConfiguration(mode: number >= 10 ? .client : .server, namespaces: digits)
        }
        try await withTables(12, configure: configure) { _, peers, tables in
            let key = CID(multihash: Multihash(sha256Of: Array("of a client".utf8)))
            try await tables[11].provide(key)
            var found: [PeerID] = []
            for await provider in tables[10].findProviders(of: key) { found.append(provider.peer) }
            #expect(found == [peers[11].localPeer])
            for table in tables {
                let known = await table.peers
                #expect(!known.contains(peers[10].localPeer) && !known.contains(peers[11].localPeer))
            }
            // A client can be found all the same, by those that ask a peer which it is connected to.
            #expect(try await !tables[5].findPeer(peers[11].localPeer).isEmpty)
        }
    }

    @Test func theTableGoesOnWithoutThosePeersThatVanish() async throws {
        try await withTables(30, seed: 3) { world, peers, tables in
            let key = CID(multihash: Multihash(sha256Of: Array("kept".utf8)))
            try await tables[1].provide(key)
            for peer in [0, 5, 6, 7, 8, 9, 10, 11] { world.drop(peers[peer].localPeer) }
            var found: [PeerID] = []
            for await provider in tables[20].findProviders(of: key) { found.append(provider.peer) }
            #expect(found == [peers[1].localPeer])
        }
    }

    @Test func tablesOfDifferentNamesDoNotMix() async throws {
        let world = PeersInMemory()
        let (one, other) = (world.makePeer(seed: 1), world.makePeer(seed: 2))
        let table = Kademlia(network: one, configuration: .init(protocolName: "/one/kad/1.0.0"))
        let another = Kademlia(network: other, configuration: .init(protocolName: "/other/kad/1.0.0"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await another.run() }
            try await one.waitUntilServes(other)
            let address = try #require(await other.listenAddresses().first).with(other.localPeer)
            await #expect(throws: KademliaError.self) { try await table.bootstrap(from: [address]) }
            #expect(await table.peers.isEmpty)
            group.cancelAll()
        }
    }

    /// As some implementations do, which take the end of requests for an error.
    @Test func aPeerThatGivesItsStreamsUpAfterTheLastRequestHasAnswered() async throws {
        let world = PeersInMemory()
        let (one, other) = (world.makePeer(seed: 1), world.makePeer(seed: 2))
        let told = AsyncStream<KademliaRequest>.makeStream()
        await other.handle("/ipfs/kad/1.0.0") { stream in
            var reader = MessageReader(stream)
            while let bytes = try await reader.read(limit: 1 << 20) {
                let request = try KademliaCodec.request(from: bytes)
                if case .addProvider = request { told.continuation.yield(request) }
                try await MessageWriter(stream).write(KademliaCodec.encode(KademliaAnswer(), to: request))
            }
            stream.reset()
        }
        let table = Kademlia(network: one)
        let address = try #require(await other.listenAddresses().first).with(other.localPeer)
        for _ in 0..<20 { #expect(try await table.bootstrap(from: [address]) == 1) }
        let key = CID(multihash: Multihash(sha256Of: [1]))
        #expect(try await table.provide(key) == 1)
        var requests = told.stream.makeAsyncIterator()
        #expect(await requests.next()?.key == key.multihash.bytes)
    }

    @Test func withoutPeersNothingIsFound() async throws {
        let table = Kademlia(network: PeersInMemory().makePeer(seed: 1))
        await #expect(throws: KademliaError.noPeers) { try await table.findPeer(KeyPair().peerID) }
        await #expect(throws: KademliaError.unreachable([])) { try await table.bootstrap(from: []) }
        for await provider in table.findProviders(of: CID(multihash: Multihash(sha256Of: [1]))) {
            Issue.record("\(provider)")
        }
    }
}

extension MemoryPeer {
    /// Connects to a peer and waits until it says that it speaks something.
    func waitUntilServes(_ peer: MemoryPeer) async throws {
        try await connect(to: peer.localPeer, addresses: peer.listenAddresses())
        while await protocols(of: peer.localPeer).isEmpty { await Task.yield() }
    }
}
