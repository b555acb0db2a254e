package import LibP2P
import Synchronization

/// Peers that reach each other without sockets: one object for a whole network, a `MemoryPeer` for each host in it.
///
/// It keeps what `PeerNetwork` promises, and what can go wrong is told to it: links are cut and mended, peers vanish.
package final class PeersInMemory: Sendable {
    typealias Handler = @Sendable (any PeerStream) async throws -> Void

    /// A connection between two peers; `dialer` made it.
    struct Connection {
        let id: UInt64
        let dialer: PeerID
        let listener: PeerID
        var streams: [(dialer: MemoryStream, listener: MemoryStream)] = []

        func other(than peer: PeerID) -> PeerID { peer == dialer ? listener : dialer }
    }

    /// What is kept of one peer.
    struct Member {
        let address: Multiaddr
        var handlers: [String: Handler] = [:]
        var known: [PeerID: [Multiaddr: ContinuousClock.Instant]] = [:]
        var listeners: [AsyncStream<PeerEvent>.Continuation] = []
    }

    struct Pair: Hashable {
        let one: PeerID
        let other: PeerID
        init(_ a: PeerID, _ b: PeerID) { (one, other) = a < b ? (a, b) : (b, a) }
    }

    struct State {
        var members: [PeerID: Member] = [:]
        var addresses: [Multiaddr: PeerID] = [:]
        var connections: [Pair: Connection] = [:]
        var cut: Set<Pair> = []
        var nextID: UInt64 = 1
    }

    let state = Mutex(State())

    package init() {}

    /// A new peer, at an address of its own. The same seed is the same key.
    package func makePeer(seed: UInt64) -> MemoryPeer {
        let bytes = (0..<32).map { UInt8(truncatingIfNeeded: seed >> UInt64($0 % 8 * 8)) ^ UInt8($0 / 8) }
        guard let keys = try? KeyPair(seed: bytes) else { preconditionFailure("32 bytes are a seed") }
        return makePeer(keys: keys)
    }

    /// A new peer with this key.
    /// - Parameter address: Without the peer id; made up when it is nil, each in another /24.
    package func makePeer(keys: KeyPair, address: Multiaddr? = nil) -> MemoryPeer {
        state.withLock { state in
            precondition(state.members[keys.peerID] == nil, "a peer is there once")
            let number = UInt32(state.members.count + 1)
            let address = address ?? Multiaddr(.v4(0x0B00_0001 &+ number << 8), tcp: 4001)
            state.members[keys.peerID] = Member(address: address)
            state.addresses[address] = keys.peerID
        }
        return MemoryPeer(world: self, keys: keys)
    }

    /// Ends what is between two peers and keeps them from finding each other again until the link is mended.
    package func cut(_ one: PeerID, _ other: PeerID) {
        state.withLock { _ = $0.cut.insert(Pair(one, other)) }
        end(one, other)
    }

    package func mend(_ one: PeerID, _ other: PeerID) { state.withLock { _ = $0.cut.remove(Pair(one, other)) } }

    /// A peer vanishes, as when its machine loses power.
    package func drop(_ peer: PeerID) {
        let others = state.withLock { state in
            let others = state.connections.values.filter { $0.dialer == peer || $0.listener == peer }
                .map { $0.other(than: peer) }
            return others
        }
        for other in others { end(peer, other) }
        state.withLock { state in
            guard let member = state.members.removeValue(forKey: peer) else { return }
            state.addresses[member.address] = nil
            for listener in member.listeners { listener.finish() }
        }
    }

    /// Ends a connection; both sides see it.
    func end(_ one: PeerID, _ other: PeerID) {
        let streams = state.withLock { state in
            guard let connection = state.connections.removeValue(forKey: Pair(one, other)) else {
                return [] as [(dialer: MemoryStream, listener: MemoryStream)]
            }
            state.tell(one, .disconnected(other))
            state.tell(other, .disconnected(one))
            return connection.streams
        }
        for stream in streams {
            stream.dialer.fail(.connectionLost)
            stream.listener.fail(.connectionLost)
        }
    }
}

extension PeersInMemory.State {
    func tell(_ peer: PeerID, _ event: PeerEvent) {
        for listener in members[peer]?.listeners ?? [] { listener.yield(event) }
    }

    /// What a peer learns of another by identifying it.
    func identify(_ peer: PeerID, to reader: PeerID) {
        guard let member = members[peer] else { return }
        tell(reader, .identified(peer, protocols: member.handlers.keys.sorted(), addresses: [member.address]))
    }

    /// Makes sure of a connection.
    mutating func connect(_ dialer: PeerID, to listener: PeerID, addresses: [Multiaddr]) throws {
        guard connections[PeersInMemory.Pair(dialer, listener)] == nil else { return }
        guard members[dialer] != nil else { throw DialError(peer: listener, attempts: []) }
        let now = ContinuousClock.now
        let known = members[dialer]?.known[listener, default: [:]].filter { $0.value > now }.map(\.key) ?? []
        var attempts: [DialError.Attempt] = []
        for address in addresses.map(\.withoutPeerID) + known.map(\.withoutPeerID) {
            guard let found = self.addresses[address] else {
                attempts.append(.init(address: address, reason: "nobody answers"))
                continue
            }
            guard found == listener else {
                attempts.append(.init(address: address, reason: "another peer answers"))
                continue
            }
            guard !cut.contains(PeersInMemory.Pair(dialer, listener)) else {
                attempts.append(.init(address: address, reason: "the link is cut"))
                continue
            }
            connections[PeersInMemory.Pair(dialer, listener)] = .init(id: nextID, dialer: dialer, listener: listener)
            nextID += 1
            for (one, other) in [(dialer, listener), (listener, dialer)] {
                let theirs = members[other].map { [$0.address] } ?? []
                for address in theirs {
                    members[one]?.known[other, default: [:]][address] = now.advanced(by: .seconds(600))
                }
                tell(one, .connected(other))
                identify(other, to: one)
            }
            return
        }
        throw DialError(peer: listener, attempts: attempts)
    }

}
