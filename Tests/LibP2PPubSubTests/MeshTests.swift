import LibP2P
import LibP2PPubSub
import SeededNumbers
import Testing

@Suite struct MeshTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func everyFollowerGetsEveryMessageOnceThoughATenthIsLost(seed: UInt64) throws {
        var configuration = GossipConfiguration()
        configuration.floodsOwnMessages = false
        var world = GossipWorld(count: 60, seed: seed, configuration: configuration)
        world.lossPermille = 100
        world.linkAtRandom(degree: 12)
        try world.subscribeAll()
        world.pass(.seconds(5))
        for number in 0..<20 {
            try world.publish(number * 3, [UInt8(number)])
            world.pass(.milliseconds(200))
        }
        world.pass(.seconds(8))
        for number in 0..<60 {
            let expected = Set((0..<20).filter { $0 * 3 != number }.map { UInt8($0) })
            #expect(world.delivered[number].count == expected.count, "router \(number)")
            #expect(Set(world.delivered[number].map { $0.bytes[0] }) == expected, "router \(number)")
        }
    }

    @Test func twoHundredRoutersFormAMeshWhoseLinksAreMutualAndWithinTheirBounds() throws {
        var world = GossipWorld(count: 200, seed: 9)
        world.linkAtRandom(degree: 24)
        try world.subscribeAll()
        world.pass(.seconds(30))
        for number in 0..<200 {
            let neighbours = world.routers[number].neighbours(of: GossipWorld.topic)
            #expect((4...12).contains(neighbours.count), "router \(number) has \(neighbours.count)")
        }
        var oneSided = 0
        for one in 0..<200 {
            for other in 0..<200 where world.routers[one].neighbours(of: GossipWorld.topic).contains(world.peer(other))
            {
                if !world.routers[other].neighbours(of: GossipWorld.topic).contains(world.peer(one)) { oneSided += 1 }
            }
        }
        #expect(oneSided == 0)
    }

    @Test func messagesCostAboutAsManySendingsAsTheMeshHasLinks() throws {
        var configuration = GossipConfiguration()
        configuration.floodsOwnMessages = false
        var world = GossipWorld(count: 100, seed: 4, configuration: configuration)
        world.linkAtRandom(degree: 40)
        try world.subscribeAll()
        world.pass(.seconds(20))
        let before = world.messageCount
        try world.publish(0, [1])
        world.pass(.seconds(5))
        #expect(world.delivered.dropFirst().allSatisfy { $0.count == 1 })
        // Flooding would be the sum of the degrees, about 4000.
        #expect(world.messageCount - before < 100 * 12)
    }

    @Test func aRouterWhoseNeighboursVanishFindsOthers() throws {
        var world = GossipWorld(count: 40, seed: 5)
        world.linkAtRandom(degree: 30)
        try world.subscribeAll()
        world.pass(.seconds(10))
        for peer in world.routers[0].neighbours(of: GossipWorld.topic) {
            guard let other = (1..<40).first(where: { world.peer($0) == peer }) else { continue }
            world.unlink(0, other)
        }
        #expect(world.routers[0].neighbours(of: GossipWorld.topic).isEmpty)
        world.pass(.seconds(3))
        #expect(world.routers[0].neighbours(of: GossipWorld.topic).count >= 5)
        try world.publish(20, [7])
        world.pass(.seconds(3))
        #expect(world.delivered[0].map(\.bytes) == [[7]])
    }

    @Test func whoDoesNotFollowATopicPublishesToItThroughAFanoutThatItForgetsInTime() throws {
        var configuration = GossipConfiguration()
        configuration.floodsOwnMessages = false
        var world = GossipWorld(count: 30, seed: 6, configuration: configuration)
        world.linkAtRandom(degree: 20)
        for number in 1..<30 { try world.change(number) { try $0.subscribe(GossipWorld.topic, now: $1) } }
        world.pass(.seconds(5))
        world.isTracing = true
        try world.publish(0, [1])
        #expect(world.trace.count == configuration.meshSize)
        let first = Set(world.trace.map(\.to))
        world.pass(.seconds(5))
        world.trace = []
        try world.publish(0, [2])
        #expect(Set(world.trace.filter { $0.from == 0 }.map(\.to)) == first)
        world.pass(.seconds(5))
        #expect(world.delivered.dropFirst().allSatisfy { $0.count == 2 })
        #expect(world.delivered[0].isEmpty)
        world.pass(.seconds(70))
        world.trace = []
        world.pass(.seconds(3))
        #expect(!world.trace.contains { $0.from == 0 })
    }

    @Test func ownMessagesGoToEveryFollowerWhenTheyAreFlooded() throws {
        var world = GossipWorld(count: 30, seed: 8)
        for number in 1..<30 { world.link(0, number) }
        try world.subscribeAll()
        world.pass(.seconds(2))
        world.isTracing = true
        try world.publish(0, [1])
        #expect(world.trace.count == 29)
    }

    @Test func aCrowdThatComesInIsThinnedOutButWhoWasDialedStays() throws {
        var world = GossipWorld(count: 40, seed: 10)
        for number in 1..<30 { world.link(number, 0) }
        for number in 30..<40 { world.link(0, number) }
        try world.subscribeAll()
        for number in 1..<40 {
            var rpc = GossipRPC()
            rpc.graft = [GossipWorld.topic]
            world.inject(rpc, from: number, to: 0)
        }
        // Past the upper bound only those are let in that this router dialed itself.
        let before = world.routers[0].neighbours(of: GossipWorld.topic)
        #expect((30..<40).allSatisfy { before.contains(world.peer($0)) })
        #expect(before.count <= 22)
        world.pass(.seconds(1))
        let neighbours = world.routers[0].neighbours(of: GossipWorld.topic)
        #expect(neighbours.count <= 12)
        #expect((30..<40).count { neighbours.contains(world.peer($0)) } >= 2)
    }

    @Test func floodingPeersGetEverythingAndAreNoNeighbours() throws {
        var world = GossipWorld(count: 3, seed: 11)
        world.link(0, 1, version: .floodsub)
        world.link(1, 2)
        try world.subscribeAll()
        world.pass(.seconds(3))
        try world.publish(2, [5])
        world.pass(.seconds(1))
        #expect(world.delivered[0].map(\.bytes) == [[5]])
        #expect(!world.routers[1].neighbours(of: GossipWorld.topic).contains(world.peer(0)))
        #expect(world.delivered[0].first?.author == world.peer(2))
        #expect(world.delivered[0].first?.sender == world.peer(1))
    }

    @Test func theSameSeedIsTheSameWorld() throws {
        func run() throws -> [[GossipMessage]] {
            var world = GossipWorld(count: 30, seed: 12)
            world.lossPermille = 200
            world.linkAtRandom(degree: 10)
            try world.subscribeAll()
            world.pass(.seconds(3))
            for number in 0..<5 { try world.publish(number, [UInt8(number)]) }
            world.pass(.seconds(5))
            return world.delivered
        }
        #expect(try run() == run())
    }
}
