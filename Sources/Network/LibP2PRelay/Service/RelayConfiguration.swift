public import LibP2P

/// How much a relay does for others. Every bound is on; those of a circuit can be taken off, where the relay serves its own people.
public struct RelayConfiguration: Sendable {
    /// Of each circuit; nil forwards without end.
    public var limit: CircuitLimit? = CircuitLimit(seconds: 120, byteCount: 128 << 10)
    /// How long a place is kept for who does not ask again.
    public var reservationLifetime = Duration.seconds(3_600)
    /// Places in all, and those of one IP address (of IPv6, of one /48).
    public var reservations = 128
    public var reservationsPerAddress = 8
    /// Circuits in all, those that one peer has part in at either end, and those that come from one IP address.
    public var circuits = 512
    public var circuitsPerPeer = 16
    public var circuitsPerAddress = 32
    /// Requests that are being answered at a time, circuits not counted, in all and of one peer.
    public var requests = 128
    public var requestsPerPeer = 4
    /// For a peer to say what it wants, and for the other end of a circuit to agree.
    public var requestTime = Duration.seconds(10)
    public var stopTime = Duration.seconds(30)
    /// Whether a peer, coming from an address, may have a place.
    public var mayReserve: @Sendable (PeerID, Multiaddr) -> Bool = { _, _ in true }
    /// Whether one peer may reach another.
    public var mayConnect: @Sendable (_ source: PeerID, _ destination: PeerID) -> Bool = { _, _ in true }

    public init() {}
}
