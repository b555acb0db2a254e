import LibP2P
import WeftModel

@testable import LibP2PBlobs

private let digest = Digest(bytes: [UInt8](repeating: 7, count: 32))!

let blobTargets: [String: @Sendable ([UInt8]) -> Void] = [
    "blob-request": { bytes in
        guard let request = try? BlobCodec.request(from: bytes) else { return }
        let again = try! BlobCodec.request(from: BlobCodec.encode(request))
        precondition(again == request, "a request is read as written")
    },
    "blob-answer": { bytes in
        guard let answer = try? BlobCodec.answer(from: bytes) else { return }
        switch answer {
        case .opened(let opened?):
            let list = opened.list
            precondition(list.count <= ChunkList.greatestCount, "chunks are bounded")
            let last = list.count - 1
            precondition(
                list.offset(of: last) + Int64(list.length(of: last)) == list.sizeBytes, "chunks make up the blob")
        case .sources(let sources):
            precondition(sources.count <= BlobProtocol.sources, "sources are bounded")
            precondition(sources.allSatisfy { $0.addresses.count <= BlobProtocol.addresses }, "addresses are bounded")
        default: break
        }
        let again = try! BlobCodec.answer(from: BlobCodec.encode(answer))
        precondition(again == answer, "an answer is read as written")
    },
    "blob-grant": { bytes in
        let grant = BlobGrant(peer: FuzzPeers.two.peerID, digest: digest)
        guard grant.isSigned(bytes, by: FuzzPeers.one.peerID) else { return }
        precondition(!grant.isSigned(bytes, by: FuzzPeers.two.peerID), "only who has the key can sign")
    },
]

let blobSeeds: [String: [[UInt8]]] = {
    let size = Int64(ChunkList.leastChunkBytes) + 1
    let list = ChunkList(sizeBytes: size, chunkBytes: ChunkList.leastChunkBytes, digests: [digest, digest])!
    let source = BlobSource(peer: FuzzPeers.two.peerID, addresses: [Multiaddr(.v4(0xC000_0201), tcp: 4_001)])
    let grant = BlobGrant(peer: FuzzPeers.two.peerID, digest: digest).signed(by: FuzzPeers.one)
    let requests: [BlobRequest] = [.open(digest, grant: grant), .read(chunk: 1, insists: true)]
    let answers: [BlobAnswer] = [
        .opened(nil), .opened(.init(list: list, grant: grant)), .refused("no", never: true), .offer([3]),
        .sources([source]), .chunk(1, [9]), .declined(1),
    ]
    return [
        "blob-request": requests.map { BlobCodec.encode($0) },
        "blob-answer": answers.map { BlobCodec.encode($0) },
        "blob-grant": [grant],
    ]
}()
