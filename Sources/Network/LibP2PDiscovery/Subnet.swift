package import LibP2P

/// The network that a peer is in, as far as its owner likely got it as one (/24 of IPv4, /48 of IPv6): keys cost nothing, addresses
/// do. Private networks have none, because there everybody is in one.
public struct Subnet: Sendable, Hashable {
    package let network: IPAddress

    /// nil for private networks, loopback and names.
    package init?(_ address: Multiaddr) {
        guard var ip = address.ipAddress else { return nil }
        if case .v6(let number) = ip, number >> 32 == 0xFFFF { ip = .v4(UInt32(truncatingIfNeeded: number)) }
        guard !ip.isPrivate else { return nil }
        network = ip.neighbourhood
    }

    /// That of the first public address, a relay's for a relayed one.
    package init?(of addresses: [Multiaddr]) {
        guard let subnet = addresses.lazy.compactMap({ Subnet($0) }).first else { return nil }
        self = subnet
    }
}

/// Counts what is taken from each subnet, up to a limit.
struct SubnetCount {
    let limit: Int
    private var counts: [Subnet: Int] = [:]

    init(limit: Int) { self.limit = limit }

    /// Whether one more of a subnet is allowed; if so, it is counted. What is in none always is.
    mutating func add(_ subnet: Subnet?) -> Bool {
        guard let subnet else { return true }
        let count = counts[subnet, default: 0]
        guard count < limit else { return false }
        counts[subnet] = count + 1
        return true
    }
}

/// How far an address reaches. Those of a smaller reach mean nothing, or another machine, to peers that are farther away.
package enum AddressReach: Int, Sendable, Comparable {
    case machine, privateNetwork, internet

    package init(of address: Multiaddr) {
        guard let ip = address.ipAddress else {
            self = .internet
            return
        }
        self = ip.isLoopback ? .machine : ip.isPrivate ? .privateNetwork : .internet
    }

    package static func < (left: AddressReach, right: AddressReach) -> Bool { left.rawValue < right.rawValue }
}

extension Multiaddr {
    /// The address without the peer's own name at its end; nil when it is another peer's, or nothing else.
    package func removingOwnName(of peer: PeerID) -> Multiaddr? {
        guard peerID == nil || peerID == peer else { return nil }
        let bare = withoutPeerID
        return bare.components.isEmpty ? nil : bare
    }
}

extension [Multiaddr] {
    /// Those that mean something to a peer that comes from an address.
    package func reachable(from address: Multiaddr) -> [Multiaddr] {
        let reach = AddressReach(of: address)
        return filter { AddressReach(of: $0) >= reach }
    }
}
