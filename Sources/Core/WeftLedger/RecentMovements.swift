import WeftModel

/// Grants and reversals of late, by what can happen once: a repeated request finds the first answer here. They are rare, and
/// are forgotten after twice the window in which requests are taken, so a request that is still taken is always found.
struct RecentMovements: Hashable, Sendable {
    private var byIdentity: [MovementIdentity: Movement] = [:]
    /// In the order of their sequence; those before `first` are forgotten.
    private var order: [Movement] = []
    private var first = 0

    init() {}

    subscript(identity: MovementIdentity) -> Movement? { byIdentity[identity] }

    /// Oldest first.
    var all: ArraySlice<Movement> { order[first...] }

    mutating func add(_ movement: Movement) {
        byIdentity[movement.identity] = movement
        order.append(movement)
    }

    /// Amortised O(1).
    mutating func forget(before now: Instant) {
        let kept = 2 * Ledger.windowMicroseconds
        while first < order.count, Ledger.distance(order[first].at, now) > kept, order[first].at < now {
            byIdentity[order[first].identity] = nil
            first += 1
        }
        if first > 32, first > order.count / 2 {
            order.removeFirst(first)
            first = 0
        }
    }

    static func == (left: RecentMovements, right: RecentMovements) -> Bool { left.all == right.all }

    func hash(into hasher: inout Hasher) { hasher.combine(all) }
}
