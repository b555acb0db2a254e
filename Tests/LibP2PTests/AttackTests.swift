import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import LibP2P

/// What strangers may try on a host's port.
@Suite(.serialized, .timeLimit(.minutes(3))) struct AttackTests {
    private func withHost(
        _ configure: (inout HostConfiguration) -> Void, _ body: (Host, Int) async throws -> Void
    ) async throws {
        var configuration = HostConfiguration()
        configure(&configuration)
        let host = Host(keys: KeyPair(), configuration: configuration)
        var result: Result<Void, any Error> = .success(())
        do {
            let address = try await host.listen(on: Multiaddr(.v4(0x7F00_0001), tcp: 0))
            try await body(host, Int(try #require(address.tcpPort)))
        } catch {
            result = .failure(error)
        }
        await host.shutdown()
        try result.get()
    }

    /// A socket that sends what it is told to, and says when it was closed.
    private func connect(_ port: Int) async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port).get()
    }

    private func halfOpenCount(_ host: Host) -> Int {
        host.state.withLock { $0.book.entries.values.count { $0.peer == nil } }
    }

    @Test func aHandshakeThatTakesTooLongIsEnded() async throws {
        try await withHost {
            $0.handshakeTimeout = .milliseconds(300)
            $0.tick = .milliseconds(50)
        } _: { host, port in
            let silent = try await self.connect(port)
            let slow = try await self.connect(port)
            // One byte at a time, for as long as the host bears it.
            let bytes = MultistreamDialer(["/noise"]).opening()
            let drip = Task {
                for byte in bytes.readableBytesView {
                    try await slow.writeAndFlush(ByteBuffer(bytes: [byte])).get()
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            try await silent.closeFuture.get()
            try await slow.closeFuture.get()
            drip.cancel()
            #expect(self.halfOpenCount(host) == 0)
        }
    }

    @Test func garbageOnThePortEndsThatConnectionAlone() async throws {
        try await withHost { _ in
        } _: { host, port in
            let friend = Host(keys: KeyPair())
            let address = Multiaddr(.v4(0x7F00_0001), tcp: UInt16(port))
            try await friend.connect(to: host.localPeer, addresses: [address])
            for bytes in [Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), [UInt8](repeating: 0xFF, count: 1000), [0]] {
                let stranger = try await self.connect(port)
                try await stranger.writeAndFlush(ByteBuffer(bytes: bytes)).get()
                try await stranger.closeFuture.get()
            }
            #expect(try await friend.ping(host.localPeer) < .seconds(5))
            await friend.shutdown()
        }
    }

    @Test func tenThousandHalfOpenConnectionsDoNotKeepAPeerOut() async throws {
        try await withHost {
            $0.limits.halfOpen = 64
            $0.limits.halfOpenPerAddress = 64
            $0.limits.connectionsPerAddress = 1000
        } _: { host, port in
            // Two hundred sockets at a time, so that this process has enough of them.
            var opened: [any Channel] = []
            for round in 0..<50 {
                for channel in opened { channel.close(promise: nil) }
                opened = try await withThrowingTaskGroup(of: (any Channel).self) { group in
                    for _ in 0..<200 { group.addTask { try await self.connect(port) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(self.halfOpenCount(host) <= 64, "round \(round)")
            }
            let friend = Host(keys: KeyPair())
            try await friend.connect(
                to: host.localPeer, addresses: [Multiaddr(.v4(0x7F00_0001), tcp: UInt16(port))])
            #expect(try await friend.ping(host.localPeer) < .seconds(5))
            for channel in opened { channel.close(promise: nil) }
            await friend.shutdown()
        }
    }

    @Test func aPeerGetsNoMoreConnectionsThanItMay() async throws {
        try await withHost {
            $0.limits.connectionsPerPeer = 1
        } _: { host, port in
            let keys = KeyPair()
            let address = Multiaddr(.v4(0x7F00_0001), tcp: UInt16(port))
            let first = Host(keys: keys)
            let second = Host(keys: keys)
            try await first.connect(to: host.localPeer, addresses: [address])
            #expect(try await first.ping(host.localPeer) < .seconds(5))
            // The second is let in by its own side, and then shown the door.
            try? await second.connect(to: host.localPeer, addresses: [address])
            await #expect(throws: (any Error).self) { _ = try await second.ping(host.localPeer) }
            #expect(await host.connections(to: keys.peerID).count == 1)
            await first.shutdown()
            await second.shutdown()
        }
    }

    @Test func whoIsNotWantedIsRefused() async throws {
        let wanted = KeyPair()
        try await withHost {
            $0.gate = { question in
                if case .keep(let peer, _, _) = question { peer == wanted.peerID } else { true }
            }
        } _: { host, port in
            let address = Multiaddr(.v4(0x7F00_0001), tcp: UInt16(port))
            let friend = Host(keys: wanted)
            let stranger = Host(keys: KeyPair())
            try await friend.connect(to: host.localPeer, addresses: [address])
            try? await stranger.connect(to: host.localPeer, addresses: [address])
            await #expect(throws: (any Error).self) { _ = try await stranger.ping(host.localPeer) }
            #expect(try await friend.ping(host.localPeer) < .seconds(5))
            #expect(await host.connectedPeers() == [wanted.peerID])
            await friend.shutdown()
            await stranger.shutdown()
        }
    }

    @Test func aSilentPeerIsAskedAndThenLeft() async throws {
        try await withHost {
            $0.keepAlive = .milliseconds(100)
            $0.keepAliveTimeout = .milliseconds(200)
            $0.tick = .milliseconds(50)
        } _: { host, port in
            // A host whose own loop is never let run again: it keeps its socket and says nothing.
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let frozen = Host(keys: KeyPair(), group: group)
            var events = await host.events().makeAsyncIterator()
            try await frozen.connect(
                to: host.localPeer, addresses: [Multiaddr(.v4(0x7F00_0001), tcp: UInt16(port))])
            // Who dials is done first: the last word of its handshake may still be with its loop.
            while let event = await events.next() {
                if case .connected = event { break }
            }
            let block = BlockingGate()
            group.next().execute { block.wait() }
            while let event = await events.next() {
                if case .disconnected = event { break }
            }
            block.open()
            await frozen.shutdown()
            try await group.shutdownGracefully()
        }
    }
}
