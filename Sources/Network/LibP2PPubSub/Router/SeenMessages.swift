package import LibP2P

/// The messages that have come of late, what became of each, and who brought it.
package struct SeenMessages: Sendable {
    package enum State: Sendable, Hashable {
        /// Its validator has not yet said anything.
        case pending
        case accepted(at: Duration)
        case ignored
        case rejected
    }

    package struct Entry: Sendable {
        package var state: State
        /// Peers that brought it, the first one first; a few.
        package var senders: [PeerID]
        let topic: String
    }

    /// Who else brought a message is noted for so many.
    static let greatestSenderCount = 24

    private let lifetime: Duration
    private let greatestCount: Int
    private var entries: [MessageID: Entry] = [:]
    private var order = ExpiryQueue<MessageID>()

    package init(lifetime: Duration, greatestCount: Int) {
        self.lifetime = lifetime
        self.greatestCount = greatestCount
    }

    package var count: Int { entries.count }

    package subscript(id: MessageID) -> Entry? { entries[id] }

    /// - Precondition: It is not there.
    package mutating func insert(_ id: MessageID, topic: String, from sender: PeerID?, state: State, now: Duration) {
        precondition(entries[id] == nil, "a message is new once")
        if entries.count >= greatestCount, let oldest = order.popFirst() { entries[oldest] = nil }
        entries[id] = Entry(state: state, senders: sender.map { [$0] } ?? [], topic: topic)
        order.append(id, at: now)
    }

    /// Notes one more who brought it.
    /// - Returns: Whether that was not noted already.
    package mutating func add(_ sender: PeerID, to id: MessageID) -> Bool {
        guard let senders = entries[id]?.senders, senders.count < Self.greatestSenderCount, !senders.contains(sender)
        else { return false }
        entries[id]?.senders.append(sender)
        return true
    }

    package mutating func set(_ state: State, of id: MessageID) { entries[id]?.state = state }

    package mutating func expire(now: Duration) {
        while let id = order.popFirst(before: now - lifetime) { entries[id] = nil }
    }
}

/// Things in the order of their times, given back from the oldest on.
struct ExpiryQueue<Element: Sendable>: Sendable {
    private var elements: [(element: Element, time: Duration)?] = []
    private var head = 0

    mutating func append(_ element: Element, at time: Duration) { elements.append((element, time)) }

    mutating func popFirst() -> Element? {
        guard head < elements.count, let first = elements[head] else { return nil }
        elements[head] = nil
        head += 1
        if head > 64, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return first.element
    }

    /// The oldest, if it is at least as old as a time.
    mutating func popFirst(before time: Duration) -> Element? {
        guard head < elements.count, let first = elements[head], first.time <= time else { return nil }
        return popFirst()
    }
}
