import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import LibP2P

@Suite(.timeLimit(.minutes(2))) struct HostTests {
    /// Hosts that listen on loopback, for as long as a test runs.
    private func withHosts(
        _ count: Int, _ configure: (inout HostConfiguration) -> Void = { _ in },
        _ body: ([Host], [Multiaddr]) async throws -> Void
    ) async throws {
        var configuration = HostConfiguration()
        configure(&configuration)
        let hosts = (0..<count).map { _ in Host(keys: KeyPair(), configuration: configuration) }
        var result: Result<Void, any Error> = .success(())
        do {
            var addresses: [Multiaddr] = []
            for host in hosts { addresses.append(try await host.listen(on: Multiaddr(.v4(0x7F00_0001), tcp: 0))) }
            try await body(hosts, addresses)
        } catch {
            result = .failure(error)
        }
        for host in hosts { await host.shutdown() }
        try result.get()
    }

    private func echo(_ host: Host, _ name: String = "/echo/1") async {
        await host.handle(name) { stream in
            while let bytes = try await stream.read() { try await stream.write(bytes) }
        }
    }

    @Test func hostsConnectIdentifyEachOtherAndPing() async throws {
        try await withHosts(2) { hosts, addresses in
            await self.echo(hosts[1])
            let events = await hosts[0].events()
            try await hosts[0].connect(to: hosts[1].localPeer, addresses: [addresses[1]])
            var seen: [PeerEvent] = []
            for await event in events {
                seen.append(event)
                if case .observed = event { break }
            }
            #expect(seen.first == .connected(hosts[1].localPeer))
            let isIdentified = seen.contains { event in
                guard case .identified(let peer, let protocols, let known) = event else { return false }
                return peer == hosts[1].localPeer && protocols.contains("/echo/1") && known == [addresses[1]]
            }
            #expect(isIdentified)
            #expect(await hosts[0].protocols(of: hosts[1].localPeer).contains(Ping.name))
            #expect(try await hosts[0].ping(hosts[1].localPeer) < .seconds(5))
            #expect(await hosts[1].connectedPeers() == [hosts[0].localPeer])
            // The other side needs no address to open a stream over the same connection.
            #expect(try await hosts[1].ping(hosts[0].localPeer) < .seconds(5))
        }
    }

    @Test func aNewProtocolIsToldToPeersThatAreConnected() async throws {
        try await withHosts(2) { hosts, addresses in
            let events = await hosts[0].events()
            try await hosts[0].connect(to: hosts[1].localPeer, addresses: [addresses[1]])
            var isAdded = false
            for await event in events {
                guard case .identified(_, let protocols, _) = event else { continue }
                if protocols.contains("/new/1") { break }
                if !isAdded { await self.echo(hosts[1], "/new/1") }
                isAdded = true
            }
            #expect(await hosts[0].protocols(of: hosts[1].localPeer).contains("/new/1"))
        }
    }

    @Test func aPeerThatIdentifiesItselfLateIsToldWhatHasChangedMeanwhile() async throws {
        try await withHosts(2) { hosts, addresses in
            let (gate, opener) = AsyncStream<Never>.makeStream()
            await hosts[0].handle(Identify.name) { [host = hosts[0]] stream in
                for await _ in gate {}
                try await MessageWriter(stream).write(host.identification(for: nil))
            }
            // A push of its own would tell the other what it speaks, too.
            while hosts[0].state.withLock({ $0.isPushPlanned }) { try await Task.sleep(for: .milliseconds(5)) }
            let events = await hosts[0].events()
            try await hosts[0].connect(to: hosts[1].localPeer, addresses: [addresses[1]])
            var isOpen = false
            for await event in events {
                guard case .identified(_, let protocols, _) = event else { continue }
                if protocols.contains("/new/1") { break }
                guard !isOpen else { continue }
                await self.echo(hosts[1], "/new/1")
                while hosts[1].state.withLock({ $0.isPushPlanned || $0.untold.isEmpty }) {
                    try await Task.sleep(for: .milliseconds(5))
                }
                opener.finish()
                isOpen = true
            }
            #expect(isOpen)
        }
    }

    @Test func eightMebibytesComeBackAsTheyWereSent() async throws {
        try await withHosts(2) { hosts, addresses in
            await self.echo(hosts[1])
            try await hosts[0].connect(to: hosts[1].localPeer, addresses: [addresses[1]])
            let stream = try await hosts[0].openStream(to: hosts[1].localPeer, protocols: ["/none/1", "/echo/1"])
            #expect(stream.protocolName == "/echo/1")
            let sent = (0..<(8 * 1024 * 1024)).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 11) }
            let received = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                group.addTask {
                    try await stream.write(ByteBuffer(bytes: sent))
                    try await stream.closeWrite()
                    return []
                }
                var received: [UInt8] = []
                while let bytes = try await stream.read() { received += bytes.readableBytesView }
                try await group.waitForAll()
                return received
            }
            #expect(received == sent)
            #expect(try await stream.read() == nil)
            await #expect(throws: PeerStreamError.closed) { try await stream.write(ByteBuffer(string: "late")) }
        }
    }

    @Test func fiveHundredStreamsShareOneConnection() async throws {
        try await withHosts(2) { hosts, addresses in
            await self.echo(hosts[1])
            try await hosts[0].connect(to: hosts[1].localPeer, addresses: [addresses[1]])
            let host = hosts[0]
            let peer = hosts[1].localPeer
            let right = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        // Opening waits its turn: no more than 256 may be unacknowledged.
                        let stream = try await host.openStream(to: peer, protocols: ["/echo/1"])
                        try await MessageWriter(stream).write(Array("stream \(number)".utf8))
                        var reader = MessageReader(stream)
                        return try await reader.read(limit: 100) == Array("stream \(number)".utf8)
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(right == 500)
            #expect(await host.connections(to: peer).count == 1)
        }
    }

    @Test func aPeerThatIsNotTheExpectedOneIsNotConnectedTo() async throws {
        try await withHosts(2) { hosts, addresses in
            let other = KeyPair().peerID
            let error = await #expect(throws: DialError.self) {
                try await hosts[0].connect(to: other, addresses: [addresses[1]])
            }
            #expect(error?.attempts.first?.reason.contains("wrongPeer") == true)
            #expect(await hosts[0].connectedPeers().isEmpty)
        }
    }

    @Test func theFirstAddressThatAnswersIsEnough() async throws {
        try await withHosts(2) { hosts, addresses in
            let dead = try Multiaddr(parsing: "/ip4/127.0.0.1/tcp/1")
            let unknown = try Multiaddr(parsing: "/ip4/127.0.0.1/udp/1/quic-v1")
            try await hosts[0].connect(to: hosts[1].localPeer, addresses: [dead, unknown, addresses[1]])
            #expect(await hosts[0].isConnected(to: hosts[1].localPeer))
            let error = await #expect(throws: DialError.self) {
                try await hosts[1].connect(to: KeyPair().peerID, addresses: [dead, unknown])
            }
            #expect(error?.attempts.count == 2)
        }
    }

    @Test func aProtocolThatNobodySpeaksIsRefused() async throws {
        try await withHosts(2) { hosts, addresses in
            try await hosts[0].connect(to: hosts[1].localPeer, addresses: [addresses[1]])
            await #expect(throws: StreamRefused(protocols: ["/none/1", "/none/2"])) {
                _ = try await hosts[0].openStream(to: hosts[1].localPeer, protocols: ["/none/1", "/none/2"])
            }
        }
    }

    @Test func aResetIsSeenAtTheOtherEnd() async throws {
        try await withHosts(2) { hosts, addresses in
            let (failures, failure) = AsyncStream<PeerStreamError>.makeStream()
            await hosts[1].handle("/wait/1") { stream in
                do { while try await stream.read() != nil {} } catch let error as PeerStreamError {
                    failure.yield(error)
                }
            }
            try await hosts[0].connect(to: hosts[1].localPeer, addresses: [addresses[1]])
            let stream = try await hosts[0].openStream(to: hosts[1].localPeer, protocols: ["/wait/1"])
            stream.reset()
            for await error in failures {
                #expect(error == .reset)
                break
            }
            await #expect(throws: PeerStreamError.reset) { _ = try await stream.read() }
            // When its connection ends, a stream is lost.
            let other = try await hosts[0].openStream(to: hosts[1].localPeer, protocols: ["/wait/1"])
            await hosts[0].disconnect(hosts[1].localPeer)
            for await error in failures {
                #expect(error == .connectionLost)
                break
            }
            await #expect(throws: PeerStreamError.connectionLost) { _ = try await other.read() }
        }
    }

    @Test func aWriterWhosePeerDoesNotReadWaits() async throws {
        try await withHosts(2) { hosts, addresses in
            let (gate, open) = AsyncStream<Void>.makeStream()
            await hosts[1].handle("/slow/1") { stream in
                for await _ in gate { break }
                var count = 0
                while let bytes = try await stream.read() { count += bytes.readableBytes }
                try await MessageWriter(stream).write(Array(String(count).utf8))
            }
            try await hosts[0].connect(to: hosts[1].localPeer, addresses: [addresses[1]])
            let stream = try await hosts[0].openStream(to: hosts[1].localPeer, protocols: ["/slow/1"])
            let size = 3 * 1024 * 1024
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await stream.write(ByteBuffer(repeating: 1, count: size))
                    try await stream.closeWrite()
                    return true
                }
                group.addTask {
                    try await Task.sleep(for: .milliseconds(200))
                    return false
                }
                // What does not fit into the window waits for the reader.
                let early = try await group.next()
                #expect(early == false)
                open.yield()
                let late = try await group.next()
                #expect(late == true)
            }
            var reader = MessageReader(stream)
            #expect(try await reader.read(limit: 100) == Array(String(size).utf8))
        }
    }

    @Test func aConnectionOverAStreamIsOneLikeAnyOther() async throws {
        try await withHosts(3) { hosts, addresses in
            await self.echo(hosts[2])
            // Host 1 forwards, as a relay does.
            let relay = hosts[1]
            let circuit = addresses[1].with(relay.localPeer).appending(.p2pCircuit)
            await hosts[2].handle("/stop/1") { [host = hosts[2]] stream in
                try await host.upgrade(stream: stream, direction: .inbound, expectedPeer: nil, address: circuit)
                await withCheckedContinuation { (never: CheckedContinuation<Void, Never>) in
                    Task {
                        while await host.connectedPeers().count > 1 { try? await Task.sleep(for: .milliseconds(20)) }
                        never.resume()
                    }
                }
            }
            await relay.handle("/hop/1") { [target = hosts[2].localPeer] stream in
                let onward = try await relay.openStream(to: target, protocols: ["/stop/1"])
                try await withThrowingTaskGroup { group in
                    for (from, to) in [(stream, onward), (onward, stream)] {
                        group.addTask {
                            while let bytes = try await from.read() { try await to.write(bytes) }
                            try await to.closeWrite()
                        }
                    }
                    try await group.waitForAll()
                }
            }
            struct Dialer: CircuitDialer {
                let host: Host
                let relay: PeerID
                func openCircuit(to peer: PeerID, through address: Multiaddr) async throws -> any PeerStream {
                    try await host.openStream(to: relay, protocols: ["/hop/1"])
                }
            }
            hosts[0].register(Dialer(host: hosts[0], relay: relay.localPeer))
            try await relay.connect(to: hosts[2].localPeer, addresses: [addresses[2]])
            try await hosts[0].connect(to: relay.localPeer, addresses: [addresses[1]])
            try await hosts[0].connect(to: hosts[2].localPeer, addresses: [circuit])
            let stream = try await hosts[0].openStream(to: hosts[2].localPeer, protocols: ["/echo/1"])
            #expect(stream.connection.isRelayed)
            try await MessageWriter(stream).write(Array("through".utf8))
            var reader = MessageReader(stream)
            #expect(try await reader.read(limit: 100) == Array("through".utf8))
        }
    }
}
