import LibP2P
import LibP2PDiscovery
import NIOCore
import NIOPosix
import PeersInMemory
import SeededNumbers
import Synchronization
import Testing

/// A network of machines that all hear what each says.
private final class MemoryGroup: Sendable {
    private let members = Mutex<[Int: AsyncStream<MulticastDatagram>.Continuation]>([:])

    func join(_ number: Int) -> Member { Member(group: self, number: number) }

    struct Member: MulticastTransport {
        let group: MemoryGroup
        let number: Int
        let datagrams: AsyncStream<MulticastDatagram>

        init(group: MemoryGroup, number: Int) {
            self.group = group
            self.number = number
            let (stream, continuation) = AsyncStream<MulticastDatagram>.makeStream(
                bufferingPolicy: .bufferingNewest(64))
            datagrams = stream
            group.members.withLock { $0[number] = continuation }
        }

        func send(_ bytes: [UInt8]) async {
            group.members.withLock { members in
                for (other, member) in members {
                    member.yield(MulticastDatagram(bytes: bytes, isOfThisMachine: other == number))
                }
            }
        }

        func renew() async throws -> Bool { false }
        func hostAddresses() async -> [IPAddress] { [.v4(0x0B00_0001 | UInt32(number) << 8)] }
        func close() async { group.members.withLock { $0.removeValue(forKey: number)?.finish() } }
    }
}

@Suite(.timeLimit(.minutes(1))) struct MulticastDiscoveryTests {
    @Test func peersOfOneNetworkFindEachOtherAndSayGoodBye() async throws {
        let world = PeersInMemory()
        let (one, other) = (world.makePeer(seed: 1), world.makePeer(seed: 2))
        let group = MemoryGroup()
        let discoveries = [one, other].enumerated().map { number, peer in
            MulticastDiscovery(
                network: peer, transport: group.join(number), clock: .continuous(),
                random: SeededRandom(seed: UInt64(number)))
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try? await discoveries[0].run() }
            let second = Task { try? await discoveries[1].run() }
            var events = discoveries[0].events.makeAsyncIterator()
            let address = try #require(other.address)
            #expect(await events.next() == .found(other.localPeer, [address]))
            #expect(await one.knownAddresses(of: other.localPeer) == [address])
            second.cancel()
            var last = await events.next()
            while case .found = last { last = await events.next() }
            #expect(last == .lost(other.localPeer))
            tasks.cancelAll()
        }
    }

    @Test func whereAHostListensEverywhereAllItsAddressesAreAnnounced() throws {
        let peer = KeyPair().peerID
        let hosts: [IPAddress] = [.v4(0x0B00_0001), try IPAddress(parsing: "fd00::1")]
        func announced(_ texts: String...) throws -> [String] {
            Multiaddr.announced(try texts.map { try Multiaddr(parsing: $0) }, hosts: hosts, peer: peer)
                .map(\.withoutPeerID.description)
        }
        #expect(try announced("/ip4/0.0.0.0/tcp/4001", "/ip4/127.0.0.1/tcp/4001") == ["/ip4/11.0.0.1/tcp/4001"])
        #expect(try announced("/ip6/::/tcp/4001") == ["/ip6/fd00::1/tcp/4001"])
        #expect(try announced("/ip4/127.0.0.1/tcp/4001") == ["/ip4/127.0.0.1/tcp/4001"])
        #expect(try announced("/ip4/11.0.0.9/tcp/1/p2p/\(KeyPair().peerID)/p2p-circuit").isEmpty)
    }

    /// Needs a network that does multicast; where this machine has none, there is nothing to find each other on.
    @Test func peersFindEachOtherOverSockets() async throws {
        let sockets = MulticastSockets(eventLoops: MultiThreadedEventLoopGroup.singleton)
        _ = try await sockets.renew()
        let hasNetwork = await !sockets.hostAddresses().isEmpty
        await sockets.close()
        guard hasNetwork else { return }
        let world = PeersInMemory()
        let (one, other) = (world.makePeer(seed: 1), world.makePeer(seed: 2))
        var configuration = MulticastDiscovery.Configuration()
        // Not the peers that may be on this network besides.
        configuration.service = "_p2p-test-\(UInt32.random(in: 0 ... .max))._udp.local"
        let discoveries = [one, other].map {
            MulticastDiscovery(
                network: $0, eventLoops: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for discovery in discoveries { tasks.addTask { try? await discovery.run() } }
            for (discovery, expected) in zip(discoveries, [other, one]) {
                var events = discovery.events.makeAsyncIterator()
                let address = try #require(expected.address)
                #expect(await events.next() == .found(expected.localPeer, [address]))
            }
            tasks.cancelAll()
        }
    }
}
