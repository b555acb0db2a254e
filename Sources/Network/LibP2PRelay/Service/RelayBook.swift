package import LibP2P

/// Who has a place at a relay, and which circuits there are. A value: the time comes in with each call.
package struct RelayBook: Sendable {
    package struct CircuitID: Sendable, Hashable {
        fileprivate let number: UInt64
    }

    private struct Reservation: Sendable {
        var expires: Duration
        let address: IPAddress?
    }

    private struct Circuit: Sendable {
        let source: PeerID
        let destination: PeerID
        let address: IPAddress?
    }

    private let configuration: RelayConfiguration
    private var reservations: [PeerID: Reservation] = [:]
    private var reservationsAt = Tally<IPAddress>()
    private var circuits: [CircuitID: Circuit] = [:]
    private var circuitsOf = Tally<PeerID>()
    private var circuitsFrom = Tally<IPAddress>()
    private var requestsOf = Tally<PeerID>()
    private var nextNumber: UInt64 = 0

    package init(configuration: RelayConfiguration) { self.configuration = configuration }

    package var reservationCount: Int { reservations.count }
    package var circuitCount: Int { circuits.count }

    // MARK: - Requests

    /// Whether one more request of a peer is looked at; each that is must be ended.
    package mutating func beginRequest(of peer: PeerID) -> Bool {
        guard requestsOf.total < configuration.requests, requestsOf[peer] < configuration.requestsPerPeer else {
            return false
        }
        requestsOf.add(peer)
        return true
    }

    package mutating func endRequest(of peer: PeerID) { requestsOf.remove(peer) }

    // MARK: - Places

    /// Gives a peer a place, or keeps the one that it has for longer.
    /// - Returns: Until when.
    package mutating func reserve(
        _ peer: PeerID, from address: IPAddress?, now: Duration
    ) throws(CircuitError) -> Duration {
        expire(now: now)
        let expires = now + configuration.reservationLifetime
        if reservations[peer] != nil {
            reservations[peer]?.expires = expires
            return expires
        }
        let address = address.map(Self.counted)
        guard reservations.count < configuration.reservations,
            address.map({ reservationsAt[$0] < configuration.reservationsPerAddress }) ?? true
        else { throw .refused(.reservationRefused) }
        reservations[peer] = Reservation(expires: expires, address: address)
        if let address { reservationsAt.add(address) }
        return expires
    }

    /// A peer without a connection has no place.
    package mutating func disconnected(_ peer: PeerID) {
        guard let reservation = reservations.removeValue(forKey: peer) else { return }
        if let address = reservation.address { reservationsAt.remove(address) }
    }

    package func hasReservation(_ peer: PeerID, now: Duration) -> Bool {
        reservations[peer].map { now < $0.expires } ?? false
    }

    private mutating func expire(now: Duration) {
        for (peer, reservation) in reservations where reservation.expires <= now { disconnected(peer) }
    }

    private static func counted(_ address: IPAddress) -> IPAddress {
        address.isVersion4 ? address : address.neighbourhood
    }

    // MARK: - Circuits

    /// Admits a circuit, which must be ended.
    package mutating func connect(
        _ source: PeerID, from address: IPAddress?, to destination: PeerID, now: Duration
    ) throws(CircuitError) -> CircuitID {
        guard hasReservation(destination, now: now), source != destination else { throw .refused(.noReservation) }
        let address = address.map(Self.counted)
        guard circuits.count < configuration.circuits, circuitsOf[source] < configuration.circuitsPerPeer,
            circuitsOf[destination] < configuration.circuitsPerPeer,
            address.map({ circuitsFrom[$0] < configuration.circuitsPerAddress }) ?? true
        else { throw .refused(.resourceLimitExceeded) }
        let id = CircuitID(number: nextNumber)
        nextNumber += 1
        circuits[id] = Circuit(source: source, destination: destination, address: address)
        circuitsOf.add(source)
        circuitsOf.add(destination)
        if let address { circuitsFrom.add(address) }
        return id
    }

    package mutating func ended(_ id: CircuitID) {
        guard let circuit = circuits.removeValue(forKey: id) else { return }
        circuitsOf.remove(circuit.source)
        circuitsOf.remove(circuit.destination)
        if let address = circuit.address { circuitsFrom.remove(address) }
    }
}

/// How many there are of each.
struct Tally<Key: Hashable & Sendable>: Sendable {
    private var counts: [Key: Int] = [:]
    private(set) var total = 0

    subscript(key: Key) -> Int { counts[key, default: 0] }

    mutating func add(_ key: Key) {
        counts[key, default: 0] += 1
        total += 1
    }

    mutating func remove(_ key: Key) {
        guard let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
        total -= 1
    }
}
