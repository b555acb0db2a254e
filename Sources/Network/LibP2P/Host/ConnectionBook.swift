/// Which connections there are, and whether there may be another one. A value; it decides, the host acts.
struct ConnectionBook<Connection: Sendable>: Sendable {
    struct Entry: Sendable {
        let connection: Connection
        let direction: ConnectionFacts.Direction
        let address: Multiaddr
        let openedAt: Duration
        /// nil while it is in its handshake.
        var peer: PeerID?
        var inboundStreamCount = 0
    }

    enum Admission {
        case admitted
        /// Admitted in the place of an older one that has proven nothing yet, which must be closed.
        case replaces(Connection)
        case refused(String)
    }

    enum Proof: Hashable {
        case kept(isFirst: Bool)
        case refused(String)
    }

    private let limits: HostConfiguration.Limits
    private(set) var entries: [UInt64: Entry] = [:]
    private(set) var byPeer: [PeerID: [UInt64]] = [:]
    private var perAddress: [IPAddress: Int] = [:]
    /// Those that came in and are in their handshake, oldest first.
    private var halfOpen: [UInt64] = []
    private var inboundStreams: [PeerID: Int] = [:]

    init(limits: HostConfiguration.Limits) { self.limits = limits }

    /// Of IPv6, one site has a whole /64.
    private func origin(of address: Multiaddr) -> IPAddress? {
        guard !address.isRelayed, let ip = address.ipAddress else { return nil }
        if case .v6(let number) = ip { return .v6((number >> 64) << 64) }
        return ip
    }

    mutating func add(
        _ connection: Connection, id: UInt64, direction: ConnectionFacts.Direction, address: Multiaddr, at now: Duration
    ) -> Admission {
        var victim: UInt64?
        if direction == .inbound {
            let origin = origin(of: address)
            let fromThere = halfOpen.filter { id in entries[id].flatMap { self.origin(of: $0.address) } == origin }
            if fromThere.count >= limits.halfOpenPerAddress {
                victim = fromThere.first
            } else if halfOpen.count >= limits.halfOpen {
                victim = halfOpen.first
            }
            if let origin, perAddress[origin, default: 0] - (victim == nil ? 0 : 1) >= limits.connectionsPerAddress {
                return .refused("too many connections from \(origin)")
            }
        }
        guard entries.count - (victim == nil ? 0 : 1) < limits.connections else {
            return .refused("too many connections")
        }
        var answer = Admission.admitted
        if let victim, let entry = entries[victim] {
            remove(victim)
            answer = .replaces(entry.connection)
        }
        entries[id] = Entry(connection: connection, direction: direction, address: address, openedAt: now)
        if direction == .inbound {
            halfOpen.append(id)
            if let origin = origin(of: address) { perAddress[origin, default: 0] += 1 }
        }
        return answer
    }

    /// A connection's peer is proven.
    mutating func prove(_ id: UInt64, is peer: PeerID) -> Proof {
        guard entries[id] != nil else { return .refused("the connection has ended") }
        guard byPeer[peer, default: []].count < limits.connectionsPerPeer else {
            return .refused("too many connections to the peer")
        }
        entries[id]?.peer = peer
        halfOpen.removeAll { $0 == id }
        byPeer[peer, default: []].append(id)
        return .kept(isFirst: byPeer[peer]?.count == 1)
    }

    /// - Returns: The peer when this was its last connection.
    @discardableResult mutating func remove(_ id: UInt64) -> PeerID? {
        guard let entry = entries.removeValue(forKey: id) else { return nil }
        if entry.direction == .inbound {
            if entry.peer == nil { halfOpen.removeAll { $0 == id } }
            if let origin = origin(of: entry.address) {
                let count = perAddress[origin, default: 0] - 1
                perAddress[origin] = count > 0 ? count : nil
            }
        }
        guard let peer = entry.peer else { return nil }
        let streams = inboundStreams[peer, default: 0] - entry.inboundStreamCount
        inboundStreams[peer] = streams > 0 ? streams : nil
        byPeer[peer]?.removeAll { $0 == id }
        guard byPeer[peer]?.isEmpty == true else { return nil }
        byPeer[peer] = nil
        return peer
    }

    /// - Returns: Whether the peer may have another stream.
    mutating func addStream(_ id: UInt64) -> Bool {
        guard let peer = entries[id]?.peer, inboundStreams[peer, default: 0] < limits.inboundStreamsPerPeer else {
            return false
        }
        inboundStreams[peer, default: 0] += 1
        entries[id]?.inboundStreamCount += 1
        return true
    }

    mutating func removeStream(_ id: UInt64) {
        guard let peer = entries[id]?.peer else { return }
        entries[id]?.inboundStreamCount -= 1
        inboundStreams[peer, default: 1] -= 1
        if inboundStreams[peer] == 0 { inboundStreams[peer] = nil }
    }

    /// The connections to a peer, the best first: direct ones, then the older.
    func connections(to peer: PeerID) -> [Connection] {
        (byPeer[peer] ?? []).compactMap { entries[$0] }
            .sorted { ($0.address.isRelayed ? 1 : 0, $0.openedAt) < ($1.address.isRelayed ? 1 : 0, $1.openedAt) }
            .map(\.connection)
    }

    /// Those whose handshake began before a time.
    func halfOpen(since deadline: (ConnectionFacts.Direction) -> Duration) -> [Connection] {
        entries.values.filter { $0.peer == nil && $0.openedAt < deadline($0.direction) }.map(\.connection)
    }
}
