import Foundation
public import LibP2P
import NIOCore

/// Reaches peers over relays, and is reached: it opens and accepts circuits, and keeps places at relays (libp2p specification "Circuit
/// Relay v2"). Connections over relays are encrypted end to end like all others.
public actor CircuitClient: CircuitDialer {
    private let host: any CircuitHost
    private let configuration: CircuitConfiguration
    private let clock: ProtocolClock
    private let unixTime: @Sendable () -> UInt64
    /// Relays at which a place is to be kept, and where they are.
    private var relays: [PeerID: Relay] = [:]
    private var inbound = Tally<PeerID>()
    private var isStarted = false
    private let works: AsyncStream<PeerID>
    private let addWork: AsyncStream<PeerID>.Continuation

    private struct Relay {
        var addresses: [Multiaddr]
        var reservation: CircuitReservation?
        /// Ends the wait for the time to renew.
        var wake: AsyncStream<Void>.Continuation?
        var isWanted = true
    }

    /// - Parameters:
    ///   - clock: The time that waiting goes by.
    ///   - unixTime: Seconds since 1970, against which relays say when places end; nil takes the machine's clock.
    public init(
        host: any CircuitHost, configuration: CircuitConfiguration = CircuitConfiguration(),
        clock: ProtocolClock = .continuous(),
        unixTime: (@Sendable () -> UInt64)? = nil
    ) {
        self.host = host
        self.configuration = configuration
        self.clock = clock
        self.unixTime = unixTime ?? { UInt64(Date().timeIntervalSince1970) }
        (works, addWork) = AsyncStream.makeStream()
    }

    /// Dials and accepts over relays, and keeps the places that are wanted, until it is cancelled.
    /// - Precondition: It is called once.
    public func run() async throws {
        precondition(!isStarted, "a client of relays runs once")
        isStarted = true
        host.register(self)
        await host.handle(CircuitProtocol.stop) { stream in try await self.accept(stream) }
        let events = await host.events()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.follow(events) }
            for await relay in works { group.addTask { await self.keep(relay) } }
            group.cancelAll()
        }
        await host.stopHandling(CircuitProtocol.stop)
        try Task.checkCancellation()
    }

    private func follow(_ events: AsyncStream<PeerEvent>) async {
        for await event in events {
            guard case .disconnected(let peer) = event, relays[peer] != nil, await !host.isConnected(to: peer) else {
                continue
            }
            relays[peer]?.wake?.yield()
        }
    }

    // MARK: - Places

    /// Keeps a place at a relay from now on, while `run()` runs: it is renewed in time, asked for anew when it is lost, and announced as an
    /// address of this host while it is there.
    /// - Throws: `CircuitError.tooManyRelays`.
    public func keepReservation(at relay: PeerID, addresses: [Multiaddr]) throws {
        guard relays[relay] == nil else {
            relays[relay]?.addresses = addresses
            relays[relay]?.isWanted = true
            return
        }
        guard relays.count < configuration.relays else {
            throw CircuitError.tooManyRelays(limit: configuration.relays)
        }
        relays[relay] = Relay(addresses: addresses)
        addWork.yield(relay)
    }

    /// Lets a place go.
    public func giveUpReservation(at relay: PeerID) {
        relays[relay]?.isWanted = false
        relays[relay]?.wake?.yield()
    }

    /// The places that this host has now, by relay.
    public var reservations: [PeerID: CircuitReservation] { relays.compactMapValues(\.reservation) }

    /// Asks a relay once for a place. `keepReservation` is what hosts need that want to stay reachable.
    /// - Throws: `CircuitError`, `DialError`, `StreamRefused`, `PeerStreamError`.
    public func reserve(at relay: PeerID, addresses: [Multiaddr]) async throws -> CircuitReservation {
        let host = host
        let (answer, connection) = try await clock.withLimit(configuration.reserveTime) {
            try await host.connect(to: relay, addresses: addresses)
            let stream = try await host.openStream(to: relay, protocols: [CircuitProtocol.hop])
            do {
                guard !stream.connection.isRelayed else { throw CircuitError.relayIsRelayed }
                try await MessageWriter(stream).write(CircuitCodec.encode(HopRequest.reserve))
                let answer = try await Self.answer(of: stream).answer
                try await stream.closeWrite()
                return (answer, stream.connection)
            } catch {
                stream.reset()
                throw error
            }
        }
        guard answer.status == .ok else { throw CircuitError.refused(answer.status) }
        guard let given = answer.reservation else { throw CircuitError.malformed("a place without a time") }
        var voucher = given.voucher.flatMap { try? CircuitVoucher(signed: $0) }
        if voucher?.relay != relay || voucher?.peer != host.localPeer { voucher = nil }
        var found = given.addresses.filter { !$0.isRelayed && ($0.peerID == nil || $0.peerID == relay) }
        if found.isEmpty, connection.direction == .outbound { found = [connection.remoteAddress] }
        return CircuitReservation(
            expires: given.expires,
            relayAddresses: found.prefix(configuration.addressesPerRelay).map { $0.with(relay) }, voucher: voucher,
            limit: answer.limit)
    }

    private static func answer(of stream: any PeerStream) async throws -> (answer: HopAnswer, leftover: ByteBuffer) {
        var reader = MessageReader(stream)
        guard let bytes = try await reader.read(limit: CircuitProtocol.greatestMessageLength) else {
            throw CircuitError.malformed("no answer")
        }
        return (try CircuitCodec.hopAnswer(from: bytes), reader.leftover)
    }

    /// Has a place at a relay for as long as it is wanted.
    private func keep(_ relay: PeerID) async {
        var retryTime = configuration.leastRetryTime
        while !Task.isCancelled, let state = relays[relay], state.isWanted {
            let (woken, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
            relays[relay]?.wake = wake
            var wait = retryTime
            do {
                let reservation = try await reserve(at: relay, addresses: state.addresses)
                announce(reservation, at: relay)
                wait = renewalTime(of: reservation)
                retryTime = configuration.leastRetryTime
            } catch {
                announce(nil, at: relay)
                retryTime = min(configuration.greatestRetryTime, retryTime * 2)
            }
            do {
                try await clock.withLimit(wait) { for await _ in woken { return } }
                // Woken: the relay is gone, or no longer wanted.
                announce(nil, at: relay)
            } catch {}
        }
        announce(nil, at: relay)
        relays[relay] = nil
    }

    /// Half of the time that is left, by clocks that need not agree well.
    private func renewalTime(of reservation: CircuitReservation) -> Duration {
        let now = unixTime()
        let left = reservation.expires > now ? min(reservation.expires - now, 86_400) : 0
        return .seconds(Int64(max(30, left / 2)))
    }

    private func announce(_ reservation: CircuitReservation?, at relay: PeerID) {
        let old = relays[relay]?.reservation?.relayAddresses ?? []
        let new = reservation?.relayAddresses ?? []
        relays[relay]?.reservation = reservation
        for address in old where !new.contains(address) { host.withdraw(address.appending(.p2pCircuit)) }
        for address in new where !old.contains(address) { host.announce(address.appending(.p2pCircuit)) }
    }

    // MARK: - Circuits

    /// A stream to a peer through a relay. The host calls it when it dials such an address.
    public nonisolated func openCircuit(to peer: PeerID, through address: Multiaddr) async throws -> any PeerStream {
        guard let relayAddress = address.relayAddress, let relay = relayAddress.peerID, !relayAddress.isRelayed,
            address.components.count(where: { $0 == .p2pCircuit }) == 1, relay != peer, relay != host.localPeer
        else { throw CircuitError.notRelayed(address) }
        let host = host
        return try await clock.withLimit(configuration.connectTime) {
            let direct = relayAddress.withoutPeerID
            try await host.connect(to: relay, addresses: direct.components.isEmpty ? [] : [direct])
            let stream = try await host.openStream(to: relay, protocols: [CircuitProtocol.hop])
            do {
                guard !stream.connection.isRelayed else { throw CircuitError.relayIsRelayed }
                try await MessageWriter(stream).write(CircuitCodec.encode(HopRequest.connect(peer)))
                let (answer, leftover) = try await Self.answer(of: stream)
                guard answer.status == .ok else { throw CircuitError.refused(answer.status) }
                return RelayedStream(stream, unread: leftover)
            } catch {
                stream.reset()
                throw error
            }
        }
    }

    /// A relay says that somebody wants to reach this host.
    private func accept(_ stream: any PeerStream) async throws {
        let relay = stream.peer
        guard relays[relay]?.reservation != nil, !stream.connection.isRelayed else {
            return try await refuse(stream, .permissionDenied)
        }
        guard inbound.total < configuration.inboundCircuits, inbound[relay] < configuration.inboundCircuitsPerRelay
        else { return try await refuse(stream, .resourceLimitExceeded) }
        inbound.add(relay)
        defer { inbound.remove(relay) }

        let request: StopRequest
        let leftover: ByteBuffer
        do {
            (request, leftover) = try await clock.withLimit(configuration.upgradeTime) {
                var reader = MessageReader(stream)
                guard let bytes = try await reader.read(limit: CircuitProtocol.greatestMessageLength) else {
                    throw PeerStreamError.malformed("no request")
                }
                let request = try CircuitCodec.stopRequest(from: bytes)
                try await MessageWriter(stream).write(CircuitCodec.encode(CircuitStatus.ok))
                return (request, reader.leftover)
            }
        } catch PeerStreamError.malformed, PeerStreamError.messageTooLarge {
            return try await refuse(stream, .malformedMessage)
        }
        let circuit = RelayedStream(stream, unread: leftover)
        let address = stream.connection.remoteAddress.with(relay).appending(.p2pCircuit)
        let host = host
        do {
            try await clock.withLimit(configuration.upgradeTime) {
                _ = try await host.upgrade(
                    stream: circuit, direction: .inbound, expectedPeer: request.source, address: address)
            }
        } catch {
            circuit.reset()
            throw error
        }
        // The stream lives as long as this handler does.
        await circuit.waitUntilEnded()
    }

    private func refuse(_ stream: any PeerStream, _ status: CircuitStatus) async throws {
        try await clock.withLimit(configuration.upgradeTime) {
            try await MessageWriter(stream).write(CircuitCodec.encode(status))
        }
    }
}
