import NIOHTTP1
import Testing
import WeftFormats
import WeftModel

@Suite struct BlobRouteTests {
    @Test func blobsGoInAndOutWhole() async throws {
        try await withServer { server in
            let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 8) }
            let digest = Hashing.sha256(bytes)
            let put = try await server.call(.PUT, "/api/v1/blobs/\(digest)", bytes: bytes)
            #expect(put.status == 201)
            #expect(try put.json(BlobReference.self) == BlobReference(digest: digest, sizeBytes: 1_000_000))
            let head = try await server.call(.HEAD, "/api/v1/blobs/\(digest)")
            #expect(head.status == 200)
            #expect(head.headers["content-length"] == ["1000000"])
            let get = try await server.call(.GET, "/api/v1/blobs/\(digest)", as: "viewer")
            #expect(get.bytes == bytes)
            let tag = try #require(get.headers["etag"].first)
            let known = try await server.call(.GET, "/api/v1/blobs/\(digest)", headers: [("if-none-match", tag)])
            #expect(known.status == 304)
            #expect(try await server.call(.GET, "/api/v1/blobs/\(Hashing.sha256([]))").status == 404)
            #expect(try await server.call(.HEAD, "/api/v1/blobs/\(Hashing.sha256([]))").status == 404)
        }
    }

    @Test func bytesThatAreOthersThanNamedAreNotKept() async throws {
        try await withServer { server in
            let answer = try await server.call(
                .PUT, "/api/v1/blobs/\(Hashing.sha256([1, 2]))", bytes: [1, 2, 3])
            #expect(answer.status == 422)
            #expect(try answer.problem().type == "/problems/digest-mismatch")
            #expect(try await server.service.memory.list().isEmpty)
        }
    }

    @Test func anEmptyBlobIsABlob() async throws {
        try await withServer { server in
            let answer = try await server.call(.POST, "/api/v1/blobs", bytes: [])
            #expect(answer.status == 201)
            let get = try await server.call(.GET, "/api/v1/blobs/\(Hashing.sha256([]))")
            #expect(get.status == 200 && get.bytes.isEmpty)
        }
    }

    @Test func rangesGiveTheirBytes() async throws {
        let service = FakeService()
        let bytes = (0..<700_000).map { UInt8(truncatingIfNeeded: $0) }
        let blob = try await service.memory.put(bytes)
        try await withServer(service) { server in
            func get(_ range: String, ifRange: String? = nil) async throws -> Running.Answer {
                try await server.call(
                    .GET, "/api/v1/blobs/\(blob.digest)",
                    headers: [("range", range)] + (ifRange.map { [("if-range", $0)] } ?? []))
            }
            for (text, range) in [
                ("bytes=0-9", 0..<10), ("bytes=5-", 5..<700_000), ("bytes=-3", 699_997..<700_000),
                ("bytes=10-99999999", 10..<700_000), ("bytes=100-400000", 100..<400_001),
            ] {
                let answer = try await get(text)
                #expect(answer.status == 206)
                #expect(answer.bytes == Array(bytes[range]))
                #expect(
                    answer.headers["content-range"]
                        == ["bytes \(range.lowerBound)-\(range.upperBound - 1)/700000"])
            }
            for text in ["bytes=9-3", "bytes=a-b", "bytes=0-1,5-6", "lines=1-2", "bytes=", "bytes=--1"] {
                #expect(try await get(text).status == 200, "\(text)")
            }
            let past = try await get("bytes=700000-")
            #expect(past.status == 416)
            #expect(past.headers["content-range"] == ["bytes */700000"])
            #expect(try await get("bytes=0-1", ifRange: "\"other\"").status == 200)
            #expect(try await get("bytes=0-1", ifRange: "\"\(blob.digest)\"").status == 206)
        }
    }
}
