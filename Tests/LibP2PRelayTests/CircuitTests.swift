import LibP2P
import LibP2PRelay
import NIOCore
import Synchronization
import Testing

/// One host reaches another through a third; all of them real. Host 0 is the relay, host 1 keeps a place there, host 2 dials.
@Suite(.timeLimit(.minutes(2))) struct CircuitTests {
    private struct Cast {
        let hosts: [Host]
        let relayAddress: Multiaddr
        let service: RelayService
        let resident: CircuitClient
        /// Where the resident is to be reached.
        let address: Multiaddr
    }

    private func configured(_ edit: (inout RelayConfiguration) -> Void) -> RelayConfiguration {
        var configuration = RelayConfiguration()
        edit(&configuration)
        return configuration
    }

    private func withCircuit(
        _ configuration: RelayConfiguration = RelayConfiguration(), clock: ProtocolClock = .continuous(),
        _ body: (Cast) async throws -> Void
    ) async throws {
        var service: RelayService?
        var clients: [CircuitClient] = []
        let running: ([Host]) -> [@Sendable () async throws -> Void] = { hosts in
            let relay = RelayService(network: hosts[0], configuration: configuration, clock: clock)
            let both = hosts[1...].map { CircuitClient(host: $0) }
            service = relay
            clients = both
            return [{ try await relay.run() }, { try await both[0].run() }, { try await both[1].run() }]
        }
        try await withHosts(3, running: running) { hosts, addresses in
            guard let service, let resident = clients.first else { return }
            await hosts[1].handle("/echo") { try await echo($0) }
            let relay = hosts[0].localPeer
            try await resident.keepReservation(at: relay, addresses: [addresses[0]])
            try await eventually { await resident.reservations[relay] != nil }
            try await body(
                Cast(
                    hosts: hosts, relayAddress: addresses[0], service: service, resident: resident,
                    address: addresses[0].with(relay).appending(.p2pCircuit, .p2p(hosts[1].localPeer))))
        }
    }

    @Test func aPeerIsReachedThroughARelayAndProvesItself() async throws {
        try await withCircuit { cast in
            let resident = cast.hosts[1].localPeer
            try await cast.hosts[2].connect(to: resident, addresses: [cast.address])
            let stream = try await cast.hosts[2].openStream(to: resident, protocols: ["/echo"])
            #expect(stream.peer == resident)
            #expect(stream.connection.isRelayed)
            let sent = (0..<50_000).map { UInt8(truncatingIfNeeded: $0) }
            try await stream.write(ByteBuffer(bytes: sent))
            try await stream.closeWrite()
            #expect(try await stream.readAll() == sent)
            let counts = await cast.service.counts
            #expect(counts.reservations == 1 && counts.circuits == 1)
            await cast.hosts[2].disconnect(resident)
            try await eventually { await cast.service.counts.circuits == 0 }
        }
    }

    @Test func aPlaceIsAnnouncedAndCarriesTheRelaysWord() async throws {
        try await withCircuit { cast in
            let reservation = await cast.resident.reservations[cast.hosts[0].localPeer]
            #expect(reservation?.voucher?.peer == cast.hosts[1].localPeer)
            #expect(reservation?.limit == RelayConfiguration().limit)
            let announced = await cast.hosts[1].listenAddresses()
            #expect(announced.contains(cast.relayAddress.with(cast.hosts[0].localPeer).appending(.p2pCircuit)))
            await cast.resident.giveUpReservation(at: cast.hosts[0].localPeer)
            try await eventually { await !cast.hosts[1].listenAddresses().contains { $0.isRelayed } }
        }
    }

    @Test func aPlaceThatIsLostIsAskedForAnew() async throws {
        let isOpen = Mutex(true)
        try await withCircuit(configured { $0.mayReserve = { _, _ in isOpen.withLock { $0 } } }) { cast in
            // Nobody gets a place again before it was seen that there is none.
            isOpen.withLock { $0 = false }
            await cast.hosts[0].disconnect(cast.hosts[1].localPeer)
            try await eventually { await cast.service.counts.reservations == 0 }
            isOpen.withLock { $0 = true }
            try await eventually { await cast.service.counts.reservations == 1 }
        }
    }

    @Test func whoHasNoPlaceIsNotReached() async throws {
        try await withCircuit { cast in
            let relay = cast.hosts[0].localPeer
            let stranger = KeyPair().peerID
            let address = cast.relayAddress.with(relay).appending(.p2pCircuit)
            do {
                try await cast.hosts[2].connect(to: stranger, addresses: [address])
                Issue.record("it was reached")
            } catch let error as DialError {
                #expect(error.attempts.map(\.reason) == ["\(CircuitError.refused(.noReservation))"])
            }
        }
    }

    @Test func whoOnlyPretendsToBeThePeerIsRefused() async throws {
        // The relay leads to the resident; the dialer wants somebody else, who has a place, too, but is not who answers.
        try await withCircuit { cast in
            let address = cast.address.withoutPeerID
            let circuit = try await CircuitClient(host: cast.hosts[2]).openCircuit(
                to: cast.hosts[1].localPeer, through: address)
            await #expect(throws: ConnectionError.self) {
                try await cast.hosts[2].upgrade(
                    stream: circuit, direction: .outbound, expectedPeer: KeyPair().peerID, address: address)
            }
        }
    }

    @Test func aCircuitThatCarriesTooMuchIsCut() async throws {
        try await withCircuit(configured { $0.limit = CircuitLimit(seconds: 60, byteCount: 20_000) }) { cast in
            let resident = cast.hosts[1].localPeer
            try await cast.hosts[2].connect(to: resident, addresses: [cast.address])
            let stream = try await cast.hosts[2].openStream(to: resident, protocols: ["/echo"])
            await #expect(throws: PeerStreamError.self) {
                try await stream.write(ByteBuffer(repeating: 1, count: 200_000))
                try await stream.closeWrite()
                _ = try await stream.readAll()
            }
            try await eventually { await cast.service.counts.circuits == 0 }
            #expect(await cast.service.counts.reservations == 1)
        }
    }

    @Test func aCircuitThatLastsTooLongIsCut() async throws {
        let limit = CircuitLimit(seconds: 77, byteCount: nil)
        let (isOver, end) = AsyncStream<Never>.makeStream()
        // The machine's clock, but that the circuit's time is over when the test says so.
        let real = ProtocolClock.continuous()
        let clock = ProtocolClock(now: real.now) { duration in
            guard duration == .seconds(77) else { return try await real.sleep(duration) }
            for await _ in isOver {}
            try Task.checkCancellation()
        }
        try await withCircuit(configured { $0.limit = limit }, clock: clock) { cast in
            let resident = cast.hosts[1].localPeer
            try await cast.hosts[2].connect(to: resident, addresses: [cast.address])
            let stream = try await cast.hosts[2].openStream(to: resident, protocols: ["/echo"])
            #expect(await cast.service.counts.circuits == 1)
            end.finish()
            await #expect(throws: PeerStreamError.self) { _ = try await stream.read() }
            try await eventually { await cast.service.counts.circuits == 0 }
        }
    }

    @Test func oneDialerCannotTakeAllCircuits() async throws {
        try await withCircuit(configured { $0.circuitsPerPeer = 2 }) { cast in
            let dialer = CircuitClient(host: cast.hosts[2])
            var circuits: [any PeerStream] = []
            for _ in 0..<2 {
                circuits.append(
                    try await dialer.openCircuit(to: cast.hosts[1].localPeer, through: cast.address.withoutPeerID))
            }
            await #expect(throws: CircuitError.refused(.resourceLimitExceeded)) {
                try await dialer.openCircuit(to: cast.hosts[1].localPeer, through: cast.address.withoutPeerID)
            }
            for circuit in circuits { circuit.reset() }
            try await eventually { await cast.service.counts.circuits == 0 }
        }
    }

    @Test func aRelayThatWasNotAskedCannotBringAnybody() async throws {
        let running: ([Host]) -> [@Sendable () async throws -> Void] = { hosts in
            let client = CircuitClient(host: hosts[0])
            return [{ try await client.run() }]
        }
        try await withHosts(2, running: running) { hosts, addresses in
            try await eventually {
                try await hosts[1].connect(to: hosts[0].localPeer, addresses: [addresses[0]])
                return await hosts[1].protocols(of: hosts[0].localPeer).contains(CircuitProtocol.stop)
            }
            let stream = try await hosts[1].openStream(to: hosts[0].localPeer, protocols: [CircuitProtocol.stop])
            try await MessageWriter(stream).write(
                CircuitCodec.encode(StopRequest(source: KeyPair().peerID, limit: nil)))
            var reader = MessageReader(stream)
            let answer = try await reader.read(limit: 4_096)
            #expect(try answer.map { try CircuitCodec.stopAnswer(from: $0) } == .permissionDenied)
        }
    }

    @Test func addressesThatLeadNowhereAreNotDialed() async throws {
        try await withHosts(1) { hosts, _ in
            let client = CircuitClient(host: hosts[0])
            let (relay, peer) = (KeyPair().peerID, KeyPair().peerID)
            let base = Multiaddr(.v4(0x7F00_0001), tcp: 9)
            for address in [
                base, base.appending(.p2pCircuit), base.with(peer).appending(.p2pCircuit),
                base.with(hosts[0].localPeer).appending(.p2pCircuit),
                base.with(relay).appending(.p2pCircuit, .p2p(KeyPair().peerID), .p2pCircuit),
            ] {
                await #expect(throws: CircuitError.notRelayed(address)) {
                    try await client.openCircuit(to: peer, through: address)
                }
            }
        }
    }
}
