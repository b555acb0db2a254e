package import LibP2P

/// The peers that this one knows and asks first, in buckets by how much of their place they share with this peer's own.
///
/// A value: what happened comes in with the time, what is to be done comes back. Only peers that answered go in, so a bucket
/// cannot be filled by naming peers. Who is in a bucket and answers stays there (Maymounkov and Mazières, "Kademlia", 2.2),
/// and few of one subnet get in, so that an attacker with many keys and few addresses gets few places.
package struct RoutingTable: Sendable {
    package struct Limits: Sendable, Hashable {
        /// k: peers in one bucket.
        package var bucketSize = 20
        /// Peers of one subnet in one bucket.
        package var perSubnetInBucket = 2
        /// Peers of one subnet in all buckets.
        package var perSubnet = 8
        /// How long a peer counts as alive after it was last heard; only then it is asked when another wants its place.
        package var livenessGrace: Duration = .seconds(60)
        /// How many times in a row a peer may fail to answer before it goes.
        package var failures = 2
        /// Peers that wait for a place, in one bucket.
        package var replacements = 8

        package init() {}
    }

    package struct Entry: Sendable, Hashable {
        package let peer: PeerID
        package let key: KademliaKey
        /// Where it can be reached, as it was last known.
        package var addresses: [Multiaddr]
        /// The subnet that it answered from; nil when limits of subnets are not for it (private networks).
        package var subnet: Subnet?
        package var lastHeard: Duration
        package var failures = 0
    }

    package enum Insertion: Sendable, Hashable {
        case added
        /// It was there, and is now the one that was heard last.
        case refreshed
        /// The bucket is full. It waits for a place; the peer to check, if any, has been silent the longest.
        case waiting(check: PeerID?)
        case refused(Refusal)
    }

    package enum Refusal: Sendable, Hashable {
        case isThisPeer
        case tooManyOfItsSubnet
    }

    private struct Bucket: Sendable {
        /// Who has been silent the longest comes first.
        var entries: [Entry] = []
        /// Who has waited the longest comes first.
        var replacements: [Entry] = []
    }

    package let ownKey: KademliaKey
    package let limits: Limits
    private var buckets: [Bucket] = []
    private var perSubnet: [Subnet: Int] = [:]
    package private(set) var count = 0

    package init(of peer: PeerID, limits: Limits = Limits()) {
        ownKey = KademliaKey(of: peer)
        self.limits = limits
    }

    /// A peer answered, or showed in another way that it is there and serves the table.
    package mutating func heard(
        _ peer: PeerID, addresses: [Multiaddr], subnet: Subnet?, at now: Duration
    ) -> Insertion {
        let entry = Entry(
            peer: peer, key: KademliaKey(of: peer), addresses: addresses, subnet: subnet, lastHeard: now)
        guard let index = bucketIndex(of: entry.key) else { return .refused(.isThisPeer) }
        while buckets.count <= index { buckets.append(Bucket()) }
        if let position = buckets[index].entries.firstIndex(where: { $0.peer == peer }) {
            return refresh(entry, at: position, in: index)
        }
        buckets[index].replacements.removeAll { $0.peer == peer }
        guard allows(subnet, in: index) else { return .refused(.tooManyOfItsSubnet) }
        if buckets[index].entries.count < limits.bucketSize {
            insert(entry, in: index)
            return .added
        }
        buckets[index].replacements.append(entry)
        if buckets[index].replacements.count > limits.replacements { buckets[index].replacements.removeFirst() }
        let silent = buckets[index].entries[0]
        return .waiting(check: silent.lastHeard + limits.livenessGrace <= now ? silent.peer : nil)
    }

    /// A peer did not answer.
    /// - Returns: Who took its place, if it had to go and somebody waited for it.
    package mutating func failed(_ peer: PeerID) -> PeerID? {
        let key = KademliaKey(of: peer)
        guard let index = bucketIndex(of: key), index < buckets.count else { return nil }
        buckets[index].replacements.removeAll { $0.peer == peer }
        guard let position = buckets[index].entries.firstIndex(where: { $0.peer == peer }) else { return nil }
        buckets[index].entries[position].failures += 1
        guard buckets[index].entries[position].failures >= limits.failures else { return nil }
        return remove(at: position, in: index)
    }

    /// A peer no longer serves the table.
    package mutating func left(_ peer: PeerID) {
        guard let index = bucketIndex(of: KademliaKey(of: peer)), index < buckets.count else { return }
        buckets[index].replacements.removeAll { $0.peer == peer }
        if let position = buckets[index].entries.firstIndex(where: { $0.peer == peer }) {
            _ = remove(at: position, in: index)
        }
    }

    package func contains(_ peer: PeerID) -> Bool { entry(of: peer) != nil }

    package func entry(of peer: PeerID) -> Entry? {
        guard let index = bucketIndex(of: KademliaKey(of: peer)), index < buckets.count else { return nil }
        return buckets[index].entries.first { $0.peer == peer }
    }

    /// The peers that are nearest to a place, nearest first, `count` at most.
    package func closest(to key: KademliaKey, count: Int) -> [Entry] {
        let byDistance = buckets.lazy.flatMap(\.entries).map { (distance: $0.key.distance(to: key), entry: $0) }
        return byDistance.sorted { $0.distance < $1.distance }.prefix(count).map(\.entry)
    }

    package var entries: [Entry] { buckets.flatMap(\.entries) }

    /// The buckets that have peers, by the number of bits that these share with this peer's own place.
    package var filledBuckets: [Int] { buckets.indices.filter { !buckets[$0].entries.isEmpty } }

    /// Who should be asked whether it is there: silent since before `limit`, silent the longest first.
    package func silent(since limit: Duration, count: Int) -> [PeerID] {
        buckets.lazy.flatMap(\.entries).filter { $0.lastHeard < limit }
            .sorted { $0.lastHeard < $1.lastHeard }.prefix(count).map(\.peer)
    }

    // MARK: - Inside

    private func bucketIndex(of key: KademliaKey) -> Int? {
        let shared = key.commonPrefixLength(with: ownKey)
        return shared < KademliaKey.bitCount ? shared : nil
    }

    private func allows(_ subnet: Subnet?, in index: Int) -> Bool {
        guard let subnet else { return true }
        let inBucket = buckets[index].entries.count { $0.subnet == subnet }
        return inBucket < limits.perSubnetInBucket && perSubnet[subnet, default: 0] < limits.perSubnet
    }

    /// A peer that has moved to a subnet that has its share already leaves.
    private mutating func refresh(_ entry: Entry, at position: Int, in index: Int) -> Insertion {
        let old = buckets[index].entries.remove(at: position)
        forget(old.subnet)
        guard allows(entry.subnet, in: index) else {
            count -= 1
            return .refused(.tooManyOfItsSubnet)
        }
        var entry = entry
        if entry.addresses.isEmpty { entry.addresses = old.addresses }
        buckets[index].entries.append(entry)
        remember(entry.subnet)
        return .refreshed
    }

    private mutating func insert(_ entry: Entry, in index: Int) {
        let place = buckets[index].entries.lastIndex { $0.lastHeard <= entry.lastHeard }.map { $0 + 1 } ?? 0
        buckets[index].entries.insert(entry, at: place)
        remember(entry.subnet)
        count += 1
    }

    private mutating func remove(at position: Int, in index: Int) -> PeerID? {
        forget(buckets[index].entries.remove(at: position).subnet)
        count -= 1
        while let next = buckets[index].replacements.popLast() {
            guard allows(next.subnet, in: index) else { continue }
            insert(next, in: index)
            return next.peer
        }
        return nil
    }

    private mutating func remember(_ subnet: Subnet?) {
        if let subnet { perSubnet[subnet, default: 0] += 1 }
    }

    private mutating func forget(_ subnet: Subnet?) {
        guard let subnet, let known = perSubnet[subnet] else { return }
        perSubnet[subnet] = known > 1 ? known - 1 : nil
    }
}
