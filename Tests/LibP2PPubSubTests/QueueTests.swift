import LibP2P
import LibP2PPubSub
import Testing

@Suite struct QueueTests {
    private let keys = KeyPair()

    private func message(_ sequence: UInt64, size: Int = 1_000) -> SignedMessage {
        SignedMessage(topic: "a", bytes: [UInt8](repeating: 1, count: size), sequence: sequence, keys: keys)
    }

    private func have(_ count: Int) -> GossipRouter.Item {
        .have(.init(topic: "a", ids: (0..<count).map { MessageID(author: keys.peerID, sequence: UInt64($0)) }))
    }

    @Test func aPeerThatDoesNotReadLosesGossipFirstThenTheOldestMessages() {
        var limits = GossipLimits()
        limits.queuedBytes = 20_000
        var queue = PeerQueue(limits: limits)
        queue.add(have(3))
        for sequence in 0..<10 as Range<UInt64> { queue.add(.message(message(sequence))) }
        #expect(queue.droppedCount == 0 && queue.identifierCount == 3)
        for sequence in 10..<100 as Range<UInt64> { queue.add(.message(message(sequence))) }
        #expect(queue.identifierCount == 0)
        #expect(queue.byteCount <= 20_000)
        queue.add(have(1))
        #expect(queue.identifierCount == 0)
        let sent = queue.next()?.messages ?? []
        #expect(sent.last == message(99).encoded)
        #expect(sent.count == 17)
        #expect(queue.isEmpty && queue.next() == nil && queue.byteCount == 0)
    }

    @Test func ofLinksAndTopicsTheLatestWordCounts() {
        var queue = PeerQueue(limits: GossipLimits())
        for _ in 0..<1_000 {
            queue.add(.subscription(.init(topic: "a", isSubscribed: true)))
            queue.add(.graft("a"))
            queue.add(.subscription(.init(topic: "a", isSubscribed: false)))
            queue.add(.prune(.init(topic: "a", backoffSeconds: 1)))
        }
        let rpc = queue.next()
        #expect(rpc?.subscriptions == [.init(topic: "a", isSubscribed: false)])
        #expect(rpc?.graft.isEmpty == true && rpc?.prune.count == 1)
        #expect(queue.isEmpty)
    }

    @Test func whatIsSentAtOnceIsNeverLargerThanPeersRead() {
        let limits = GossipLimits()
        var queue = PeerQueue(limits: limits)
        for sequence in 0..<3 as Range<UInt64> { queue.add(.message(message(sequence, size: 300_000))) }
        for _ in 0..<4 { queue.add(have(2_000)) }
        queue.add(.want((0..<2_000).map { MessageID(author: keys.peerID, sequence: $0) }))
        for number in 0..<limits.ownTopics {
            queue.add(.graft(String(repeating: "t", count: 200) + String(number)))
        }
        var count = 0
        while let rpc = queue.next() {
            #expect(GossipCodec.encode(rpc).count < limits.rpcBytes)
            count += 1
        }
        #expect(count >= 3)
    }
}
