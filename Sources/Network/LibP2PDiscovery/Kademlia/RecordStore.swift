package import LibP2P

/// Says what values of one namespace are right, and which of several is best.
///
/// Both are functions of their arguments alone (and of the time of day, where values expire), so that all peers agree.
public protocol RecordValidator: Sendable {
    /// - Parameter key: The whole key, with its namespace, as in `/pk/…`.
    /// - Throws: `InvalidRecord`, when the value may not stand for the key.
    func validate(_ value: [UInt8], for key: [UInt8]) throws

    /// The index of the best of several values, at least one, each of which is valid.
    func best(of values: [[UInt8]], for key: [UInt8]) -> Int
}

/// Why a value may not stand for a key.
public struct InvalidRecord: Error, Sendable, Hashable {
    public let reason: String

    public init(_ reason: String) { self.reason = reason }
}

/// The validators that a peer has, by namespace. A key is `/namespace/rest`; what has no known namespace is refused.
public struct RecordNamespaces: Sendable {
    private var validators: [String: any RecordValidator]

    /// - Parameter validators: By namespace, without slashes.
    public init(_ validators: [String: any RecordValidator] = ["pk": PublicKeyRecords()]) {
        self.validators = validators
    }

    /// - Throws: `InvalidRecord` when no namespace is known, or what its validator says.
    package func validate(_ value: [UInt8], for key: [UInt8]) throws {
        guard let validator = validator(for: key) else {
            throw InvalidRecord("no validator is known for the namespace of this key")
        }
        try validator.validate(value, for: key)
    }

    /// Whether a value is better than another that is valid, too. What is alike is not better.
    package func isBetter(_ value: [UInt8], than other: [UInt8], for key: [UInt8]) -> Bool {
        guard value != other, let validator = validator(for: key) else { return false }
        return validator.best(of: [other, value], for: key) == 1
    }

    private func validator(for key: [UInt8]) -> (any RecordValidator)? {
        guard key.first == UInt8(ascii: "/") else { return nil }
        let rest = key.dropFirst()
        guard let end = rest.firstIndex(of: UInt8(ascii: "/")), end + 1 < key.count else { return nil }
        return validators[String(decoding: rest[..<end], as: UTF8.self)]
    }
}

/// Values that other peers put here, while they are fresh, in a bounded store.
package struct RecordStore: Sendable {
    package struct Limits: Sendable, Hashable {
        package var records = 2_000
        /// Values of one peer.
        package var recordsPerPeer = 100
        package var valueBytes = 65_536
        package var keyBytes = 1_024
        package var totalBytes = 32 << 20
        package var lifetime: Duration = .seconds(48 * 3600)

        package init() {}
    }

    package enum Refusal: Error, Sendable, Hashable {
        case tooLarge(limit: Int)
        case tooManyOfThisPeer
        case full
        /// A better one is here already.
        case worse
    }

    private struct Record: Sendable {
        let value: [UInt8]
        let from: PeerID
        let stored: Duration
    }

    package let limits: Limits
    private let ownKey: KademliaKey
    private var records: [[UInt8]: Record] = [:]
    private var countOfPeer: [PeerID: Int] = [:]
    package private(set) var totalBytes = 0

    package init(of peer: PeerID, limits: Limits = Limits()) {
        ownKey = KademliaKey(of: peer)
        self.limits = limits
    }

    package var count: Int { records.count }

    package func value(of key: [UInt8], at now: Duration) -> [UInt8]? {
        guard let record = records[key], record.stored + limits.lifetime > now else { return nil }
        return record.value
    }

    /// Keeps a value that is valid, unless a better one is here.
    package mutating func put(
        _ value: [UInt8], for key: [UInt8], from peer: PeerID, namespaces: RecordNamespaces, at now: Duration
    ) throws(Refusal) {
        guard value.count <= limits.valueBytes else { throw .tooLarge(limit: limits.valueBytes) }
        guard key.count <= limits.keyBytes else { throw .tooLarge(limit: limits.keyBytes) }
        if let old = self.value(of: key, at: now), namespaces.isBetter(old, than: value, for: key) { throw .worse }
        let isOfSamePeer = records[key]?.from == peer
        guard isOfSamePeer || countOfPeer[peer, default: 0] < limits.recordsPerPeer else { throw .tooManyOfThisPeer }
        let added = value.count + key.count
        if !hasRoom(for: added, of: key) { expire(at: now) }
        while !hasRoom(for: added, of: key) {
            guard removeFarthest(fartherThan: key) else { throw .full }
        }
        remove(key)
        records[key] = Record(value: value, from: peer, stored: now)
        countOfPeer[peer, default: 0] += 1
        totalBytes += added
    }

    /// Forgets what has expired.
    package mutating func expire(at now: Duration) {
        let expired = records.filter { $0.value.stored + limits.lifetime <= now }.map(\.key)
        for key in expired { remove(key) }
    }

    // MARK: - Inside

    private func hasRoom(for bytes: Int, of key: [UInt8]) -> Bool {
        let old = records[key].map { $0.value.count + key.count } ?? 0
        return (records[key] != nil || records.count < limits.records) && totalBytes - old + bytes <= limits.totalBytes
    }

    /// One record makes room, if it is farther from this peer than the new one would be.
    private mutating func removeFarthest(fartherThan key: [UInt8]) -> Bool {
        let distances = records.keys.map { (distance: KademliaKey(hashing: $0).distance(to: ownKey), key: $0) }
        guard let farthest = distances.max(by: { $0.distance < $1.distance }),
            KademliaKey(hashing: key).distance(to: ownKey) < farthest.distance
        else { return false }
        remove(farthest.key)
        return true
    }

    private mutating func remove(_ key: [UInt8]) {
        guard let record = records.removeValue(forKey: key) else { return }
        totalBytes -= record.value.count + key.count
        let count = countOfPeer[record.from, default: 0] - 1
        countOfPeer[record.from] = count > 0 ? count : nil
    }
}
