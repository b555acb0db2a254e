/// Leases, one bit each: of neighbours, 64 share an entry. A job that has the nodes to itself takes about half a byte for a
/// lease; one among very many takes up to 40.
package struct LeaseSet: Hashable, Sendable {
    private var words: [UInt64: UInt64] = [:]

    package init() {}

    package func contains(_ lease: LeaseID) -> Bool {
        words[lease.number >> 6].map { $0 & Self.bit(lease) != 0 } ?? false
    }

    package mutating func insert(_ lease: LeaseID) { words[lease.number >> 6, default: 0] |= Self.bit(lease) }

    private static func bit(_ lease: LeaseID) -> UInt64 { 1 << (lease.number & 63) }

    /// Alternately the number of a word (a lease's number without its last six bits) and the word's bits, in order.
    package var flat: [UInt64] { words.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] } }

    /// nil for what ``flat`` does not give.
    package init?(flat: [UInt64]) {
        guard flat.count.isMultiple(of: 2) else { return nil }
        var last: UInt64?
        for place in stride(from: 0, to: flat.count, by: 2) {
            if let last, flat[place] <= last { return nil }
            guard flat[place] <= UInt64.max >> 6, flat[place + 1] != 0 else { return nil }
            words[flat[place]] = flat[place + 1]
            last = flat[place]
        }
    }
}
