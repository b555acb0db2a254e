import LibP2P
import LibP2PPubSub
import SeededNumbers
import Testing

@Suite struct ValidationTests {
    private func chain(_ verdict: @escaping (GossipMessage) -> GossipVerdict) throws -> GossipWorld {
        var world = GossipWorld(count: 3, seed: 1)
        world.link(0, 1)
        world.link(1, 2)
        try world.subscribeAll()
        for number in 0..<3 {
            world.change(number) { router, _ in
                router.validatedTopics = [GossipWorld.topic]
                return []
            }
        }
        world.verdict = verdict
        world.pass(.seconds(2))
        return world
    }

    @Test func whatIsAcceptedGoesOnAndEarnsStanding() throws {
        var world = try chain { _ in .accept }
        try world.publish(0, [1])
        world.pass(.seconds(1))
        #expect(world.delivered[1].count == 1 && world.delivered[2].count == 1)
        #expect(world.routers[1].score(of: world.peer(0)) > 0)
    }

    @Test func whatIsIgnoredGoesNoFurtherAndNobodyIsBlamed() throws {
        var world = try chain { _ in .ignore }
        try world.publish(0, [1])
        world.pass(.seconds(1))
        #expect(world.delivered[1].isEmpty && world.delivered[2].isEmpty)
        #expect(world.routers[1].score(of: world.peer(0)) >= 0)
    }

    @Test func whatIsRejectedGoesNoFurtherAndItsSenderIsBlamed() throws {
        var world = try chain { _ in .reject }
        try world.publish(0, [1])
        world.pass(.milliseconds(900))
        #expect(world.delivered[1].isEmpty && world.delivered[2].isEmpty)
        #expect(world.routers[1].score(of: world.peer(0)) < 0)
        #expect(world.routers[2].score(of: world.peer(1)) >= 0)
    }

    private func router(_ configuration: GossipConfiguration = .init()) throws -> (GossipRouter, sender: KeyPair) {
        let sender = KeyPair()
        var router = GossipRouter(
            localPeer: KeyPair().peerID, configuration: configuration, random: SeededRandom(seed: 1))
        _ = router.connected(sender.peerID, version: .gossipsub11, isOutbound: true, address: nil)
        _ = try router.subscribe("topic", now: .zero)
        router.validatedTopics = ["topic"]
        return (router, sender)
    }

    private func received(_ sequence: UInt64, by keys: KeyPair) -> GossipRPC {
        var rpc = GossipRPC()
        rpc.messages = [SignedMessage(topic: "topic", bytes: [1], sequence: sequence, keys: keys).encoded]
        return rpc
    }

    @Test func aVerdictThatComesTwiceCountsOnce() throws {
        var (router, sender) = try router()
        let actions = router.received(received(1, by: sender), from: sender.peerID, now: .zero)
        guard case .validate(let id, _) = actions.first else {
            Issue.record("no validation")
            return
        }
        #expect(router.validated(id, .accept, now: .zero).count == 1)
        #expect(router.validated(id, .reject, now: .zero).isEmpty)
        #expect(router.score(of: sender.peerID) > 0)
    }

    @Test func onePeerCannotFillThePlacesOfMessagesThatAwaitTheirVerdict() throws {
        var (router, sender) = try router()
        let other = KeyPair()
        _ = router.connected(other.peerID, version: .gossipsub11, isOutbound: true, address: nil)
        var asked = 0
        for sequence in 0..<300 as Range<UInt64> {
            asked += router.received(received(sequence, by: sender), from: sender.peerID, now: .zero).count
        }
        #expect(asked == GossipLimits().pendingMessagesOfPeer)
        #expect(router.received(received(1, by: other), from: other.peerID, now: .zero).count == 1)
    }

    @Test func messagesThatAreTooLargeAreRefusedBothWays() throws {
        var configuration = GossipConfiguration()
        configuration.limits.messageBytes = 100
        var (router, sender) = try router(configuration)
        #expect(throws: GossipError.messageTooLarge(limit: 100)) {
            try router.publish([UInt8](repeating: 0, count: 101), topic: "topic", sequence: 1, keys: sender, now: .zero)
        }
        var rpc = GossipRPC()
        rpc.messages = [
            SignedMessage(topic: "topic", bytes: [UInt8](repeating: 0, count: 101), sequence: 1, keys: sender).encoded
        ]
        #expect(router.received(rpc, from: sender.peerID, now: .zero).isEmpty)
        #expect(router.score(of: sender.peerID) < 0)
    }

    @Test func topicsMustHaveANameOfReasonableLength() throws {
        var (router, _) = try router()
        #expect(throws: GossipError.badTopicName(limit: 256)) { try router.subscribe("", now: .zero) }
        #expect(throws: GossipError.badTopicName(limit: 256)) {
            try router.subscribe(String(repeating: "x", count: 257), now: .zero)
        }
    }
}
