public import LibP2P

/// What relayed connections need of a host besides what every protocol does. `Host` is one.
public protocol CircuitHost: PeerNetwork {
    /// Makes a connection over a stream that is open, end to end.
    /// - Parameters:
    ///   - direction: `.outbound` on the side that dials.
    ///   - expectedPeer: Anybody else is refused.
    ///   - address: Of the peer, with its `/p2p-circuit`.
    /// - Returns: Who is at the other end; the connection is one of the host's from now on.
    @discardableResult
    func upgrade(
        stream: any PeerStream, direction: ConnectionFacts.Direction, expectedPeer: PeerID?, address: Multiaddr
    ) async throws -> PeerID

    /// Says who opens streams over relays.
    func register(_ dialer: any CircuitDialer)

    /// Says that the host can be reached at an address, until `withdraw`.
    func announce(_ address: Multiaddr)
    func withdraw(_ address: Multiaddr)
}

extension Host: CircuitHost {}
