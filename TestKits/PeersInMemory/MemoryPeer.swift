package import LibP2P
import Synchronization

/// One host of a network in memory.
package final class MemoryPeer: PeerNetwork {
    private let world: PeersInMemory
    package let keys: KeyPair
    package var localPeer: PeerID { keys.peerID }

    init(world: PeersInMemory, keys: KeyPair) {
        self.world = world
        self.keys = keys
    }

    /// Where it answers, without its id.
    package var address: Multiaddr? { world.state.withLock { $0.members[localPeer]?.address } }

    package func listenAddresses() async -> [Multiaddr] { address.map { [$0] } ?? [] }

    package func isConnected(to peer: PeerID) async -> Bool {
        world.state.withLock { $0.connections[.init(localPeer, peer)] != nil }
    }

    package func connectedPeers() async -> [PeerID] {
        world.state.withLock { state in
            state.connections.values.filter { $0.dialer == localPeer || $0.listener == localPeer }
                .map { $0.other(than: localPeer) }
        }
    }

    package func connect(to peer: PeerID, addresses: [Multiaddr]) async throws {
        try world.state.withLock { try $0.connect(localPeer, to: peer, addresses: addresses) }
    }

    package func openStream(to peer: PeerID, protocols: [String]) async throws -> any PeerStream {
        let (mine, theirs, handler) = try world.state.withLock { state in
            try state.connect(localPeer, to: peer, addresses: [])
            guard var connection = state.connections[.init(localPeer, peer)] else {
                throw PeerStreamError.connectionLost
            }
            let handlers = state.members[peer]?.handlers ?? [:]
            guard let name = protocols.first(where: { handlers[$0] != nil }), let handler = handlers[name] else {
                throw StreamRefused(protocols: protocols)
            }
            func facts(of one: PeerID, for other: PeerID) -> ConnectionFacts {
                ConnectionFacts(
                    id: connection.id, direction: connection.dialer == other ? .outbound : .inbound,
                    remoteAddress: state.members[one]?.address ?? Multiaddr([]))
            }
            let (mine, theirs) = MemoryStream.pair(
                protocolName: name, first: (peer, facts(of: peer, for: localPeer)),
                second: (localPeer, facts(of: localPeer, for: peer)))
            connection.streams.removeAll { $0.dialer.hasEnded && $0.listener.hasEnded }
            connection.streams.append(connection.dialer == localPeer ? (mine, theirs) : (theirs, mine))
            state.connections[.init(localPeer, peer)] = connection
            return (mine, theirs, handler)
        }
        // The handler's life is the stream's: every stream ends when its connection does.
        Task {
            do {
                try await handler(theirs)
                theirs.release()
            } catch {
                theirs.reset()
            }
        }
        return mine
    }

    package func handle(
        _ protocolName: String, _ handler: @escaping @Sendable (any PeerStream) async throws -> Void
    ) async { change { $0.handlers[protocolName] = handler } }

    package func stopHandling(_ protocolName: String) async { change { $0.handlers[protocolName] = nil } }

    /// Changes what this peer speaks, and tells those that are connected, as identify/push does.
    private func change(_ edit: @Sendable (inout PeersInMemory.Member) -> Void) {
        world.state.withLock { state in
            guard var member = state.members[localPeer] else { return }
            edit(&member)
            state.members[localPeer] = member
            for connection in state.connections.values
            where connection.dialer == localPeer || connection.listener == localPeer {
                state.identify(localPeer, to: connection.other(than: localPeer))
            }
        }
    }

    package func learn(_ addresses: [Multiaddr], of peer: PeerID, for lifetime: Duration) async {
        let until = ContinuousClock.now.advanced(by: lifetime)
        world.state.withLock { state in
            for address in addresses {
                let known = state.members[localPeer]?.known[peer]?[address]
                state.members[localPeer]?.known[peer, default: [:]][address] = max(until, known ?? until)
            }
        }
    }

    package func knownAddresses(of peer: PeerID) async -> [Multiaddr] {
        let now = ContinuousClock.now
        return world.state.withLock { state in
            state.members[localPeer]?.known[peer, default: [:]].filter { $0.value > now }.map(\.key) ?? []
        }
    }

    package func protocols(of peer: PeerID) async -> [String] {
        world.state.withLock { state in
            guard state.connections[.init(localPeer, peer)] != nil else { return [] }
            return state.members[peer]?.handlers.keys.sorted() ?? []
        }
    }

    package func events() async -> AsyncStream<PeerEvent> {
        let (stream, continuation) = AsyncStream<PeerEvent>.makeStream(bufferingPolicy: .bufferingNewest(1024))
        world.state.withLock { $0.members[localPeer]?.listeners.append(continuation) }
        return stream
    }

    package func disconnect(_ peer: PeerID) async { world.end(localPeer, peer) }
}
