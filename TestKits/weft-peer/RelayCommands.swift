import LibP2P
import LibP2PRelay

/// Being reached over a relay. Reaching others over one is `connect`, with such an address.
extension PeerTool {
    /// Reads `peer` and `addresses` of a relay: keeps a place there, and tells where this peer can be reached through it.
    func reserve(_ request: Request) async throws -> Answer {
        let relay = try PeerID(parsing: request.needs("peer", \.peer))
        let addresses = try request.needs("addresses", \.addresses).map { try Multiaddr(parsing: $0) }
        try await circuits.keepReservation(at: relay, addresses: addresses)
        try await within(.seconds(30), "reserving") { [circuits] in
            while await circuits.reservations[relay] == nil { try await Task.sleep(for: .milliseconds(50)) }
        }
        return Addresses(addresses: addresses.map { "\($0.with(relay).appending(.p2pCircuit))" })
    }
}
