import LibP2P
import LibP2PDiscovery
import PeersInMemory
import SeededNumbers
import Synchronization
import Testing

/// What a table does as time goes by; time is the test's.
@Suite(.timeLimit(.minutes(1))) struct KademliaUpkeepTests {
    /// A peer of the table that notes what it is asked, and answers as one that knows nobody.
    private final class Witness: Sendable {
        let peer: MemoryPeer
        let requests = Mutex<[KademliaRequest]>([])

        init(_ peer: MemoryPeer) async {
            self.peer = peer
            await peer.handle("/ipfs/kad/1.0.0") { stream in
                var reader = MessageReader(stream)
                while let bytes = try await reader.read(limit: 1 << 20) {
                    let request = try KademliaCodec.request(from: bytes)
                    self.requests.withLock { $0.append(request) }
                    if case .addProvider = request { continue }
                    try await MessageWriter(stream).write(KademliaCodec.encode(KademliaAnswer(), to: request))
                }
            }
        }

        func count(_ isMeant: (KademliaRequest) -> Bool) -> Int { requests.withLock { $0.count(where: isMeant) } }
    }

    /// Requests have all the time there is, so that only what is done at intervals happens when time passes.
    private var patient: KademliaConfiguration {
        var configuration = KademliaConfiguration(mode: .client)
        configuration.requestTime = .seconds(1 << 40)
        configuration.searchTime = .seconds(1 << 40)
        return configuration
    }

    private func withTable(_ body: (Kademlia, Witness, TestClock) async throws -> Void) async throws {
        let world = PeersInMemory()
        let witness = await Witness(world.makePeer(seed: 2))
        let time = TestClock()
        let table = Kademlia(
            network: world.makePeer(seed: 1), configuration: patient, clock: time.clock, random: SeededRandom(seed: 1))
        let address = try #require(witness.peer.address).with(witness.peer.localPeer)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await table.run() }
            #expect(try await table.bootstrap(from: [address]) == 1)
            try await body(table, witness, time)
            group.cancelAll()
        }
    }

    /// Lets time pass until something has happened.
    private func pass(_ time: TestClock, until happened: () -> Bool) async {
        while !happened() {
            time.advance(by: .seconds(60))
            for _ in 0..<20 { await Task.yield() }
        }
    }

    @Test func whatIsProvidedIsToldAnewUntilItNoLongerIs() async throws {
        try await withTable { table, witness, time in
            let key = CID(multihash: Multihash(sha256Of: [1]))
            func told() -> Int {
                witness.count { if case .addProvider(key.multihash.bytes, _) = $0 { true } else { false } }
            }
            try await table.provide(key)
            #expect(told() == 1)
            await pass(time) { told() == 2 }
            #expect(time.now >= .seconds(22 * 3600))
            await table.stopProviding(key)
            let until = time.now + .seconds(100 * 3600)
            await pass(time) { time.now >= until }
            #expect(told() == 2)
        }
    }

    @Test func theTableIsSearchedAnewAtIntervals() async throws {
        try await withTable { table, witness, time in
            let own = witness.count { if case .findNode = $0 { true } else { false } }
            await pass(time) { witness.count { if case .findNode = $0 { true } else { false } } > own + 3 }
            #expect(time.now >= .seconds(600))
            #expect(await table.peers == [witness.peer.localPeer])
        }
    }

    @Test func aPeerThatNoLongerServesTheTableLeavesIt() async throws {
        try await withTable { table, witness, time in
            await witness.peer.stopHandling("/ipfs/kad/1.0.0")
            await witness.peer.handle("/other/1.0.0") { _ in }
            while await !table.peers.isEmpty {
                time.advance(by: .seconds(60))
                await Task.yield()
            }
        }
    }
}
