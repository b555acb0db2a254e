package import LibP2P

/// A datagram from the local network.
package struct MulticastDatagram: Sendable, Hashable {
    package let bytes: [UInt8]
    /// Whether this machine sent it.
    package let isOfThisMachine: Bool

    package init(bytes: [UInt8], isOfThisMachine: Bool) {
        self.bytes = bytes
        self.isOfThisMachine = isOfThisMachine
    }
}

/// The group of multicast DNS on the networks of this machine.
package protocol MulticastTransport: Sendable {
    /// What comes. Only one task reads; when it does not keep up, the oldest are lost.
    var datagrams: AsyncStream<MulticastDatagram> { get }

    /// Sends to all of the networks, as far as they are there; what does not go out is lost, as datagrams may be.
    func send(_ bytes: [UInt8]) async

    /// Looks which networks there are, and joins the group on those that are new.
    /// - Returns: Whether they have changed.
    /// - Throws: `MulticastError` when the group could be joined on none of them, though there are some.
    func renew() async throws -> Bool

    /// The addresses of this machine on these networks.
    func hostAddresses() async -> [IPAddress]

    /// Leaves the group; no more datagrams come.
    func close() async
}
