package import LibP2P

/// Messages of the last heartbeats, for those who ask for them (gossipsub v1.0, "Message Cache"), up to a number of bytes.
package struct MessageCache: Sendable {
    private struct Entry: Sendable {
        let message: SignedMessage
        var sent: [PeerID: Int] = [:]
    }

    private let windowCount: Int
    private let gossipWindowCount: Int
    private let greatestByteCount: Int
    private var entries: [MessageID: Entry] = [:]
    /// The newest first.
    private var windows: [[MessageID]] = [[]]
    package private(set) var byteCount = 0

    package init(windowCount: Int, gossipWindowCount: Int, greatestByteCount: Int) {
        self.windowCount = max(1, windowCount)
        self.gossipWindowCount = min(gossipWindowCount, self.windowCount)
        self.greatestByteCount = greatestByteCount
    }

    package var count: Int { entries.count }

    package mutating func put(_ message: SignedMessage) {
        guard entries[message.id] == nil, Self.cost(message) <= greatestByteCount else { return }
        while byteCount + Self.cost(message) > greatestByteCount { dropOldest() }
        entries[message.id] = Entry(message: message)
        windows[0].append(message.id)
        byteCount += Self.cost(message)
    }

    /// A message for a peer that asks for it, as often as the limit says.
    package mutating func take(_ id: MessageID, for peer: PeerID, atMost limit: Int) -> SignedMessage? {
        guard let entry = entries[id], entry.sent[peer, default: 0] < limit else { return nil }
        entries[id]?.sent[peer, default: 0] += 1
        return entry.message
    }

    /// What can be gossiped of a topic, the newest heartbeat first.
    package func identifiers(of topic: String) -> [MessageID] {
        windows.prefix(gossipWindowCount).joined().filter { entries[$0]?.message.topic == topic }
    }

    /// A heartbeat has passed.
    package mutating func shift() {
        windows.insert([], at: 0)
        while windows.count > windowCount {
            for identifier in windows.removeLast() { remove(identifier) }
        }
    }

    /// Bytes in memory, about: a message is kept encoded, as what was signed, and as its contents.
    private static func cost(_ message: SignedMessage) -> Int { 2 * message.encoded.count + message.bytes.count + 512 }

    private mutating func dropOldest() {
        guard let index = windows.lastIndex(where: { !$0.isEmpty }) else { return }
        remove(windows[index].removeFirst())
    }

    private mutating func remove(_ id: MessageID) {
        guard let entry = entries.removeValue(forKey: id) else { return }
        byteCount -= Self.cost(entry.message)
    }
}
