/// What a protocol sees of the host that it runs on. `Host` is one; tests have one in memory.
public protocol PeerNetwork: Sendable {
    /// Who this host is.
    var localPeer: PeerID { get }

    /// The key that `localPeer` is made from; protocols sign with it.
    var keys: KeyPair { get }

    /// Where this host can be reached, as far as it knows: what it listens on, what others saw, its relays.
    func listenAddresses() async -> [Multiaddr]

    /// Whether there is a connection to a peer now.
    func isConnected(to peer: PeerID) async -> Bool

    /// The peers that there is a connection to now, in no order.
    func connectedPeers() async -> [PeerID]

    /// Makes sure of a connection: dials the given and the known addresses at once, a few at a time, until one answers.
    /// - Throws: `DialError`, with what became of each address.
    func connect(to peer: PeerID, addresses: [Multiaddr]) async throws

    /// Opens a stream over a connection that is there, or dials the known addresses.
    /// - Parameter protocols: In order of preference; the first that the peer speaks is taken.
    /// - Throws: `DialError`, `StreamRefused` when the peer speaks none of them, or `PeerStreamError`.
    func openStream(to peer: PeerID, protocols: [String]) async throws -> any PeerStream

    /// Answers streams of a protocol from now on, each in a task of its own; what the handler leaves open when it returns is
    /// closed, and when it throws the stream is reset. A second handler for the same name takes the first one's place.
    func handle(_ protocolName: String, _ handler: @escaping @Sendable (any PeerStream) async throws -> Void) async

    /// Stops answering a protocol. Streams that are open go on.
    func stopHandling(_ protocolName: String) async

    /// Remembers where a peer may be reached, for this long.
    func learn(_ addresses: [Multiaddr], of peer: PeerID, for lifetime: Duration) async

    /// Where a peer may be reached: what was learnt and is not yet forgotten.
    func knownAddresses(of peer: PeerID) async -> [Multiaddr]

    /// The protocols that a peer said it speaks when it identified itself; empty before that.
    func protocols(of peer: PeerID) async -> [String]

    /// What happens to connections from now on. A reader that does not keep up loses the oldest events, never memory.
    func events() async -> AsyncStream<PeerEvent>

    /// Ends all connections to a peer.
    func disconnect(_ peer: PeerID) async
}

/// What happened to a host's connections.
public enum PeerEvent: Sendable, Hashable {
    /// The first connection to a peer is there.
    case connected(PeerID)
    /// The last connection to a peer ended.
    case disconnected(PeerID)
    /// A peer said (again) what it speaks and where it is.
    case identified(PeerID, protocols: [String], addresses: [Multiaddr])
    /// A peer told which address it sees this host at.
    case observed(Multiaddr, by: PeerID)
}

/// Why a peer could not be reached.
public struct DialError: Error, Sendable, Hashable {
    public let peer: PeerID
    /// What became of each address that was tried; empty when none was known.
    public let attempts: [Attempt]

    public struct Attempt: Sendable, Hashable {
        public let address: Multiaddr
        public let reason: String

        public init(address: Multiaddr, reason: String) {
            self.address = address
            self.reason = reason
        }
    }

    public init(peer: PeerID, attempts: [Attempt]) {
        self.peer = peer
        self.attempts = attempts
    }
}

/// The peer speaks none of the protocols that were asked for.
public struct StreamRefused: Error, Sendable, Hashable {
    public let protocols: [String]

    public init(protocols: [String]) { self.protocols = protocols }
}
