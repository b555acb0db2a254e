package import LibP2P

/// What one peer of a table knows and decides: whom it knows, what it keeps for others, what it answers.
///
/// A value without clock, randomness or network: these come in with each call.
package struct KademliaNode: Sendable {
    /// Why a request is not answered.
    package enum Refusal: Error, Sendable, Hashable {
        /// This peer has asked for more than its share.
        case tooManyRequests
        case invalidRecord(InvalidRecord)
        case notKept(RecordStore.Refusal)
        case notProvided(ProviderStore.Refusal)
        /// It says that somebody else provides something.
        case notTheProvider
    }

    package let peer: PeerID
    package let namespaces: RecordNamespaces
    private let replication: Int
    package var table: RoutingTable
    package var providers: ProviderStore
    package var records: RecordStore
    private var budget: RequestBudget

    package init(of peer: PeerID, configuration: KademliaConfiguration) {
        self.peer = peer
        namespaces = configuration.namespaces
        replication = configuration.replication
        table = RoutingTable(of: peer, limits: configuration.tableLimits)
        providers = ProviderStore(of: peer, limits: configuration.providerLimits)
        records = RecordStore(of: peer, limits: configuration.recordLimits)
        budget = RequestBudget(limits: configuration.budgetLimits)
    }

    /// Answers a request.
    /// - Parameters:
    ///   - asker: Who asks, proven by its connection, and the address that it comes from.
    ///   - target: For `findNode`, where the peer itself may be reached, if that is known; the spec wants it told even
    ///     when the peer is not in the table.
    /// - Returns: nil when the request is done and nothing is to be answered.
    package mutating func answer(
        _ request: KademliaRequest, from asker: PeerID, at address: Multiaddr, target: PeerAddresses?, now: Duration
    ) throws(Refusal) -> KademliaAnswer? {
        guard budget.take(asker, at: now) else { throw .tooManyRequests }
        switch request {
        case .ping:
            return KademliaAnswer()
        case .findNode(let key):
            var closer = self.closer(to: key, for: asker, at: address)
            if let target, !target.addresses.isEmpty, !closer.contains(where: { $0.peer == target.peer }) {
                closer.insert(told(target, to: address), at: 0)
            }
            return KademliaAnswer(closer: closer)
        case .getProviders(let key):
            let providers = providers.providers(of: key, at: now).prefix(replication * 2)
                .map { told($0, to: address) }
            return KademliaAnswer(closer: closer(to: key, for: asker, at: address), providers: Array(providers))
        case .addProvider(let key, let named):
            try add(named, of: key, from: asker, at: address, now: now)
            return nil
        case .getValue(let key):
            return KademliaAnswer(
                closer: closer(to: key, for: asker, at: address), value: records.value(of: key, at: now))
        case .putValue(let key, let value):
            try keep(value, for: key, from: asker, now: now)
            return KademliaAnswer(value: value)
        }
    }

    /// Keeps a value, whoever it is from.
    package mutating func keep(
        _ value: [UInt8], for key: [UInt8], from peer: PeerID, now: Duration
    ) throws(Refusal) {
        do {
            try namespaces.validate(value, for: key)
        } catch let error as InvalidRecord {
            throw .invalidRecord(error)
        } catch {
            throw .invalidRecord(InvalidRecord("\(error)"))
        }
        do {
            try records.put(value, for: key, from: peer, namespaces: namespaces, at: now)
        } catch {
            throw .notKept(error)
        }
    }

    /// Forgets what has expired.
    package mutating func expire(at now: Duration) {
        providers.expire(at: now)
        records.expire(at: now)
    }

    private mutating func add(
        _ named: [PeerAddresses], of key: [UInt8], from asker: PeerID, at address: Multiaddr, now: Duration
    ) throws(Refusal) {
        guard let provider = named.first(where: { $0.peer == asker }) else { throw .notTheProvider }
        do {
            try providers.add(
                PeerAddresses(peer: asker, addresses: provider.addresses), subnet: Subnet(address), of: key,
                at: now)
        } catch {
            throw .notProvided(error)
        }
    }

    private func closer(to key: [UInt8], for asker: PeerID, at address: Multiaddr) -> [PeerAddresses] {
        table.closest(to: KademliaKey(hashing: key), count: replication + 1)
            .filter { $0.peer != asker }.prefix(replication)
            .map { told(PeerAddresses(peer: $0.peer, addresses: $0.addresses), to: address) }
            .filter { !$0.addresses.isEmpty }
    }

    /// A peer as it is told to one that comes from an address.
    private func told(_ peer: PeerAddresses, to address: Multiaddr) -> PeerAddresses {
        PeerAddresses(peer: peer.peer, addresses: Array(peer.addresses.reachable(from: address).prefix(8)))
    }
}
