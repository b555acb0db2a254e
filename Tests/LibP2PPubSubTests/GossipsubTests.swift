import LibP2P
import LibP2PPubSub
import PeersInMemory
import SeededNumbers
import Synchronization
import Testing

/// The actor over streams in memory. Heartbeats come quickly; everything is waited for, nothing is hoped for.
@Suite(.timeLimit(.minutes(2))) struct GossipsubTests {
    private func configuration() -> GossipConfiguration {
        var configuration = GossipConfiguration()
        configuration.heartbeatInterval = .milliseconds(20)
        return configuration
    }

    /// Peers in a line, each with gossipsub running while the body does.
    private func withPeers(
        _ count: Int, configuration: GossipConfiguration? = nil,
        _ body: @Sendable ([MemoryPeer], [Gossipsub], PeersInMemory) async throws -> Void
    ) async throws {
        let world = PeersInMemory()
        let peers = (0..<count).map { world.makePeer(seed: UInt64($0 + 1)) }
        let nodes = peers.map { Gossipsub(network: $0, configuration: configuration ?? self.configuration()) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in nodes { group.addTask { try await node.run() } }
            for (one, other) in zip(peers, peers.dropFirst()) {
                try await one.connect(to: other.localPeer, addresses: other.address.map { [$0] } ?? [])
            }
            for (one, other) in zip(peers, peers.dropFirst()) {
                try await eventually { await !one.protocols(of: other.localPeer).isEmpty }
                try await eventually { await !other.protocols(of: one.localPeer).isEmpty }
            }
            try await body(peers, nodes, world)
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }

    private func eventually(_ holds: @Sendable () async -> Bool) async throws {
        while await !holds() { try await Task.sleep(for: .milliseconds(2)) }
    }

    @Test func messagesGoFromOneEndOfALineToTheOther() async throws {
        try await withPeers(5) { peers, nodes, _ in
            let last = try await nodes[4].subscribe("news")
            for node in nodes[1...3] { _ = try await self.keep(node.subscribe("news")) }
            try await eventually { await nodes[0].followers(of: "news").contains(peers[1].localPeer) }
            for (one, other) in [(1, 2), (2, 1), (2, 3), (3, 2), (3, 4), (4, 3)] {
                try await eventually { await nodes[one].neighbours(of: "news").contains(peers[other].localPeer) }
            }
            try await nodes[0].publish("news", [1, 2, 3])
            try await nodes[0].publish("news", [4])
            var iterator = last.makeAsyncIterator()
            let first = await iterator.next()
            #expect(first?.bytes == [1, 2, 3] && first?.author == peers[0].localPeer)
            #expect(first?.sender == peers[3].localPeer)
            #expect(await iterator.next()?.bytes == [4])
        }
    }

    @Test func aPeerThatComesLaterGetsWhatIsStillToldOf() async throws {
        try await withPeers(2) { peers, nodes, world in
            world.cut(peers[0].localPeer, peers[1].localPeer)
            let reader = try await nodes[1].subscribe("news")
            _ = try await self.keep(nodes[0].subscribe("news"))
            try await eventually { await nodes[0].followers(of: "news").isEmpty }
            world.mend(peers[0].localPeer, peers[1].localPeer)
            try await peers[0].connect(to: peers[1].localPeer, addresses: [])
            try await eventually { await nodes[0].followers(of: "news").contains(peers[1].localPeer) }
            try await nodes[0].publish("news", [9])
            var iterator = reader.makeAsyncIterator()
            #expect(await iterator.next()?.bytes == [9])
        }
    }

    @Test func aTopicIsLeftWhenItsLastReaderStops() async throws {
        try await withPeers(2) { peers, nodes, _ in
            var stream: AsyncStream<GossipMessage>? = try await nodes[1].subscribe("news")
            try await eventually { await nodes[0].followers(of: "news").contains(peers[1].localPeer) }
            withExtendedLifetime(stream) {}
            stream = nil
            try await eventually { await nodes[0].followers(of: "news").isEmpty }
            #expect(await nodes[1].topics.isEmpty)
        }
    }

    @Test func whatAValidatorRejectsIsNotReadAndItsSenderIsBlamed() async throws {
        try await withPeers(2) { peers, nodes, _ in
            let reader = try await nodes[1].subscribe("news")
            await nodes[1].setValidator("news") { $0.bytes == [1] ? .reject : .accept }
            try await eventually { await nodes[0].followers(of: "news").contains(peers[1].localPeer) }
            try await nodes[0].publish("news", [1])
            try await nodes[0].publish("news", [2])
            var iterator = reader.makeAsyncIterator()
            #expect(await iterator.next()?.bytes == [2])
            #expect(await nodes[1].score(of: peers[0].localPeer) < 0)
        }
    }

    @Test func aPeerThatSendsGarbageLosesItsStreamAndNothingElse() async throws {
        try await withPeers(2) { peers, nodes, world in
            let stranger = world.makePeer(seed: 77)
            guard let address = peers[0].address else { return }
            try await stranger.connect(to: peers[0].localPeer, addresses: [address])
            try await eventually { await !stranger.protocols(of: peers[0].localPeer).isEmpty }
            let stream = try await stranger.openStream(
                to: peers[0].localPeer, protocols: GossipVersion.protocolNames)
            try await MessageWriter(stream).write([0xFF, 0xFF, 0xFF])
            await #expect(throws: PeerStreamError.reset) { _ = try await stream.read() }
            let reader = try await nodes[1].subscribe("news")
            try await eventually { await nodes[0].followers(of: "news").contains(peers[1].localPeer) }
            try await nodes[0].publish("news", [3])
            var iterator = reader.makeAsyncIterator()
            #expect(await iterator.next()?.bytes == [3])
        }
    }

    @Test func aPeerThatNeverReadsHoldsNobodyUp() async throws {
        try await withPeers(2) { peers, nodes, world in
            let stranger = world.makePeer(seed: 78)
            // It takes streams and follows the topic, but reads nothing.
            await stranger.handle("/meshsub/1.1.0") { _ in try await Task.sleep(for: .seconds(3_600)) }
            guard let address = peers[0].address else { return }
            try await stranger.connect(to: peers[0].localPeer, addresses: [address])
            let stream = try await stranger.openStream(to: peers[0].localPeer, protocols: ["/meshsub/1.1.0"])
            var rpc = GossipRPC()
            rpc.subscriptions = [.init(topic: "news", isSubscribed: true)]
            try await MessageWriter(stream).write(GossipCodec.encode(rpc))
            let reader = try await nodes[1].subscribe("news")
            try await eventually { await nodes[0].followers(of: "news").count == 2 }
            var iterator = reader.makeAsyncIterator()
            for number in 0..<40 as Range<UInt8> {
                try await nodes[0].publish("news", [UInt8](repeating: number, count: 100_000))
                #expect(await iterator.next()?.bytes.first == number)
            }
            stream.reset()
            world.drop(stranger.localPeer)
        }
    }

    /// Reads a topic for as long as the test lasts.
    private func keep(_ stream: AsyncStream<GossipMessage>) -> AsyncStream<GossipMessage> {
        kept.withLock { $0.append(stream) }
        return stream
    }

    private let kept = Kept()

    private final class Kept: Sendable {
        private let streams = Mutex<[AsyncStream<GossipMessage>]>([])
        func withLock(_ body: (inout sending [AsyncStream<GossipMessage>]) -> Void) { streams.withLock { body(&$0) } }
    }
}
