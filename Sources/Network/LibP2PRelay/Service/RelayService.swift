import Foundation
public import LibP2P
import NIOCore

/// Lets peers reach others through this host (libp2p specification "Circuit Relay v2"): it keeps places for peers that cannot be reached,
/// and forwards bytes between them and who asks for them, within limits. What it forwards is encrypted end to end.
public actor RelayService {
    private let network: any PeerNetwork
    private let configuration: RelayConfiguration
    private let clock: ProtocolClock
    private let unixTime: @Sendable () -> UInt64
    private var book: RelayBook

    /// - Parameters:
    ///   - clock: The time that places and limits go by.
    ///   - unixTime: Seconds since 1970, which peers are told; nil takes the machine's clock.
    public init(
        network: any PeerNetwork, configuration: RelayConfiguration = RelayConfiguration(),
        clock: ProtocolClock = .continuous(),
        unixTime: (@Sendable () -> UInt64)? = nil
    ) {
        self.network = network
        self.configuration = configuration
        self.clock = clock
        self.unixTime = unixTime ?? { UInt64(Date().timeIntervalSince1970) }
        book = RelayBook(configuration: configuration)
    }

    /// Relays until it is cancelled; circuits end then.
    public func run() async throws {
        let events = await network.events()
        await network.handle(CircuitProtocol.hop) { stream in try await self.answer(stream) }
        for await event in events {
            if case .disconnected(let peer) = event, await !network.isConnected(to: peer) { book.disconnected(peer) }
        }
        await network.stopHandling(CircuitProtocol.hop)
        try Task.checkCancellation()
    }

    /// Places that are kept, and circuits that there are, now.
    public var counts: (reservations: Int, circuits: Int) { (book.reservationCount, book.circuitCount) }

    // MARK: - Requests

    private func answer(_ stream: any PeerStream) async throws {
        guard book.beginRequest(of: stream.peer) else {
            return try await reply(HopAnswer(status: .resourceLimitExceeded), over: stream)
        }
        var isAnswered = false
        defer { if !isAnswered { book.endRequest(of: stream.peer) } }
        let request: HopRequest
        let leftover: ByteBuffer
        do {
            (request, leftover) = try await clock.withLimit(configuration.requestTime) {
                var reader = MessageReader(stream)
                guard let bytes = try await reader.read(limit: CircuitProtocol.greatestMessageLength) else {
                    throw PeerStreamError.malformed("no request")
                }
                return (try CircuitCodec.hopRequest(from: bytes), reader.leftover)
            }
        } catch PeerStreamError.malformed, PeerStreamError.messageTooLarge {
            return try await reply(HopAnswer(status: .malformedMessage), over: stream)
        }
        // A relay of relays would let anybody multiply what one byte costs.
        guard !stream.connection.isRelayed else {
            return try await reply(HopAnswer(status: .permissionDenied), over: stream)
        }
        switch request {
        case .reserve: try await reserve(stream)
        case .connect(let destination):
            do {
                let (id, other, otherLeftover) = try await open(from: stream, to: destination)
                defer { book.ended(id) }
                do {
                    try await reply(HopAnswer(status: .ok, limit: configuration.limit), over: stream)
                } catch {
                    other.reset()
                    throw error
                }
                // A circuit is counted as such from here on, no longer as a request.
                isAnswered = true
                book.endRequest(of: stream.peer)
                try await CircuitPump.run(
                    stream, leftover, other, otherLeftover, limit: configuration.limit, clock: clock)
            } catch CircuitError.refused(let status) {
                try await reply(HopAnswer(status: status), over: stream)
            }
        }
    }

    private func reply(_ answer: HopAnswer, over stream: any PeerStream) async throws {
        try await clock.withLimit(configuration.requestTime) {
            try await MessageWriter(stream).write(CircuitCodec.encode(answer))
        }
    }

    private func reserve(_ stream: any PeerStream) async throws {
        let peer = stream.peer
        let address = stream.connection.remoteAddress
        guard configuration.mayReserve(peer, address) else {
            return try await reply(HopAnswer(status: .permissionDenied), over: stream)
        }
        let expires: UInt64
        do {
            let now = clock.now()
            let until = try book.reserve(peer, from: address.ipAddress, now: now)
            expires = unixTime() + UInt64(max(0, (until - now).components.seconds))
        } catch {
            guard case .refused(let status) = error else { throw error }
            return try await reply(HopAnswer(status: status), over: stream)
        }
        let voucher = CircuitVoucher(relay: network.localPeer, peer: peer, expires: expires).signed(by: network.keys)
        let reservation = HopAnswer.Reservation(
            expires: expires, addresses: await addresses(for: address), voucher: voucher)
        try await reply(HopAnswer(status: .ok, reservation: reservation, limit: configuration.limit), over: stream)
        // It may have left while it was answered, before its place was there to be taken away.
        if await !network.isConnected(to: peer) { book.disconnected(peer) }
    }

    /// Where this relay can be reached by those that the asker is to be reached by: addresses of private networks mean nothing to others
    /// when the asker comes from the internet.
    private func addresses(for asker: Multiaddr) async -> [Multiaddr] {
        let isPublic = asker.ipAddress.map { !$0.isPrivate } ?? true
        return await network.listenAddresses()
            .filter { !$0.isRelayed && !(isPublic && $0.ipAddress?.isPrivate == true) }
            .prefix(CircuitCodec.greatestAddressCount).map { $0.with(network.localPeer) }
    }

    // MARK: - Circuits

    /// Asks the other end to take part.
    private func open(
        from stream: any PeerStream, to destination: PeerID
    ) async throws -> (RelayBook.CircuitID, any PeerStream, ByteBuffer) {
        let source = stream.peer
        guard configuration.mayConnect(source, destination) else { throw CircuitError.refused(.permissionDenied) }
        let id = try book.connect(
            source, from: stream.connection.remoteAddress.ipAddress, to: destination, now: clock.now())
        do {
            // Only over a connection that is there: this relay dials nobody for others.
            guard await network.isConnected(to: destination) else { throw CircuitError.refused(.noReservation) }
            let (network, limit) = (network, configuration.limit)
            let (other, leftover) = try await clock.withLimit(configuration.stopTime) {
                let other = try await network.openStream(to: destination, protocols: [CircuitProtocol.stop])
                do {
                    try await MessageWriter(other).write(
                        CircuitCodec.encode(StopRequest(source: source, limit: limit)))
                    var reader = MessageReader(other)
                    guard let bytes = try await reader.read(limit: CircuitProtocol.greatestMessageLength),
                        try CircuitCodec.stopAnswer(from: bytes) == .ok
                    else { throw CircuitError.refused(.connectionFailed) }
                    return (other, reader.leftover)
                } catch {
                    other.reset()
                    throw error
                }
            }
            return (id, other, leftover)
        } catch let error as CircuitError {
            book.ended(id)
            throw error
        } catch {
            book.ended(id)
            try Task.checkCancellation()
            throw CircuitError.refused(.connectionFailed)
        }
    }
}
