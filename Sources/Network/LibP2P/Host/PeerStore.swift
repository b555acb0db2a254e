/// What a host remembers of peers: where they are, for a while, and what they speak. A value; time comes in with the calls.
struct PeerStore: Sendable {
    private struct Entry {
        /// When each address is forgotten.
        var addresses: [Multiaddr: Duration] = [:]
        var protocols: [String] = []
        /// Peers that are connected are never forgotten.
        var isConnected = false
    }

    private let greatestPeerCount: Int
    private let greatestAddressCount: Int
    private var entries: [PeerID: Entry] = [:]

    init(greatestPeerCount: Int, greatestAddressCount: Int) {
        self.greatestPeerCount = greatestPeerCount
        self.greatestAddressCount = greatestAddressCount
    }

    var count: Int { entries.count }

    mutating func learn(_ addresses: [Multiaddr], of peer: PeerID, until deadline: Duration, at now: Duration) {
        guard !addresses.isEmpty, makeRoom(for: peer, at: now) else { return }
        var entry = entries[peer] ?? Entry()
        for address in addresses.map(\.withoutPeerID) where !address.components.isEmpty {
            entry.addresses[address] = max(deadline, entry.addresses[address] ?? deadline)
        }
        if entry.addresses.count > greatestAddressCount {
            let kept = entry.addresses.sorted { $0.value > $1.value }.prefix(greatestAddressCount)
            entry.addresses = Dictionary(kept.map { ($0.key, $0.value) }) { first, _ in first }
        }
        entries[peer] = entry
    }

    func addresses(of peer: PeerID, at now: Duration) -> [Multiaddr] {
        entries[peer]?.addresses.filter { $0.value > now }.map(\.key) ?? []
    }

    func protocols(of peer: PeerID) -> [String] { entries[peer]?.protocols ?? [] }

    mutating func setProtocols(_ protocols: [String], of peer: PeerID) {
        if entries[peer] != nil { entries[peer]?.protocols = protocols }
    }

    mutating func setConnected(_ isConnected: Bool, _ peer: PeerID, at now: Duration) {
        if isConnected {
            _ = makeRoom(for: peer, at: now)
            entries[peer, default: Entry()].isConnected = true
        } else {
            entries[peer]?.isConnected = false
            entries[peer]?.protocols = []
            if addresses(of: peer, at: now).isEmpty { entries[peer] = nil }
        }
    }

    /// Forgets what is past its time.
    mutating func expire(at now: Duration) {
        for (peer, entry) in entries {
            let kept = entry.addresses.filter { $0.value > now }
            if kept.isEmpty, !entry.isConnected {
                entries[peer] = nil
            } else if kept.count != entry.addresses.count {
                entries[peer]?.addresses = kept
            }
        }
    }

    /// - Returns: false when the peer is new and there is no room for it.
    private mutating func makeRoom(for peer: PeerID, at now: Duration) -> Bool {
        guard entries[peer] == nil, entries.count >= greatestPeerCount else { return true }
        expire(at: now)
        guard entries.count >= greatestPeerCount else { return true }
        // Any that is not connected: a dictionary's order is as good as random.
        guard let victim = entries.first(where: { !$0.value.isConnected })?.key else { return false }
        entries[victim] = nil
        return true
    }
}
