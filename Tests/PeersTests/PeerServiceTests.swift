import LibP2P
import LibP2PLink
import Logging
import PeersInMemory
import Testing
import WeftModel
import WeftPeers
import WeftWire

/// Peers in memory that find each other, and link.
@Suite struct PeerServiceTests {
    private struct Member: Sendable {
        let peer: MemoryPeer
        let service: PeerService
    }

    private static func member(_ world: PeersInMemory, _ seed: UInt64, begins: MemoryPeer? = nil) -> Member {
        let peer = world.makePeer(seed: seed)
        var configuration = PeerService.Configuration()
        configuration.bootstrap = begins.flatMap { other in other.address.map { [$0.with(other.localPeer)] } } ?? []
        configuration.look = .milliseconds(50)
        let service = PeerService(
            network: peer, configuration: configuration, eventLoops: nil,
            now: { Instant(microseconds: 1_800_000_000_000_000) }, logger: Logger(label: "test"))
        return Member(peer: peer, service: service)
    }

    private static func offer(_ name: String, free: Int = 1) -> PeerService.Offer {
        PeerService.Offer(
            profile: NodeProfile(
                name: name, operatingSystem: "linux", architecture: "x86_64", capacity: Resources(),
                drivers: [DriverProfile(name: "process")]),
            freeSlots: free)
    }

    /// Runs services for as long as `body` does.
    private func running(_ members: [Member], _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for member in members { group.addTask { try? await member.service.run() } }
            try await body()
            group.cancelAll()
        }
    }

    @Test(.timeLimit(.minutes(1))) func whoBeginsWithAThirdFindsAllWhoOfferThemselves() async throws {
        let world = PeersInMemory()
        let first = Self.member(world, 1)
        let nodes = (2...6).map { Self.member(world, $0, begins: first.peer) }
        let seeker = Self.member(world, 9, begins: first.peer)
        try await running([first] + nodes + [seeker]) {
            for (position, node) in nodes.enumerated() {
                await node.service.advertise { Self.offer("node-\(position)") }
            }
            var found: Set<String> = []
            for await advertisement in await seeker.service.nodes() {
                found.insert(advertisement.profile.name)
                if found.count == nodes.count { break }
            }
            #expect(found == Set((0..<5).map { "node-\($0)" }))
        }
    }

    @Test(.timeLimit(.minutes(1))) func aNodeWorksForOneCoordinatorAtATimeAndIsFoundFreeAgain() async throws {
        let world = PeersInMemory()
        let node = Self.member(world, 1)
        let seekers = [2, 3].map { Self.member(world, $0, begins: node.peer) }
        let door = LinkDoor(
            of: node.service, admits: { _ in true }, changed: { await node.service.renewAdvertisement() })
        try await running([node] + seekers) {
            await door.open()
            await node.service.advertise { Self.offer("node", free: await door.isTaken ? 0 : 1) }
            try await withThrowingTaskGroup(of: String.self) { group in
                for (number, seeker) in seekers.enumerated() {
                    group.addTask {
                        let (served, serve) = AsyncStream.makeStream(of: PeerLink.self)
                        let recruiter = Recruiter(seeker.service, limit: 4, logger: Logger(label: "test")) { link in
                            serve.yield(link)
                            await link.waitForEnd()
                        }
                        return try await withThrowingTaskGroup(of: String?.self) { inner in
                            inner.addTask {
                                await recruiter.run()
                                return nil
                            }
                            inner.addTask {
                                for await link in served {
                                    // Whoever was turned away sees the end of its link, and comes again.
                                    do {
                                        try await link.send([Message(.heartbeat(Weft_Wire_V1_Heartbeat()))])
                                        for try await _ in link.inbound {
                                            await link.close()
                                            return "seeker-\(number)"
                                        }
                                    } catch { continue }
                                }
                                return nil
                            }
                            defer { inner.cancelAll() }
                            while let ended = try await inner.next() { if let ended { return ended } }
                            throw CancellationError()
                        }
                    }
                }
                group.addTask {
                    // The node: answers what comes, one link after the other.
                    for _ in 0..<2 {
                        let link = try await door.next()
                        for try await batch in link.inbound {
                            try await link.send(batch)
                        }
                    }
                    return "node"
                }
                var ended: Set<String> = []
                while let name = try await group.next() { ended.insert(name) }
                #expect(ended == ["seeker-0", "seeker-1", "node"])
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func whomTheOwnerDoesNotLetInGetsNoLink() async throws {
        let world = PeersInMemory()
        let node = Self.member(world, 1)
        let stranger = Self.member(world, 2)
        let door = LinkDoor(of: node.service, admits: { _ in false }, changed: {})
        await door.open()
        try await stranger.peer.connect(to: node.peer.localPeer, addresses: node.peer.address.map { [$0] } ?? [])
        let stream = try await stranger.peer.openStream(
            to: node.peer.localPeer, protocols: [PeerLink.protocolName])
        let link = PeerLink(stream)
        await #expect(throws: LinkError.self) { for try await _ in link.inbound {} }
        #expect(await !door.isTaken)
    }
}
