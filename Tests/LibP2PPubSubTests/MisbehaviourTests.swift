import LibP2P
import LibP2PPubSub
import SeededNumbers
import Testing

@Suite struct MisbehaviourTests {
    /// Router 0 follows the topic, and is linked with the others.
    private func world(_ count: Int, seed: UInt64 = 1, _ configuration: GossipConfiguration = .init()) throws
        -> GossipWorld
    {
        var world = GossipWorld(count: count, seed: seed, configuration: configuration)
        for number in 1..<count { world.link(0, number) }
        try world.subscribeAll()
        world.pass(.seconds(2))
        return world
    }

    private func message(_ sequence: UInt64, by keys: KeyPair, _ bytes: [UInt8] = [1]) -> [UInt8] {
        SignedMessage(topic: GossipWorld.topic, bytes: bytes, sequence: sequence, keys: keys).encoded
    }

    /// A message whose contents were changed after it was signed.
    private func forged(_ sequence: UInt64, by keys: KeyPair) -> [UInt8] {
        var encoded = message(sequence, by: keys, Array("honest".utf8))
        guard let index = encoded.firstIndex(of: UInt8(ascii: "h")) else { preconditionFailure("it says honest") }
        encoded.replaceSubrange(index..<index + 6, with: Array("forged".utf8))
        return encoded
    }

    @Test func aBadSignatureIsDroppedAndDoesNotKeepTheRealMessageAway() throws {
        var world = try world(4)
        var rpc = GossipRPC()
        rpc.messages = [forged(7, by: world.keys[2])]
        world.inject(rpc, from: 1, to: 0)
        #expect(world.delivered[0].isEmpty)
        #expect(world.routers[0].score(of: world.peer(1)) < 0)
        rpc.messages = [message(7, by: world.keys[2], Array("honest".utf8))]
        world.inject(rpc, from: 3, to: 0)
        #expect(world.delivered[0].map(\.bytes) == [Array("honest".utf8)])
    }

    @Test func unsignedMessagesAndThoseWithoutAnAuthorAreDropped() throws {
        var world = try world(2)
        var rpc = GossipRPC()
        // Field 4, the topic, and field 2, the data, alone; then all sorts of nothing.
        let topic = Array(GossipWorld.topic.utf8)
        rpc.messages = [[0x22, UInt8(topic.count)] + topic + [0x12, 1, 1], [], [0xFF]]
        world.inject(rpc, from: 1, to: 0)
        #expect(world.delivered[0].isEmpty)
    }

    @Test func aPeerThatSendsSpamIsGraylistedAndNoLongerHeard() throws {
        var world = try world(30, seed: 3)
        for sequence in 0..<20 as Range<UInt64> {
            var rpc = GossipRPC()
            rpc.messages = [forged(sequence, by: world.keys[1])]
            world.inject(rpc, from: 1, to: 0)
        }
        let thresholds = GossipConfiguration().scores.thresholds
        #expect(world.routers[0].score(of: world.peer(1)) < thresholds.graylist)
        var rpc = GossipRPC()
        rpc.messages = [message(99, by: world.keys[1])]
        world.inject(rpc, from: 1, to: 0)
        #expect(world.delivered[0].isEmpty)
        world.pass(.seconds(1))
        #expect(!world.routers[0].neighbours(of: GossipWorld.topic).contains(world.peer(1)))
        // Going and coming again does not help.
        world.unlink(0, 1)
        world.link(1, 0)
        #expect(world.routers[0].score(of: world.peer(1)) < thresholds.graylist)
        // Time does.
        world.pass(.seconds(1_200))
        #expect(world.routers[0].score(of: world.peer(1)) >= 0)
    }

    @Test func aMessageThatComesAgainIsDeliveredOnceAndHandedOnOnce() throws {
        var world = try world(8)
        world.isTracing = true
        let encoded = message(1, by: world.keys[1])
        for sender in [1, 2, 3, 1] {
            var rpc = GossipRPC()
            rpc.messages = [encoded, encoded]
            world.inject(rpc, from: sender, to: 0)
        }
        #expect(world.delivered[0].count == 1)
        let sent = world.trace.filter { if case .message = $0.item { true } else { false } }
        #expect(Set(sent.map(\.to)).count == sent.count)
        #expect(!sent.contains { $0.to == 1 })
    }

    @Test func aLinkThatWasCutIsNotAskedForBeforeItsTime() throws {
        var world = try world(3)
        #expect(world.routers[0].neighbours(of: GossipWorld.topic).count == 2)
        var rpc = GossipRPC()
        rpc.prune = [.init(topic: GossipWorld.topic, backoffSeconds: 20)]
        world.inject(rpc, from: 1, to: 0)
        world.isTracing = true
        world.pass(.seconds(20))
        #expect(!world.trace.contains { $0.from == 0 && $0.to == 1 && $0.item == .graft(GossipWorld.topic) })
        world.pass(.seconds(3))
        #expect(world.trace.contains { $0.from == 0 && $0.to == 1 && $0.item == .graft(GossipWorld.topic) })
    }

    @Test func whoAsksForALinkTooSoonIsRefusedAndLosesStanding() throws {
        var world = try world(3)
        var prune = GossipRPC()
        prune.prune = [.init(topic: GossipWorld.topic, backoffSeconds: 60)]
        world.inject(prune, from: 1, to: 0)
        var graft = GossipRPC()
        graft.graft = [GossipWorld.topic]
        world.isTracing = true
        for _ in 0..<5 { world.inject(graft, from: 1, to: 0) }
        #expect(!world.routers[0].neighbours(of: GossipWorld.topic).contains(world.peer(1)))
        #expect(world.routers[0].score(of: world.peer(1)) < 0)
        let answers = world.trace.filter { $0.to == 1 }.map(\.item)
        #expect(answers == Array(repeating: .prune(.init(topic: GossipWorld.topic, backoffSeconds: 60)), count: 5))
    }

    @Test func noPeerCanKeepALinkAwayForLongerThanAnHour() throws {
        var world = try world(2)
        var rpc = GossipRPC()
        rpc.prune = [.init(topic: GossipWorld.topic, backoffSeconds: .max)]
        world.inject(rpc, from: 1, to: 0)
        world.pass(.seconds(3_603))
        #expect(world.routers[0].neighbours(of: GossipWorld.topic).contains(world.peer(1)))
    }

    @Test func whoLeavesATopicSaysSoAndIsAskedAgainOnlyAfterAWhile() throws {
        var world = try world(2)
        world.isTracing = true
        world.change(0) { $0.unsubscribe(GossipWorld.topic, now: $1) }
        #expect(
            world.trace.map(\.item) == [
                .subscription(.init(topic: GossipWorld.topic, isSubscribed: false)),
                .prune(.init(topic: GossipWorld.topic, backoffSeconds: 10)),
            ])
        world.pass(.seconds(1))
        #expect(world.routers[1].neighbours(of: GossipWorld.topic).isEmpty)
        try world.change(0) { try $0.subscribe(GossipWorld.topic, now: $1) }
        world.pass(.seconds(5))
        #expect(world.routers[0].neighbours(of: GossipWorld.topic).isEmpty)
        world.pass(.seconds(10))
        #expect(world.routers[0].neighbours(of: GossipWorld.topic).count == 1)
    }

    @Test func linksOfTopicsThatAreNotFollowedAreNotEvenRefused() throws {
        var world = try world(2)
        var rpc = GossipRPC()
        rpc.graft = ["another"]
        rpc.prune = [.init(topic: "another", backoffSeconds: 3)]
        world.isTracing = true
        world.inject(rpc, from: 1, to: 0)
        #expect(world.trace.isEmpty)
    }

    @Test func promisesThatAreBrokenCostStanding() throws {
        var world = try world(2)
        world.silent = [1]
        for round in 0..<10 {
            var rpc = GossipRPC()
            rpc.have = [
                .init(topic: GossipWorld.topic, ids: [MessageID(author: world.peer(1), sequence: UInt64(round))])
            ]
            world.inject(rpc, from: 1, to: 0)
            world.pass(.seconds(1))
        }
        world.pass(.seconds(5))
        #expect(world.routers[0].score(of: world.peer(1)) < 0)
    }

    @Test func moreGossipThanTheLimitIsPassedOver() throws {
        var world = try world(2)
        world.isTracing = true
        for round in 0..<30 as Range<UInt64> {
            var rpc = GossipRPC()
            rpc.have = [.init(topic: GossipWorld.topic, ids: [MessageID(author: world.peer(1), sequence: round)])]
            world.inject(rpc, from: 1, to: 0)
        }
        let wanted = world.trace.count { if case .want = $0.item { true } else { false } }
        #expect(wanted == GossipConfiguration().greatestHaveCount)
    }

    @Test func aMessageIsGivenToOnePeerAFewTimesOnly() throws {
        var world = try world(2)
        let sequence = try world.publish(0, [1])
        world.isTracing = true
        var rpc = GossipRPC()
        rpc.want = Array(repeating: MessageID(author: world.peer(0), sequence: sequence), count: 50)
        for _ in 0..<20 { world.inject(rpc, from: 1, to: 0) }
        #expect(world.trace.count == GossipConfiguration().greatestRetransmissionCount)
    }

    @Test func peersAreNotExchangedUnlessThatIsAskedFor() throws {
        var world = try world(20, seed: 2)
        world.isTracing = true
        world.change(0) { $0.unsubscribe(GossipWorld.topic, now: $1) }
        for entry in world.trace { if case .prune(let prune) = entry.item { #expect(prune.peers.isEmpty) } }
        var configuration = GossipConfiguration()
        configuration.exchangesPeers = true
        var other = try self.world(20, seed: 2, configuration)
        other.isTracing = true
        other.change(0) { $0.unsubscribe(GossipWorld.topic, now: $1) }
        var exchanged = 0
        for entry in other.trace { if case .prune(let prune) = entry.item { exchanged += prune.peers.count } }
        #expect(exchanged > 0)
    }

    @Test func aPeerCannotFollowMoreTopicsThanTheLimit() throws {
        var world = try world(2)
        var rpc = GossipRPC()
        for number in 0..<900 { rpc.subscriptions.append(.init(topic: "topic \(number)", isSubscribed: true)) }
        world.inject(rpc, from: 1, to: 0)
        let followed = (0..<900).count { !world.routers[0].followers(of: "topic \($0)").isEmpty }
        #expect(followed == GossipLimits().topicsOfPeer - 1)
        world.unlink(0, 1)
        #expect(!(0..<900).contains { !world.routers[0].followers(of: "topic \($0)").isEmpty })
    }
}
