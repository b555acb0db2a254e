package import LibP2P

/// Who said that it provides what: records that expire, in a bounded store.
///
/// A value. Where there is no room, what is nearer to this peer's own place stays, because that is what others ask it for; an
/// attacker that invents keys must find ones near this peer, and gets no more than its share as a provider.
package struct ProviderStore: Sendable {
    package struct Limits: Sendable, Hashable {
        package var keys = 10_000
        package var providersPerKey = 64
        /// Providers of one subnet for one key.
        package var perSubnetAndKey = 8
        /// Keys that one peer may provide.
        package var keysPerProvider = 1_000
        /// How long a record lives (kad-dht, "Content provider advertisement and discovery").
        package var lifetime: Duration = .seconds(48 * 3600)
        /// How long the addresses in it are told; after that, only who it is.
        package var addressLifetime: Duration = .seconds(24 * 3600)

        package init() {}
    }

    package enum Refusal: Error, Sendable, Hashable {
        case tooManyOfItsSubnet
        case tooManyProviders
        case tooManyKeysOfThisProvider
        /// The store is full of keys that are nearer to this peer.
        case full
    }

    private struct Record: Sendable {
        let peer: PeerID
        var addresses: [Multiaddr]
        var subnet: Subnet?
        var renewed: Duration
    }

    private struct Place: Sendable {
        let distance: KademliaKey
        let key: [UInt8]
    }

    package let limits: Limits
    private let ownKey: KademliaKey
    private var records: [[UInt8]: [Record]] = [:]
    private var keysOfProvider: [PeerID: Int] = [:]
    /// All keys, nearest to this peer first.
    private var places: [Place] = []

    package init(of peer: PeerID, limits: Limits = Limits()) {
        ownKey = KademliaKey(of: peer)
        self.limits = limits
    }

    package var keyCount: Int { places.count }

    /// Remembers that a peer provides a key, or that it still does.
    /// - Parameter key: A multihash.
    package mutating func add(
        _ provider: PeerAddresses, subnet: Subnet?, of key: [UInt8], at now: Duration
    ) throws(Refusal) {
        var known = (records[key] ?? []).filter { $0.renewed + limits.lifetime > now }
        if let position = known.firstIndex(where: { $0.peer == provider.peer }) {
            known[position].addresses = provider.addresses
            known[position].subnet = subnet
            known[position].renewed = now
            replace(known, of: key)
            return
        }
        if let subnet, known.count(where: { $0.subnet == subnet }) >= limits.perSubnetAndKey {
            throw .tooManyOfItsSubnet
        }
        guard known.count < limits.providersPerKey else { throw .tooManyProviders }
        guard keysOfProvider[provider.peer, default: 0] < limits.keysPerProvider else {
            throw .tooManyKeysOfThisProvider
        }
        if records[key] == nil { try makeRoom(for: key, at: now) }
        known.append(
            Record(peer: provider.peer, addresses: provider.addresses, subnet: subnet, renewed: now))
        replace(known, of: key)
    }

    /// A peer no longer provides a key.
    package mutating func remove(_ peer: PeerID, of key: [UInt8]) {
        guard let known = records[key] else { return }
        replace(known.filter { $0.peer != peer }, of: key)
    }

    /// Who provides a key, whoever said so last first.
    package func providers(of key: [UInt8], at now: Duration) -> [PeerAddresses] {
        (records[key] ?? []).filter { $0.renewed + limits.lifetime > now }
            .sorted { $0.renewed > $1.renewed }
            .map { record in
                let areFresh = record.renewed + limits.addressLifetime > now
                return PeerAddresses(peer: record.peer, addresses: areFresh ? record.addresses : [])
            }
    }

    /// Forgets what has expired.
    package mutating func expire(at now: Duration) {
        for (key, known) in records {
            let alive = known.filter { $0.renewed + limits.lifetime > now }
            if alive.count < known.count { replace(alive, of: key) }
        }
    }

    // MARK: - Inside

    private mutating func makeRoom(for key: [UInt8], at now: Duration) throws(Refusal) {
        guard places.count >= limits.keys, let farthest = places.last else { return }
        guard KademliaKey(hashing: key).distance(to: ownKey) < farthest.distance else { throw .full }
        replace([], of: farthest.key)
    }

    /// Keeps the counts and the order of keys in step with the records.
    private mutating func replace(_ new: [Record], of key: [UInt8]) {
        let old = records[key] ?? []
        for record in old { count(record.peer, by: -1) }
        for record in new { count(record.peer, by: 1) }
        records[key] = new.isEmpty ? nil : new
        guard old.isEmpty != new.isEmpty else { return }
        let distance = KademliaKey(hashing: key).distance(to: ownKey)
        let place = places.partitionPoint { distance <= $0.distance }
        if new.isEmpty {
            places.remove(at: place)
        } else {
            places.insert(Place(distance: distance, key: key), at: place)
        }
    }

    private mutating func count(_ peer: PeerID, by change: Int) {
        let count = keysOfProvider[peer, default: 0] + change
        keysOfProvider[peer] = count > 0 ? count : nil
    }
}
