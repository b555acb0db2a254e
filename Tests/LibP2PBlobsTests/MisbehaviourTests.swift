import LibP2P
import NIOCore
import PeersInMemory
import Testing
import WeftFormats
import WeftModel
import WeftStorage

@testable import LibP2PBlobs

/// Peers that send what they should not: they are named, nothing is asked of them any more, and the blob comes whole all the same.
@Suite(.timeLimit(.minutes(2))) struct MisbehaviourTests {
    /// Half of the chunks are with a peer that answers as the test says; a node fetches the blob.
    private func fetch(
        from respond: @escaping @Sendable (SwarmWorld, Int, any PeerStream) async throws -> Void
    ) async throws -> (dropped: Set<PeerID>, rogue: PeerID, isConnected: Bool, chunks: [PeerID: Int]) {
        let world = try await SwarmWorld()
        let rogue = world.world.makePeer(seed: 66)
        await world.script(rogue) { try await respond(world, $0, $1) }
        let stream = try await world.enrol(rogue, taking: 0..<8)
        defer { stream.reset() }
        let node = try await world.node(10)
        let found = Found()
        try await world.running([node]) {
            _ = try await node.swarm.fetch(world.digest, of: world.submitter.localPeer)
            #expect(try await world.isWhole(at: node))
            await found.set(
                await node.swarm.droppedPeers(of: world.submitter.localPeer),
                await node.peer.isConnected(to: rogue.localPeer), await node.swarm.received(of: world.digest))
        }
        return (await found.dropped, rogue.localPeer, await found.isConnected, await found.chunks)
    }

    private actor Found {
        var dropped: Set<PeerID> = []
        var isConnected = true
        var chunks: [PeerID: Int] = [:]

        func set(_ dropped: Set<PeerID>, _ isConnected: Bool, _ chunks: [PeerID: Int]) {
            self.dropped = dropped
            self.isConnected = isConnected
            self.chunks = chunks
        }
    }

    @Test func aCorruptChunkIsAttributedToItsSenderWhoIsDropped() async throws {
        let (dropped, rogue, isConnected, chunks) = try await fetch { world, chunk, stream in
            var bytes = world.chunk(chunk)
            bytes[bytes.count / 2] ^= 0x40
            try await MemoryPeer.send(.chunk(chunk, bytes), over: stream)
        }
        #expect(dropped == [rogue])
        #expect(!isConnected)
        #expect(chunks[rogue] == nil)
    }

    @Test func anHonestPeerIsNotDropped() async throws {
        let (dropped, rogue, _, chunks) = try await fetch { world, chunk, stream in
            try await MemoryPeer.send(.chunk(chunk, world.chunk(chunk)), over: stream)
        }
        #expect(dropped == [])
        #expect(chunks[rogue] ?? 0 >= 8)
    }

    @Test func aChunkOfTheWrongLengthIsAttributed() async throws {
        let (dropped, rogue, _, _) = try await fetch { world, chunk, stream in
            try await MemoryPeer.send(.chunk(chunk, Array(world.chunk(chunk).dropLast())), over: stream)
        }
        #expect(dropped == [rogue])
    }

    @Test func aChunkThatNobodyAskedForIsAttributed() async throws {
        let (dropped, rogue, _, _) = try await fetch { world, chunk, stream in
            try await MemoryPeer.send(.chunk((chunk + 1) % 16, world.chunk((chunk + 1) % 16)), over: stream)
            try await MemoryPeer.send(.chunk(99_999, [1]), over: stream)
        }
        #expect(dropped == [rogue])
    }

    @Test func anOversizedFrameIsRefusedBeforeItIsRead() async throws {
        let (dropped, rogue, _, _) = try await fetch { _, _, stream in
            try await stream.write(ByteBuffer(bytes: Varint.encode(1 << 30) + [1, 2, 3]))
        }
        #expect(dropped == [rogue])
    }

    @Test func aFrameThatEndsInTheMiddleIsRefused() async throws {
        let (dropped, rogue, _, _) = try await fetch { world, chunk, stream in
            let whole = BlobCodec.encode(.chunk(chunk, world.chunk(chunk)))
            try await stream.write(ByteBuffer(bytes: Varint.encode(UInt64(whole.count)) + whole.prefix(1000)))
            try await stream.closeWrite()
        }
        #expect(dropped == [rogue])
    }

    @Test func aPeerThatDeclinesEverythingHoldsNobodyUp() async throws {
        let (dropped, _, _, _) = try await fetch { _, chunk, stream in
            try await MemoryPeer.send(.declined(chunk), over: stream)
        }
        #expect(dropped == [])
    }

    @Test func aSubmitterThatIsWrongIsNamed() async throws {
        let world = try await SwarmWorld()
        let node = try await world.node(10)
        let liar = world.world.makePeer(seed: 2)
        try await liar.connect(to: node.peer.localPeer, addresses: node.peer.address.map { [$0] } ?? [])
        await world.script(liar, opened: .init(list: world.list, grant: [])) { chunk, stream in
            try await MemoryPeer.send(.chunk(chunk, Array(world.chunk(chunk).reversed())), over: stream)
        }
        // Another one says that the chunks are others, and they are: but they do not make up the blob.
        let other = world.world.makePeer(seed: 3)
        try await other.connect(to: node.peer.localPeer, addresses: node.peer.address.map { [$0] } ?? [])
        let bytes = [UInt8](repeating: 5, count: world.bytes.count)
        let list = try #require(SwarmWorld.list(of: bytes))
        await world.script(other, opened: .init(list: list, grant: [])) { chunk, stream in
            try await MemoryPeer.send(.chunk(chunk, Array(bytes.prefix(list.length(of: chunk)))), over: stream)
        }
        try await world.running([node]) {
            for peer in [liar.localPeer, other.localPeer] {
                do {
                    _ = try await node.swarm.fetch(world.digest, of: peer)
                    Issue.record("a blob came from a submitter that is wrong")
                } catch BlobFetchError.wrong(let who, _) {
                    #expect(who == peer)
                }
            }
            #expect(try await node.store.size(of: world.digest) == nil)
        }
    }

    @Test func whoAsksForTooMuchAtATimeLosesTheStream() async throws {
        let world = try await SwarmWorld()
        let greedy = world.world.makePeer(seed: 66)
        try await world.connect(greedy)
        let stream = try await greedy.openStream(to: world.submitter.localPeer, protocols: [BlobProtocol.name])
        let writer = MessageWriter(stream)
        try await writer.write(BlobCodec.encode(.open(world.digest, grant: [])))
        // It does not read while it asks, so that its reads have to wait; they are more than fit between the two.
        try await #require(throws: PeerStreamError.self) {
            for _ in 0..<1_000_000 { try await writer.write(BlobCodec.encode(.read(chunk: 0, insists: true))) }
        }
        var reader = MessageReader(stream)
        await #expect(throws: PeerStreamError.self) {
            while try await reader.read(limit: world.list.chunkBytes + 1024) != nil {}
        }
        #expect(await world.seeder.givenBytes() <= Int64(2 * world.list.chunkBytes))
    }
}
