import Crypto
import Logging
import NIOCore
import Synchronization

extension Host {
    /// A connection that is about to be tried, or refused.
    func makeConnection(
        _ direction: ConnectionFacts.Direction, address: Multiaddr, expectedPeer: PeerID?
    ) throws(ConnectionError) -> PeerConnection {
        let (id, isShutDown) = state.withLock { state in
            state.nextID += 1
            return (state.nextID, state.isShutDown)
        }
        guard !isShutDown else { throw .closedHere }
        let machine = ConnectionMachine(
            role: direction == .outbound ? .dialer : .listener, identity: identity, expectedPeer: expectedPeer,
            limits: configuration.sessionLimits)
        let connection = PeerConnection(
            facts: ConnectionFacts(id: id, direction: direction, remoteAddress: address), machine: machine,
            clock: { [start = ContinuousClock.now] in ContinuousClock.now - start },
            callbacks: PeerConnection.Callbacks(
                established: { [weak self] in self?.established($0, $1) },
                opened: { [weak self] in self?.serve($0, $1) },
                ended: { [weak self] in self?.ended($0, $1) }))
        let now = now
        let admission = state.withLock {
            $0.book.add(connection, id: id, direction: direction, address: address, at: now)
        }
        switch admission {
        case .admitted: break
        case .replaces(let oldest): oldest.end(.refusedHere("too many handshakes at a time"))
        case .refused(let reason): throw .refusedHere(reason)
        }
        return connection
    }

    private func established(_ connection: PeerConnection, _ peer: PeerID) {
        let facts = connection.facts
        guard peer != localPeer else { return connection.end(.refusedHere("this host itself")) }
        guard configuration.gate(.keep(peer, facts.remoteAddress, facts.direction)) else {
            return connection.end(.refusedHere("not wanted"))
        }
        let now = now
        let proof = state.withLock { state in
            let proof = state.book.prove(facts.id, is: peer)
            if case .kept = proof {
                state.store.setConnected(true, peer, at: now)
                if facts.direction == .outbound {
                    state.store.learn(
                        [facts.remoteAddress], of: peer, until: now + configuration.addressLifetime, at: now)
                }
            }
            return proof
        }
        switch proof {
        case .refused(let reason): connection.end(.refusedHere(reason))
        case .kept(let isFirst):
            logger.debug("connected", metadata: ["peer": "\(peer)", "address": "\(facts.remoteAddress)"])
            if isFirst { tell(.connected(peer)) }
            spawn { [weak self] in await self?.identify(connection, peer) }
            // It may have ended on another thread before it was in the book.
            if connection.core.withLock({ $0.failure != nil }) { ended(connection, .closedHere) }
        }
    }

    private func ended(_ connection: PeerConnection, _ error: ConnectionError) {
        let now = now
        let last = state.withLock { state in
            let last = state.book.remove(connection.facts.id)
            if let last { state.store.setConnected(false, last, at: now) }
            return last
        }
        logger.debug("connection ended", metadata: ["address": "\(connection.facts.remoteAddress)", "why": "\(error)"])
        if let last { tell(.disconnected(last)) }
    }

    // MARK: Streams

    /// Answers a stream that a peer opened.
    private func serve(_ connection: PeerConnection, _ id: UInt32) {
        guard let peer = connection.peer else { return }
        let isAllowed = state.withLock { $0.book.addStream(connection.facts.id) }
        guard isAllowed else { return connection.forget(id) }
        connection.setDeadline(configuration.negotiationTimeout, of: id)
        spawn { [weak self] in
            await self?.converse(connection, id, peer)
            self?.state.withLock { $0.book.removeStream(connection.facts.id) }
        }
    }

    private func converse(_ connection: PeerConnection, _ id: UInt32, _ peer: PeerID) async {
        let names = state.withLock { $0.handlers.keys.sorted() }
        let stream: YamuxStream
        do {
            stream = try await connection.answer(id, peer: peer, supporting: names)
        } catch {
            logger.trace("no protocol was agreed on", metadata: ["peer": "\(peer)", "why": "\(error)"])
            return
        }
        connection.setDeadline(nil, of: id)
        guard let handler = state.withLock({ $0.handlers[stream.protocolName] }) else { return stream.reset() }
        do {
            try await handler(stream)
            stream.release(within: configuration.closePatience)
        } catch {
            logger.trace(
                "a stream's handler gave up",
                metadata: ["peer": "\(peer)", "protocol": "\(stream.protocolName)", "why": "\(error)"])
            stream.reset()
        }
    }

    public func openStream(to peer: PeerID, protocols: [String]) async throws -> any PeerStream {
        precondition((1...MultistreamMessage.greatestAttemptCount).contains(protocols.count), "1 to 64 protocols")
        try await connect(to: peer, addresses: [])
        let connections = state.withLock { $0.book.connections(to: peer) }
        for connection in connections.dropLast() {
            do {
                return try await openStream(over: connection, peer, protocols)
            } catch PeerStreamError.connectionLost, PeerStreamError.tooManyStreams {
                // There is another connection.
            }
        }
        guard let last = connections.last else { throw PeerStreamError.connectionLost }
        return try await openStream(over: last, peer, protocols)
    }

    func openStream(over connection: PeerConnection, _ peer: PeerID, _ protocols: [String]) async throws -> YamuxStream
    {
        let id = try await connection.openStream()
        connection.setDeadline(configuration.negotiationTimeout, of: id)
        let stream = try await connection.propose(protocols, on: id, peer: peer)
        connection.setDeadline(nil, of: id)
        return stream
    }

    /// Makes a connection over a stream that is open, as one through a relay: Noise and Yamux, end to end.
    /// - Parameters:
    ///   - direction: `.outbound` on the side that dials.
    ///   - expectedPeer: Anybody else is refused; nil takes anybody.
    ///   - address: Of the peer, with its `/p2p-circuit`.
    /// - Returns: Who is at the other end; the connection is one of the host's from now on.
    /// - Throws: `ConnectionError`.
    @discardableResult
    public func upgrade(
        stream: any PeerStream, direction: ConnectionFacts.Direction, expectedPeer: PeerID?, address: Multiaddr
    ) async throws -> PeerID {
        let connection: PeerConnection
        do {
            connection = try makeConnection(direction, address: address, expectedPeer: expectedPeer)
        } catch {
            stream.reset()
            throw error
        }
        spawn { await StreamTransport(connection: connection, stream: stream).run() }
        return try await connection.waitUntilEstablished()
    }
}
