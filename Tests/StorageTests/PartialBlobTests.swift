import FileBlobs
import Testing
import WeftFormats
import WeftModel
import WeftStorage

/// Blobs that grow in any order, in memory and in files alike.
@Suite struct PartialBlobTests {
    private static let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
    private static let digest = Hashing.sha256(bytes)

    private func stores(_ folder: TemporaryFolder) throws -> [any BlobStore & PartialBlobs] {
        [MemoryBlobStore(), try FileBlobStore(directory: folder.path)]
    }

    @Test func piecesInAnyOrderMakeABlob() async throws {
        let folder = try TemporaryFolder()
        for store in try stores(folder) {
            let partial = try await store.openPartial(Self.digest, sizeBytes: 300_000)
            for start in [200_000, 0, 100_000] {
                #expect(try await store.size(of: Self.digest) == nil)
                try await partial.write(Array(Self.bytes[start..<start + 100_000]), at: Int64(start))
            }
            #expect(try await partial.read(at: 150_000, length: 100) == Array(Self.bytes[150_000..<150_100]))
            #expect(try await partial.read(at: 299_990, length: 100) == Array(Self.bytes.suffix(10)))
            #expect(try await partial.finish() == BlobReference(digest: Self.digest, sizeBytes: 300_000))
            #expect(try await store.readAll(Self.digest, limit: 300_000) == Self.bytes)
        }
        withExtendedLifetime(folder) {}
    }

    @Test func whatWasWrittenIsThereWhenItIsOpenedAgain() async throws {
        let folder = try TemporaryFolder()
        do {
            let store = try FileBlobStore(directory: folder.path)
            let partial = try await store.openPartial(Self.digest, sizeBytes: 300_000)
            try await partial.write(Array(Self.bytes[1000..<2000]), at: 1000)
        }
        // Also for another process.
        let store = try FileBlobStore(directory: folder.path)
        let partial = try await store.openPartial(Self.digest, sizeBytes: 300_000)
        #expect(try await partial.lengthBytes == 2000)
        #expect(try await partial.read(at: 1000, length: 1000) == Array(Self.bytes[1000..<2000]))
        #expect(try await store.list() == [])
    }

    @Test func otherContentIsNotKept() async throws {
        let folder = try TemporaryFolder()
        for store in try stores(folder) {
            do {
                let partial = try await store.openPartial(Self.digest, sizeBytes: 300_000)
                try await partial.write([1, 2, 3], at: 0)
                await #expect(throws: BlobError.self) { try await partial.finish() }
            }
            #expect(try await store.size(of: Self.digest) == nil)
            let again = try await store.openPartial(Self.digest, sizeBytes: 300_000)
            #expect(try await again.lengthBytes == 0)
        }
        withExtendedLifetime(folder) {}
    }

    @Test func aBlobGrowsInOnePlaceAndNotPastItsEnd() async throws {
        let folder = try TemporaryFolder()
        for store in try stores(folder) {
            let partial = try await store.openPartial(Self.digest, sizeBytes: 10)
            await #expect(throws: BlobError.self) { try await store.openPartial(Self.digest, sizeBytes: 10) }
            await #expect(throws: BlobError.self) { try await partial.write([1, 2], at: 9) }
            await #expect(throws: BlobError.self) { try await partial.write([1], at: -1) }
            #expect(try await partial.lengthBytes == 0)
        }
        withExtendedLifetime(folder) {}
    }
}
