import LibP2P

/// What waits to be sent to one peer, and in which order it goes: what the peer must know to take part, then messages, then gossip.
///
/// Bounded: of topics and links the latest word counts, of which there is one each; when messages become too many, gossip goes
/// first and then the oldest messages. A peer that does not read costs that much memory and no more.
package struct PeerQueue: Sendable {
    private enum Link: Sendable, Hashable {
        case graft
        case prune(GossipRPC.Prune)
    }

    /// Bytes of messages or gossip that are put together, about.
    static let batchByteCount = 128 << 10

    private let greatestByteCount: Int
    private let greatestIdentifierCount: Int
    private var subscriptions: [String: Bool] = [:]
    private var links: [String: Link] = [:]
    private var messages: [SignedMessage] = []
    /// The first of `messages` that has not been sent.
    private var head = 0
    package private(set) var byteCount = 0
    private var have: [GossipRPC.Have] = []
    private var want: [MessageID] = []
    package private(set) var identifierCount = 0
    /// Messages and lists of gossip that were given up.
    package private(set) var droppedCount = 0

    package init(limits: GossipLimits) {
        greatestByteCount = limits.queuedBytes
        greatestIdentifierCount = limits.queuedIdentifiers
    }

    package var isEmpty: Bool {
        subscriptions.isEmpty && links.isEmpty && head == messages.count && have.isEmpty && want.isEmpty
    }

    package mutating func add(_ item: GossipRouter.Item) {
        switch item {
        case .subscription(let subscription): subscriptions[subscription.topic] = subscription.isSubscribed
        case .graft(let topic): links[topic] = .graft
        case .prune(let prune): links[prune.topic] = .prune(prune)
        case .message(let message): add(message)
        case .have(let list):
            guard admits(list.ids.count) else { return }
            have.append(list)
        case .want(let ids):
            guard admits(ids.count) else { return }
            want += ids
        }
    }

    private mutating func add(_ message: SignedMessage) {
        let size = message.encoded.count
        guard size <= greatestByteCount else {
            droppedCount += 1
            return
        }
        if byteCount + size > greatestByteCount { dropGossip() }
        while byteCount + size > greatestByteCount {
            _ = popMessage()
            droppedCount += 1
        }
        messages.append(message)
        byteCount += size
    }

    private mutating func admits(_ count: Int) -> Bool {
        guard identifierCount + count <= greatestIdentifierCount, byteCount <= greatestByteCount / 2 else {
            droppedCount += 1
            return false
        }
        identifierCount += count
        return true
    }

    private mutating func dropGossip() {
        droppedCount += have.count + (want.isEmpty ? 0 : 1)
        have = []
        want = []
        identifierCount = 0
    }

    private mutating func popMessage() -> SignedMessage {
        let message = messages[head]
        head += 1
        byteCount -= message.encoded.count
        if head > 32, head * 2 > messages.count {
            messages.removeFirst(head)
            head = 0
        }
        return message
    }

    /// What is sent next; nil when nothing waits.
    package mutating func next() -> GossipRPC? {
        guard !isEmpty else { return nil }
        var rpc = GossipRPC()
        rpc.subscriptions = subscriptions.sorted { $0.key < $1.key }.map {
            .init(topic: $0.key, isSubscribed: $0.value)
        }
        subscriptions = [:]
        for (topic, link) in links.sorted(by: { $0.key < $1.key }) {
            switch link {
            case .graft: rpc.graft.append(topic)
            case .prune(let prune): rpc.prune.append(prune)
            }
        }
        links = [:]
        var size = 0
        while head < messages.count, size == 0 || size + messages[head].encoded.count <= Self.batchByteCount {
            let message = popMessage()
            size += message.encoded.count
            rpc.messages.append(message.encoded)
        }
        takeGossip(into: &rpc, size: &size)
        return rpc
    }

    private mutating func takeGossip(into rpc: inout GossipRPC, size: inout Int) {
        while size < Self.batchByteCount, let list = have.first {
            have.removeFirst()
            identifierCount -= list.ids.count
            size += Self.byteCount(of: list.ids)
            rpc.have.append(list)
        }
        while size < Self.batchByteCount, let id = want.popLast() {
            identifierCount -= 1
            size += id.bytes.count + 2
            rpc.want.append(id)
        }
    }

    private static func byteCount(of ids: [MessageID]) -> Int { ids.reduce(0) { $0 + $1.bytes.count + 2 } }
}
