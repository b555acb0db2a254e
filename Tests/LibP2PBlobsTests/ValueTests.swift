import LibP2P
import PeersInMemory
import SeededNumbers
import Testing
import WeftFormats
import WeftModel

@testable import LibP2PBlobs

@Suite struct ValueTests {
    @Test func chunksAreAsShortAsTheirNumberAllows() {
        #expect(ChunkList.chunkBytes(forSize: 1) == 256 << 10)
        #expect(ChunkList.chunkBytes(forSize: 4 << 30) == 256 << 10)
        #expect(ChunkList.chunkBytes(forSize: 4 << 30 + 1) == 512 << 10)
        #expect(ChunkList.chunkBytes(forSize: 64 << 30) == 4 << 20)
        #expect(ChunkList.chunkBytes(forSize: (64 << 30) + 1) == nil)
        #expect(ChunkList.chunkBytes(forSize: 0) == nil)
    }

    @Test func theLastChunkIsShorter() throws {
        let bytes = (0..<(256 << 10) + 5).map { UInt8(truncatingIfNeeded: $0) }
        let list = try #require(SwarmWorld.list(of: bytes))
        #expect(list.count == 2 && list.length(of: 1) == 5)
        #expect(list.isRight(Array(bytes.suffix(5)), for: 1))
        #expect(!list.isRight(Array(bytes.suffix(6)), for: 1))
        #expect(ChunkList(sizeBytes: 600_000, chunkBytes: 256 << 10, digests: list.digests) == nil)
        #expect(ChunkList(sizeBytes: 300_000, chunkBytes: 512 << 10, digests: [list.digests[0]]) == nil)
    }

    @Test(arguments: [1, 7, 8, 63, 64, 65, 200]) func setsComeBackFromTheirBytes(_ count: Int) throws {
        var random = SeededRandom(seed: UInt64(count))
        for _ in 0..<50 {
            var set = ChunkSet(count: count)
            let chosen = Set((0..<count).filter { _ in random.chance(permille: 300) })
            for chunk in chosen { set.insert(chunk) }
            #expect(ChunkSet(bytes: set.bytes, count: count) == set)
            let start = random.below(count)
            #expect(
                set.members(from: start) == chosen.sorted().filter { $0 >= start }
                    + chosen.sorted().filter { $0 < start })
            #expect(set.memberCount == chosen.count)
            #expect(Set(set.complement.members(from: 0)) == Set(0..<count).subtracting(chosen))
        }
        #expect(ChunkSet(bytes: ChunkSet.all(of: count).bytes + [0], count: count) == nil)
        if count % 8 != 0 {
            #expect(ChunkSet(bytes: [UInt8](repeating: 255, count: (count + 7) / 8), count: count) == nil)
        }
    }

    @Test func messagesComeBackFromTheirBytes() throws {
        let peer = PeersInMemory().makePeer(seed: 1)
        let digest = Hashing.sha256([1])
        for request in [BlobRequest.open(digest, grant: [1, 2]), .read(chunk: 7, insists: true)] {
            #expect(try BlobCodec.request(from: BlobCodec.encode(request)) == request)
        }
        let list = try #require(SwarmWorld.list(of: [UInt8](repeating: 1, count: 600_000)))
        let answers: [BlobAnswer] = [
            .opened(nil), .opened(.init(list: list, grant: [4])), .refused("no", never: true), .offer([1, 2]),
            .sources([BlobSource(peer: peer.localPeer, addresses: [Multiaddr(.v4(1), tcp: 2)])]), .chunk(3, [1, 2]),
            .declined(4),
        ]
        for answer in answers { #expect(try BlobCodec.answer(from: BlobCodec.encode(answer)) == answer) }
    }

    @Test func whatIsNoMessageIsMalformedAndNothingWorse() throws {
        var random = SeededRandom(seed: 3)
        let list = try #require(SwarmWorld.list(of: [UInt8](repeating: 1, count: 600_000)))
        let answers: [[UInt8]] = [
            BlobCodec.encode(.opened(.init(list: list, grant: [4]))), BlobCodec.encode(.chunk(3, [1, 2])),
        ]
        for _ in 0..<5000 {
            var bytes = answers[random.below(answers.count)]
            for _ in 0..<(1 + random.below(4)) { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
            bytes = Array(bytes.prefix(random.below(bytes.count + 1)))
            #expect(Self.isHarmless { _ = try BlobCodec.answer(from: bytes) })
            #expect(Self.isHarmless { _ = try BlobCodec.request(from: bytes) })
        }
        #expect(throws: PeerStreamError.self) { try BlobCodec.request(from: []) }
        #expect(throws: PeerStreamError.self) { try BlobCodec.answer(from: []) }
    }

    private static func isHarmless(_ read: () throws -> Void) -> Bool {
        let result = Result(catching: read)
        guard case .failure(let error) = result else { return true }
        if case .malformed? = error as? PeerStreamError { return true }
        return false
    }
}
