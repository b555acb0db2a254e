import LibP2P
import NIOCore
import PeersInMemory
import Synchronization
import Testing
import WeftFormats
import WeftModel
import WeftStorage

@testable import LibP2PBlobs

/// Nodes in memory that fetch a blob from its submitter and from each other.
@Suite(.timeLimit(.minutes(2))) struct SwarmTests {
    @Test func nodesFeedEachOtherAndTheBlobLeavesItsSubmitterAboutOnce() async throws {
        let world = try await SwarmWorld(sizeBytes: 8 << 20)
        var nodes: [SwarmWorld.Node] = []
        for seed in 10..<20 { nodes.append(try await world.node(UInt64(seed))) }
        try await world.running(nodes) { [nodes] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for node in nodes {
                    group.addTask {
                        _ = try await node.swarm.fetch(world.digest, of: world.submitter.localPeer)
                    }
                }
                try await group.waitForAll()
            }
            for node in nodes {
                #expect(try await world.isWhole(at: node))
                // Several sources at once.
                #expect(await node.swarm.received(of: world.digest).count > 1)
            }
        }
        let given = await world.seeder.givenBytes()
        #expect(given >= 8 << 20)
        #expect(given * 2 <= (8 << 20) * 3)
    }

    @Test func aSingleNodeGetsEverythingFromTheSubmitterOnce() async throws {
        let world = try await SwarmWorld()
        let node = try await world.node(10)
        try await world.running([node]) {
            let blob = try await node.swarm.fetch(world.digest, of: world.submitter.localPeer)
            #expect(blob == BlobReference(digest: world.digest, sizeBytes: 4 << 20))
            #expect(try await world.isWhole(at: node))
        }
        #expect(await world.seeder.givenBytes() == 4 << 20)
    }

    @Test func whatIsOnTheDiskAndRightNeedNotComeAgain() async throws {
        let world = try await SwarmWorld()
        let node = try await world.node(10)
        // Of 16 chunks five are there, one of them damaged.
        do {
            let partial = try await node.store.openPartial(world.digest, sizeBytes: 4 << 20)
            for number in [0, 3, 7, 11, 12] {
                var bytes = world.chunk(number)
                if number == 7 { bytes[100] ^= 1 }
                try await partial.write(bytes, at: world.list.offset(of: number))
            }
        }
        try await world.running([node]) {
            _ = try await node.swarm.fetch(world.digest, of: world.submitter.localPeer)
            #expect(try await world.isWhole(at: node))
        }
        #expect(await world.seeder.givenBytes() == Int64(12 * world.list.chunkBytes))
    }

    @Test func aFetchThatIsCancelledGoesOnWhereItStoodTheNextTime() async throws {
        let world = try await SwarmWorld()
        let node = try await world.node(10)
        // A submitter that gives six chunks and then says nothing any more.
        let silent = world.world.makePeer(seed: 2)
        try await silent.connect(to: node.peer.localPeer, addresses: node.peer.address.map { [$0] } ?? [])
        let asked = Mutex(0)
        await world.script(silent, opened: .init(list: world.list, grant: [])) { chunk, stream in
            guard
                asked.withLock({
                    $0 += 1
                    return $0
                }) <= 6
            else { return }
            try await MemoryPeer.send(.chunk(chunk, world.chunk(chunk)), over: stream)
        }
        try await world.running([node]) {
            let first = Task { try await node.swarm.fetch(world.digest, of: silent.localPeer) }
            while await node.swarm.received(of: world.digest)[silent.localPeer] != 6 {
                try await Task.sleep(for: .milliseconds(2))
            }
            first.cancel()
            await #expect(throws: (any Error).self) { try await first.value }
            _ = try await node.swarm.fetch(world.digest, of: world.submitter.localPeer)
            #expect(try await world.isWhole(at: node))
            #expect(await world.seeder.givenBytes() == Int64(10 * world.list.chunkBytes))
        }
    }

    @Test func whoWorksOnNothingOfItIsGivenNothing() async throws {
        let world = try await SwarmWorld(admits: { _ in false })
        let node = try await world.node(10)
        try await world.running([node]) {
            await #expect(throws: BlobFetchError.notOffered("no job of yours has this blob")) {
                try await node.swarm.fetch(world.digest, of: world.submitter.localPeer)
            }
        }
        #expect(await world.seeder.givenBytes() == 0)
    }

    @Test func nodesGiveOnlyToThoseWhomTheirCoordinatorHasAllowed() async throws {
        let world = try await SwarmWorld()
        let node = try await world.node(10)
        let stranger = world.world.makePeer(seed: 66)
        try await stranger.connect(to: node.peer.localPeer, addresses: node.peer.address.map { [$0] } ?? [])
        try await world.running([node]) {
            _ = try await node.swarm.fetch(world.digest, of: world.submitter.localPeer)
            let others = BlobGrant(peer: node.peer.localPeer, digest: world.digest).signed(by: world.submitter.keys)
            let own = BlobGrant(peer: stranger.localPeer, digest: world.digest).signed(by: stranger.keys)
            let another = BlobGrant(peer: stranger.localPeer, digest: Hashing.sha256([1])).signed(
                by: world.submitter.keys)
            for grant in [[], others, own, another] {
                let answer = try await Self.firstAnswer(of: node, to: stranger, world.digest, grant)
                #expect(answer == .refused("not for you, or not here", never: false))
            }
            let right = BlobGrant(peer: stranger.localPeer, digest: world.digest).signed(by: world.submitter.keys)
            #expect(try await Self.firstAnswer(of: node, to: stranger, world.digest, right) == .opened(nil))
        }
    }

    private static func firstAnswer(
        of node: SwarmWorld.Node, to peer: MemoryPeer, _ digest: Digest, _ grant: [UInt8]
    ) async throws -> BlobAnswer {
        let stream = try await peer.openStream(to: node.peer.localPeer, protocols: [BlobProtocol.name])
        defer { stream.reset() }
        try await MessageWriter(stream).write(BlobCodec.encode(.open(digest, grant: grant)))
        var reader = MessageReader(stream)
        return try BlobCodec.answer(from: try #require(try await reader.read(limit: 1 << 20)))
    }

    @Test func aSmallBlobComesOverTheLink() async throws {
        let world = try await SwarmWorld(sizeBytes: 512 << 10)
        let node = try await world.node(10)
        try await world.running([node]) {
            await #expect(throws: BlobFetchError.notOffered("it comes over the link")) {
                try await node.swarm.fetch(world.digest, of: world.submitter.localPeer)
            }
        }
    }

    @Test func aNodeThatGoesIsMadeUpForByTheSubmitter() async throws {
        let world = try await SwarmWorld()
        let gone = world.world.makePeer(seed: 66)
        let stream = try await world.enrol(gone, taking: 0..<8)
        let node = try await world.node(10)
        try await world.running([node]) {
            let fetching = Task { try await node.swarm.fetch(world.digest, of: world.submitter.localPeer) }
            stream.reset()
            _ = try await fetching.value
            #expect(try await world.isWhole(at: node))
        }
    }
}
