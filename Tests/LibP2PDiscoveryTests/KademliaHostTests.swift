import LibP2P
import LibP2PDiscovery
import SeededNumbers
import Testing

/// The table over real connections of this machine.
@Suite(.timeLimit(.minutes(2))) struct KademliaHostTests {
    @Test func hostsFindPeersAndProvidersOverSockets() async throws {
        let hosts = (0..<8).map { _ in Host(keys: KeyPair()) }
        let tables = hosts.enumerated().map { number, host in
            Kademlia(network: host, random: SeededRandom(seed: UInt64(number)))
        }
        for host in hosts { _ = try await host.listen(on: Multiaddr(parsing: "/ip4/127.0.0.1/tcp/0")) }
        let first = await hosts[0].listenAddresses().map { $0.with(hosts[0].localPeer) }
        let key = CID(multihash: Multihash(sha256Of: Array("content".utf8)))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for table in tables { group.addTask { try? await table.run() } }
            for table in tables.dropFirst() { try await bootstrap(table, from: first) }
            let found = try await tables[7].findPeer(hosts[3].localPeer)
            #expect(
                await found.map(\.withoutPeerID).contains(try #require(hosts[3].listenAddresses().first).withoutPeerID))
            try await tables[2].provide(key)
            var providers: [PeerID] = []
            for await provider in tables[6].findProviders(of: key, limit: 1) { providers.append(provider.peer) }
            #expect(providers == [hosts[2].localPeer])
            group.cancelAll()
        }
        for host in hosts { await host.shutdown() }
    }

    /// The first table may not answer yet when it is asked first.
    private func bootstrap(_ table: Kademlia, from addresses: [Multiaddr]) async throws {
        while true {
            do {
                try await table.bootstrap(from: addresses)
                return
            } catch KademliaError.unreachable {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }
}
