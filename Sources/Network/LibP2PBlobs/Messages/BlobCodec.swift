package import LibP2P
import SwiftProtobuf
import WeftModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Messages as bytes, and back. Readers throw `PeerStreamError.malformed`; who reads a stream bounds the messages' lengths.
package enum BlobCodec {
    package static func encode(_ request: BlobRequest) -> [UInt8] {
        Weft_Blobs_V1_Request.with {
            switch request {
            case .open(let digest, let grant):
                $0.open.digest = Data(digest.bytes)
                $0.open.grant = grant.data
            case .read(let chunk, let insists):
                $0.read.chunk = UInt32(chunk)
                $0.read.insists = insists
            }
        }.encodedBytes()
    }

    package static func request(from bytes: [UInt8]) throws(PeerStreamError) -> BlobRequest {
        switch try parse(bytes, as: Weft_Blobs_V1_Request.self).body {
        case .open(let open):
            guard let digest = Digest(bytes: open.digest) else { throw .malformed("not the digest of a blob") }
            return .open(digest, grant: Array(open.grant))
        case .read(let read): return .read(chunk: Int(read.chunk), insists: read.insists)
        case nil: throw .malformed("a request for nothing")
        }
    }

    package static func encode(_ answer: BlobAnswer) -> [UInt8] {
        Weft_Blobs_V1_Answer.with {
            switch answer {
            case .opened(let opened):
                $0.opened = .with { wire in
                    guard let opened else { return }
                    wire.sizeBytes = opened.list.sizeBytes
                    wire.chunkBytes = UInt32(opened.list.chunkBytes)
                    wire.chunkDigests = Data(opened.list.digests.flatMap(\.bytes))
                    wire.grant = Data(opened.grant)
                }
            case .refused(let reason, let never):
                $0.refused.reason = reason
                $0.refused.never = never
            case .offer(let chunks): $0.offer.chunks = Data(chunks)
            case .sources(let sources):
                $0.sources.sources = sources.map { source in
                    .with {
                        $0.peer = Data(source.peer.bytes)
                        $0.addresses = source.addresses.prefix(BlobProtocol.addresses).map { Data($0.bytes) }
                    }
                }
            case .chunk(let chunk, let bytes):
                $0.chunk.chunk = UInt32(chunk)
                $0.chunk.bytes = Data(bytes)
            case .declined(let chunk): $0.declined.chunk = UInt32(chunk)
            }
        }.encodedBytes()
    }

    package static func answer(from bytes: [UInt8]) throws(PeerStreamError) -> BlobAnswer {
        switch try parse(bytes, as: Weft_Blobs_V1_Answer.self).body {
        case .opened(let wire): return .opened(try opened(wire))
        case .refused(let wire): return .refused(String(wire.reason.prefix(500)), never: wire.never)
        case .offer(let wire): return .offer(Array(wire.chunks))
        case .sources(let wire): return .sources(try sources(wire.sources))
        case .chunk(let wire): return .chunk(Int(wire.chunk), Array(wire.bytes))
        case .declined(let wire): return .declined(Int(wire.chunk))
        case nil: throw .malformed("an answer that says nothing")
        }
    }

    private static func opened(_ wire: Weft_Blobs_V1_Opened) throws(PeerStreamError) -> BlobAnswer.Opened? {
        if wire.sizeBytes == 0, wire.chunkDigests.isEmpty { return nil }
        guard wire.chunkDigests.count % 32 == 0, wire.chunkDigests.count <= ChunkList.greatestCount * 32 else {
            throw .malformed("digests of chunks that are none")
        }
        let all = Array(wire.chunkDigests)
        let digests = stride(from: 0, to: all.count, by: 32).compactMap { Digest(bytes: all[$0..<$0 + 32]) }
        guard let list = ChunkList(sizeBytes: wire.sizeBytes, chunkBytes: Int(wire.chunkBytes), digests: digests) else {
            throw .malformed("chunks that do not make up the blob")
        }
        return BlobAnswer.Opened(list: list, grant: Array(wire.grant))
    }

    private static func sources(_ wire: [Weft_Blobs_V1_Source]) throws(PeerStreamError) -> [BlobSource] {
        guard wire.count <= BlobProtocol.sources else { throw .malformed("too many sources") }
        var sources: [BlobSource] = []
        for source in wire {
            guard let peer = try? PeerID(bytes: Array(source.peer)) else { throw .malformed("not the id of a peer") }
            sources.append(
                BlobSource(
                    peer: peer,
                    addresses: source.addresses.prefix(BlobProtocol.addresses)
                        .compactMap { try? Multiaddr(bytes: Array($0)) }))
        }
        return sources
    }

    private static func parse<Wire: Message>(_ bytes: [UInt8], as: Wire.Type) throws(PeerStreamError) -> Wire {
        guard let wire = try? Wire(serializedBytes: bytes) else { throw .malformed("not a message about blobs") }
        return wire
    }
}
