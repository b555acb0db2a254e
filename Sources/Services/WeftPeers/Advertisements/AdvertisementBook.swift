package import LibP2P
package import WeftModel

/// What is known of nodes that have advertised themselves: the latest of each, until it expires.
///
/// A value without clock or IO. Bounded, in all and for each network, so that one machine with many identities cannot take the
/// place of everybody else.
package struct AdvertisementBook: Sendable {
    /// Nodes in all.
    package let limit: Int
    /// Nodes whose first address is in one network: 24 bits of an IPv4 address, 48 of an IPv6 address.
    package let networkLimit: Int

    private var latest: [PeerID: Advertisement] = [:]
    private var counts: [[UInt8]: Int] = [:]
    /// The numbers of nodes that are not there any more, so that what they said before cannot be brought back.
    private var retired: [PeerID: (sequence: UInt64, until: Instant)] = [:]

    package init(limit: Int = 4096, networkLimit: Int = 128) {
        self.limit = limit
        self.networkLimit = networkLimit
    }

    /// Takes one that has been read and verified.
    /// - Throws: ``AdvertisementError``: `.expired`, `.stale`, `.full`. Nothing has changed then, but for what had expired.
    package mutating func take(_ advertisement: Advertisement, now: Instant) throws(AdvertisementError) {
        expire(now)
        guard advertisement.expiresAt > now else { throw .expired }
        let peer = advertisement.peer
        if let known = latest[peer] {
            guard advertisement.sequence > known.sequence else { throw .stale }
            let (old, new) = (Self.network(of: known), Self.network(of: advertisement))
            if old != new {
                guard counts[new, default: 0] < networkLimit else { throw .full }
                count(old, -1)
                count(new, 1)
            }
        } else {
            if let last = retired[peer], advertisement.sequence <= last.sequence { throw .stale }
            let network = Self.network(of: advertisement)
            guard latest.count < limit, counts[network, default: 0] < networkLimit else { throw .full }
            count(network, 1)
        }
        latest[peer] = advertisement
    }

    /// All that hold now, in the order of their ids.
    package mutating func all(now: Instant) -> [Advertisement] {
        expire(now)
        return latest.values.sorted { $0.peer < $1.peer }
    }

    package mutating func advertisement(of peer: PeerID, now: Instant) -> Advertisement? {
        expire(now)
        return latest[peer]
    }

    private mutating func expire(_ now: Instant) {
        for (peer, advertisement) in latest where advertisement.expiresAt <= now {
            latest[peer] = nil
            count(Self.network(of: advertisement), -1)
            if retired.count < limit {
                retired[peer] = (advertisement.sequence, now + Advertisement.longestLife)
            }
        }
        for (peer, last) in retired where last.until <= now { retired[peer] = nil }
    }

    private mutating func count(_ network: [UInt8], _ change: Int) {
        counts[network, default: 0] += change
        if counts[network] == 0 { counts[network] = nil }
    }

    /// Empty for nodes that can be reached through relays only: they share one.
    private static func network(of advertisement: Advertisement) -> [UInt8] {
        guard let address = advertisement.addresses.lazy.compactMap(\.ipAddress).first else { return [] }
        let bytes = address.bytes
        return Array(bytes.prefix(bytes.count == 4 ? 3 : 6))
    }
}
