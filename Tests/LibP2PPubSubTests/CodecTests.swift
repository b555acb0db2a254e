import LibP2P
import LibP2PPubSub
import SeededNumbers
import Testing

@Suite struct CodecTests {
    private func sample(_ keys: KeyPair) -> GossipRPC {
        var rpc = GossipRPC()
        rpc.subscriptions = [.init(topic: "a", isSubscribed: true), .init(topic: "b", isSubscribed: false)]
        rpc.messages = [SignedMessage(topic: "a", bytes: [1, 2, 3], sequence: 5, keys: keys).encoded]
        rpc.have = [.init(topic: "a", ids: [MessageID(author: keys.peerID, sequence: 1)])]
        rpc.want = [MessageID(author: keys.peerID, sequence: 2)]
        rpc.graft = ["a"]
        rpc.prune = [.init(topic: "b", backoffSeconds: 60, peers: [.init(peer: keys.peerID, signedRecord: [1, 2])])]
        return rpc
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let rpc = sample(KeyPair())
        #expect(try GossipCodec.decode(GossipCodec.encode(rpc), limits: GossipLimits()) == rpc)
    }

    @Test func aMessageKeepsItsBytesOnItsWay() throws {
        let keys = KeyPair()
        let message = SignedMessage(topic: "a", bytes: [], sequence: .max, keys: keys)
        let read = try SignedMessage(encoded: message.encoded)
        #expect(read.encoded == message.encoded)
        #expect(read.isAuthentic)
        #expect(read.sequence == .max && read.author == keys.peerID && read.bytes.isEmpty)
        // A field that is not known here is part of what was signed.
        #expect(try !SignedMessage(encoded: message.encoded + [0x7A, 1, 9]).isAuthentic)
    }

    @Test func theKeyOfAnotherPeerIsRefused() throws {
        let message = SignedMessage(topic: "a", bytes: [1], sequence: 1, keys: KeyPair())
        let key = KeyPair().publicKey.encoded
        #expect(throws: SignedMessage.Flaw.badKey) {
            try SignedMessage(encoded: message.encoded + [0x32, UInt8(key.count)] + key)
        }
    }

    @Test func whatIsPastTheLimitsIsLeftOut() throws {
        var limits = GossipLimits()
        limits.entries = 3
        limits.identifiers = 4
        limits.topicBytes = 5
        limits.exchangedPeers = 1
        var rpc = GossipRPC()
        let peer = KeyPair().peerID
        rpc.subscriptions = (0..<9).map { .init(topic: "t\($0)", isSubscribed: true) }
        rpc.messages = (0..<9).map { [$0] }
        rpc.have = (0..<9).map { .init(topic: "t\($0)", ids: [1, 2, 3].map { MessageID(bytes: [$0]) }) }
        rpc.graft = ["much too long", "a"]
        rpc.prune = [.init(topic: "a", backoffSeconds: 1, peers: [.init(peer: peer), .init(peer: peer)])]
        let read = try GossipCodec.decode(GossipCodec.encode(rpc), limits: limits)
        #expect(read.subscriptions.count == 3 && read.messages.count == 3)
        #expect(read.have.map(\.ids.count) == [3, 1])
        #expect(read.graft == ["a"])
        #expect(read.prune.map(\.peers.count) == [1])
        limits.rpcBytes = 10
        #expect(throws: PeerStreamError.messageTooLarge(limit: 10)) {
            try GossipCodec.decode(GossipCodec.encode(rpc), limits: limits)
        }
    }

    /// Whatever comes, reading it ends with a value or a typed error, and a router that gets it goes on.
    @Test(arguments: 0..<4 as Range<UInt64>)
    func garbageNeitherCrashesNorConvinces(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let keys = KeyPair()
        var router = GossipRouter(
            localPeer: KeyPair().peerID, configuration: GossipConfiguration(), random: SeededRandom(seed: seed))
        _ = router.connected(keys.peerID, version: .gossipsub11, isOutbound: false, address: nil)
        _ = try router.subscribe("a", now: .zero)
        let whole = GossipCodec.encode(sample(keys))
        for _ in 0..<1_500 {
            var bytes = random.chance(permille: 200) ? [] : whole
            for _ in 0..<1 + random.below(6) {
                switch random.below(4) {
                case 0: bytes.append(UInt8(random.below(256)))
                case 1 where !bytes.isEmpty: bytes[random.below(bytes.count)] = UInt8(random.below(256))
                case 2 where !bytes.isEmpty: bytes.removeLast(random.below(bytes.count))
                case 3 where !bytes.isEmpty: bytes.remove(at: random.below(bytes.count))
                default: bytes += (0..<random.below(40)).map { _ in UInt8(random.below(256)) }
                }
            }
            guard let rpc = try? GossipCodec.decode(bytes, limits: GossipLimits()) else { continue }
            for action in router.received(rpc, from: keys.peerID, now: .zero) {
                if case .deliver(let message) = action { #expect(message.bytes == [1, 2, 3] && message.sequence == 5) }
            }
        }
    }
}
