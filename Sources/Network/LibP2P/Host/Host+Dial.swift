import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Opens streams over relays, for addresses with `/p2p-circuit`. Registered with a host by the protocol that relays.
public protocol CircuitDialer: Sendable {
    /// A stream whose bytes the relay forwards to the peer; the host makes a connection of it.
    /// - Parameter address: With its relay and `/p2p-circuit`, without the peer at its end.
    func openCircuit(to peer: PeerID, through address: Multiaddr) async throws -> any PeerStream
}

/// How a dial ended, for those who waited for it.
enum DialResult: Sendable {
    case connected
    case failed(DialError)
    /// Who dialed was cancelled.
    case abandoned
}

extension Host {
    /// Says who opens streams over relays.
    public func register(_ dialer: any CircuitDialer) { state.withLock { $0.circuitDialer = dialer } }

    public func connect(to peer: PeerID, addresses: [Multiaddr]) async throws {
        while true {
            let now = now
            let (isConnected, known, isDialing) = state.withLock { state in
                let isDialing = state.dialing[peer] != nil
                let isConnected = state.book.byPeer[peer] != nil
                if !isConnected, !isDialing { state.dialing[peer] = [] }
                return (isConnected, state.store.addresses(of: peer, at: now), isDialing)
            }
            guard !isConnected else { return }
            if isDialing {
                switch await waitForDial(of: peer) {
                case .connected: return
                case .failed(let error): if addresses.isEmpty { throw error }
                case .abandoned: break
                }
                try Task.checkCancellation()
                continue
            }
            let result = await dial(peer, addresses + known)
            let waiting = state.withLock { $0.dialing.removeValue(forKey: peer) ?? [] }
            for continuation in waiting { continuation.resume(returning: result) }
            switch result {
            case .connected: return
            case .failed(let error): throw error
            case .abandoned: throw CancellationError()
            }
        }
    }

    private func waitForDial(of peer: PeerID) async -> DialResult {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.dialing[peer] != nil else { return true }
                state.dialing[peer]?.append(continuation)
                return false
            }
            if isOver { continuation.resume(returning: .abandoned) }
        }
    }

    /// Tries addresses, a few at a time: direct ones first, over relays when none of those answers.
    private func dial(_ peer: PeerID, _ addresses: [Multiaddr]) async -> DialResult {
        guard peer != localPeer else { return .failed(DialError(peer: peer, attempts: [])) }
        var seen: Set<Multiaddr> = []
        let candidates = addresses.filter { $0.peerID == nil || $0.peerID == peer }.map(\.withoutPeerID)
            .filter { seen.insert($0).inserted }.prefix(128)
        var attempts: [DialError.Attempt] = []
        for group in [candidates.filter { !$0.isRelayed }, candidates.filter(\.isRelayed)] where !group.isEmpty {
            let (isConnected, failed) = await dialAny(of: group, peer)
            if isConnected { return .connected }
            if Task.isCancelled { return .abandoned }
            attempts += failed
        }
        return .failed(DialError(peer: peer, attempts: attempts))
    }

    private func dialAny(of addresses: [Multiaddr], _ peer: PeerID) async -> (Bool, [DialError.Attempt]) {
        await withTaskGroup(of: DialError.Attempt?.self) { group in
            var rest = addresses[...]
            var attempts: [DialError.Attempt] = []
            for address in rest.prefix(configuration.concurrentDials) {
                group.addTask { await self.attempt(address, peer) }
            }
            rest = rest.dropFirst(configuration.concurrentDials)
            while let result = await group.next() {
                guard let failed = result else {
                    group.cancelAll()
                    return (true, attempts)
                }
                attempts.append(failed)
                if let next = rest.popFirst() { group.addTask { await self.attempt(next, peer) } }
            }
            return (false, attempts)
        }
    }

    /// - Returns: nil when there is a connection now.
    private func attempt(_ address: Multiaddr, _ peer: PeerID) async -> DialError.Attempt? {
        guard configuration.gate(.dial(peer, address)) else { return .init(address: address, reason: "not wanted") }
        do {
            if address.isRelayed {
                guard let dialer = state.withLock({ $0.circuitDialer }) else {
                    return .init(address: address, reason: "nothing here dials over relays")
                }
                let stream = try await dialer.openCircuit(to: peer, through: address)
                try await upgrade(stream: stream, direction: .outbound, expectedPeer: peer, address: address)
            } else {
                try await dialTCP(address, peer)
            }
            return nil
        } catch {
            return .init(address: address, reason: "\(error)")
        }
    }

    /// Tries whether a peer answers at one of these addresses, by a connection of its own that is closed again at once.
    /// Addresses that go over relays are passed over.
    /// - Returns: The first that answered.
    /// - Throws: `DialError`.
    public func probe(_ peer: PeerID, addresses: [Multiaddr]) async throws -> Multiaddr {
        var attempts: [DialError.Attempt] = []
        for address in addresses.map(\.withoutPeerID).prefix(configuration.concurrentDials) where !address.isRelayed {
            guard configuration.gate(.dial(peer, address)) else {
                attempts.append(.init(address: address, reason: "not wanted"))
                continue
            }
            do {
                try await dialTCP(address, peer).end(.closedHere)
                return address
            } catch {
                try Task.checkCancellation()
                attempts.append(.init(address: address, reason: "\(error)"))
            }
        }
        throw DialError(peer: peer, attempts: attempts)
    }

    /// Makes one more connection to a peer, even when there is one: directly, besides one over a relay.
    /// - Throws: `ConnectionError`.
    public func connectAgain(to peer: PeerID, at address: Multiaddr) async throws {
        try await dialTCP(address.withoutPeerID, peer)
    }

    @discardableResult
    private func dialTCP(_ address: Multiaddr, _ peer: PeerID) async throws -> PeerConnection {
        guard address.components.count == 2, case .tcp(let port) = address.components[1] else {
            throw ConnectionError.transport("this kind of address is not dialed")
        }
        let host: String
        switch address.components[0] {
        case .ip(let ip): host = ip.description
        case .dns(let name), .dns4(let name), .dns6(let name): host = name
        default: throw ConnectionError.transport("this kind of address is not dialed")
        }
        let connection = try makeConnection(.outbound, address: address, expectedPeer: peer)
        // Its end, by time or because another address was quicker, is seen through the connection.
        ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(configuration.dialTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: SocketTuning.allocator)
            .channelOption(.writeBufferWaterMark, value: SocketTuning.waterMark)
            .channelOption(.maxMessagesPerRead, value: 4)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ChannelTransport(connection: connection, channel: channel))
                }
            }
            .connect(host: host, port: Int(port))
            .whenFailure { connection.end(.transport("\($0)")) }
        _ = try await connection.waitUntilEstablished()
        return connection
    }
}
