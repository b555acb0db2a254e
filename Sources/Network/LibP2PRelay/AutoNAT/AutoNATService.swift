public import LibP2P
import NIOCore

/// Dials peers back on their request, so that they learn whether they can be reached (libp2p specification "AutoNAT v1").
public actor AutoNATService {
    private let network: any PeerNetwork
    private let prober: any AddressProber
    private let limits: AutoNATLimits
    private let clock: ProtocolClock
    private var policy: DialBackPolicy

    /// - Parameter prober: Dials apart from the connections that `network` has.
    public init(
        network: any PeerNetwork, prober: any AddressProber, limits: AutoNATLimits = AutoNATLimits(),
        clock: ProtocolClock = .continuous()
    ) {
        self.network = network
        self.prober = prober
        self.limits = limits
        self.clock = clock
        policy = DialBackPolicy(limits: limits)
    }

    /// Answers from now on, until `stop()`.
    public func start() async {
        await network.handle(AutoNATCodec.protocolName) { stream in try await self.answer(stream) }
    }

    public func stop() async { await network.stopHandling(AutoNATCodec.protocolName) }

    private func answer(_ stream: any PeerStream) async throws {
        let answer: DialBackAnswer
        do {
            let request = try await clock.withLimit(limits.requestTime) {
                var reader = MessageReader(stream)
                guard let bytes = try await reader.read(limit: AutoNATCodec.greatestMessageLength) else {
                    throw PeerStreamError.malformed("no request")
                }
                return try AutoNATCodec.request(from: bytes)
            }
            answer = try await dial(request, for: stream)
        } catch PeerStreamError.malformed(let reason) {
            answer = DialBackAnswer(status: .badRequest, text: reason)
        } catch let refusal as DialBackPolicy.Refusal {
            answer = DialBackAnswer(status: refusal.status, text: refusal.text)
        }
        try await clock.withLimit(limits.requestTime) {
            try await MessageWriter(stream).write(AutoNATCodec.encode(answer))
        }
    }

    private func dial(_ request: DialBackRequest, for stream: any PeerStream) async throws -> DialBackAnswer {
        let addresses = try policy.begin(
            request, from: stream.peer, at: stream.connection.remoteAddress, now: clock.now())
        defer { policy.end() }
        let (prober, peer) = (prober, stream.peer)
        do {
            let reached = try await clock.withLimit(limits.dialTime) { try await prober.probe(peer, at: addresses) }
            return DialBackAnswer(status: .ok, address: reached)
        } catch {
            try Task.checkCancellation()
            return DialBackAnswer(status: .dialError, text: "no address could be reached")
        }
    }
}

/// Finds out whether a peer can be reached at an address, by a connection of its own that does not stay.
public protocol AddressProber: Sendable {
    /// - Returns: The address at which the peer itself answered, proven by its key.
    /// - Throws: When none did.
    func probe(_ peer: PeerID, at addresses: [Multiaddr]) async throws -> Multiaddr
}

/// Probes by a second host with a key of its own, so that what there is between the first one and the peer proves nothing.
public struct ProbingHost: AddressProber {
    private let host: Host

    /// - Parameter host: One that nothing else uses; it need not listen.
    public init(host: Host) { self.host = host }

    public func probe(_ peer: PeerID, at addresses: [Multiaddr]) async throws -> Multiaddr {
        // One address after the other: which of them answered must be known for sure.
        var attempts: [DialError.Attempt] = []
        for address in addresses {
            do {
                // What is left of an earlier probe would answer in place of the address.
                await host.disconnect(peer)
                try await host.connect(to: peer, addresses: [address])
                let dialed = await host.connections(to: peer).contains { $0.remoteAddress.withoutPeerID == address }
                await host.disconnect(peer)
                if dialed { return address }
                attempts.append(.init(address: address, reason: "another address answered"))
            } catch let error as DialError {
                attempts += error.attempts
            }
        }
        throw DialError(peer: peer, attempts: attempts)
    }
}
