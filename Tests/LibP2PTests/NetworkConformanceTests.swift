import LibP2P
import NIOCore
import PeersInMemory
import Testing

/// What `PeerNetwork` promises, on the network in memory and on hosts with sockets.
@Suite(.timeLimit(.minutes(1))) struct NetworkConformanceTests {
    enum Kind: CaseIterable { case memory, sockets }

    private func withPair(
        _ kind: Kind, _ body: (any PeerNetwork, any PeerNetwork, [Multiaddr]) async throws -> Void
    ) async throws {
        switch kind {
        case .memory:
            let world = PeersInMemory()
            let two = world.makePeer(seed: 2)
            try await body(world.makePeer(seed: 1), two, await two.listenAddresses())
        case .sockets:
            let one = Host(keys: KeyPair())
            let two = Host(keys: KeyPair())
            var result: Result<Void, any Error> = .success(())
            do {
                let address = try await two.listen(on: Multiaddr(.v4(0x7F00_0001), tcp: 0))
                try await body(one, two, [address])
            } catch {
                result = .failure(error)
            }
            await one.shutdown()
            await two.shutdown()
            try result.get()
        }
    }

    @Test(arguments: Kind.allCases) func whatIsLearntIsDialed(_ kind: Kind) async throws {
        try await withPair(kind) { one, two, addresses in
            await #expect(throws: DialError.self) { _ = try await one.openStream(to: two.localPeer, protocols: ["/a"]) }
            await two.handle("/a") { stream in try await stream.write(ByteBuffer(string: "hello")) }
            await one.learn(addresses, of: two.localPeer, for: .seconds(60))
            #expect(await one.knownAddresses(of: two.localPeer) == addresses)
            let stream = try await one.openStream(to: two.localPeer, protocols: ["/none", "/a"])
            #expect(stream.protocolName == "/a")
            #expect(stream.peer == two.localPeer)
            #expect(stream.connection.direction == .outbound)
            var reader = MessageReader(stream)
            #expect(try await reader.readExactly(5) == Array("hello".utf8))
            // The handler has returned, so its side is closed.
            #expect(try await stream.read() == nil)
            #expect(await one.isConnected(to: two.localPeer))
            #expect(await two.connectedPeers() == [one.localPeer])
            await one.disconnect(two.localPeer)
            #expect(await !one.isConnected(to: two.localPeer))
        }
    }

    @Test(arguments: Kind.allCases) func aHandlerThatThrowsResetsItsStream(_ kind: Kind) async throws {
        struct Refusal: Error {}
        try await withPair(kind) { one, two, addresses in
            await two.handle("/a") { _ in throw Refusal() }
            try await one.connect(to: two.localPeer, addresses: addresses)
            let stream = try await one.openStream(to: two.localPeer, protocols: ["/a"])
            await #expect(throws: PeerStreamError.reset) { while try await stream.read() != nil {} }
        }
    }

    @Test(arguments: Kind.allCases) func aProtocolThatIsNoLongerAnsweredIsRefused(_ kind: Kind) async throws {
        try await withPair(kind) { one, two, addresses in
            await two.handle("/a") { _ in }
            await two.stopHandling("/a")
            try await one.connect(to: two.localPeer, addresses: addresses)
            await #expect(throws: StreamRefused(protocols: ["/a"])) {
                _ = try await one.openStream(to: two.localPeer, protocols: ["/a"])
            }
        }
    }

    @Test(arguments: Kind.allCases) func aReaderThatIsCancelledGivesItsStreamUp(_ kind: Kind) async throws {
        try await withPair(kind) { one, two, addresses in
            let (ends, ended) = AsyncStream<PeerStreamError>.makeStream()
            await two.handle("/a") { stream in
                try await stream.write(ByteBuffer(string: "x"))
                do { while try await stream.read() != nil {} } catch let error as PeerStreamError { ended.yield(error) }
            }
            try await one.connect(to: two.localPeer, addresses: addresses)
            let stream = try await one.openStream(to: two.localPeer, protocols: ["/a"])
            #expect(try await stream.read() == ByteBuffer(string: "x"))
            let reading = Task { try await stream.read() }
            reading.cancel()
            await #expect(throws: PeerStreamError.reset) { _ = try await reading.value }
            for await error in ends {
                #expect(error == .reset)
                break
            }
        }
    }

    @Test(arguments: Kind.allCases) func messagesAreReadHoweverTheirBytesCame(_ kind: Kind) async throws {
        try await withPair(kind) { one, two, addresses in
            await two.handle("/a") { stream in
                // A length and its message in pieces of one byte, then one that is too long.
                for byte in [3, 1, 2, 3, 0, 200, 1] as [UInt8] { try await stream.write(ByteBuffer(bytes: [byte])) }
                while try await stream.read() != nil {}
            }
            try await one.connect(to: two.localPeer, addresses: addresses)
            var reader = MessageReader(try await one.openStream(to: two.localPeer, protocols: ["/a"]))
            #expect(try await reader.read(limit: 100) == [1, 2, 3])
            #expect(try await reader.read(limit: 100) == [])
            await #expect(throws: PeerStreamError.messageTooLarge(limit: 199)) { _ = try await reader.read(limit: 199) }
        }
    }

    @Test(arguments: Kind.allCases) func connectionsAreTold(_ kind: Kind) async throws {
        try await withPair(kind) { one, two, addresses in
            let events = await two.events()
            try await one.connect(to: two.localPeer, addresses: addresses)
            var iterator = events.makeAsyncIterator()
            #expect(await iterator.next() == .connected(one.localPeer))
            await one.disconnect(two.localPeer)
            var last: PeerEvent?
            while let event = await iterator.next() {
                last = event
                if case .disconnected = event { break }
            }
            #expect(last == .disconnected(one.localPeer))
        }
    }
}
