import FileBlobs
import Glibc
import Testing
import WeftFormats
import WeftModel
import WeftStorage

@Suite struct FileBlobStoreTests {
    let folder: TemporaryFolder
    let store: FileBlobStore

    init() throws {
        folder = try TemporaryFolder()
        store = try FileBlobStore(directory: folder.path + "/made/when/missing")
    }

    private func file(of digest: Digest) -> String {
        "\(folder.path)/made/when/missing/\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2).prefix(2))/\(digest.hex)"
    }

    private func damage(_ digest: Digest, _ bytes: [UInt8]) throws {
        #expect(chmod(file(of: digest), 0o600) == 0)
        try Files.write(bytes, to: file(of: digest))
    }

    @Test func damagedBytesAreNeverHandedOutAndAPutHealsThem() async throws {
        let content = Array("what was stored".utf8)
        let digest = try await store.put(content).digest
        try damage(digest, Array("what is there".utf8))
        await #expect(throws: BlobError.damaged(digest)) { try await store.read(digest, offset: 0, length: 4) }
        #expect(try await store.size(of: digest) == nil)
        #expect(try Files.read("\(folder.path)/made/when/missing/damaged/\(digest.hex)") == Array("what is there".utf8))
        #expect(try await store.put(content).digest == digest)
        #expect(try await store.readAll(digest, limit: 100) == content)
    }

    @Test func damageWhileNobodyLookedIsFoundByTheNextProcess() async throws {
        let content = Array("what was stored".utf8)
        let digest = try await store.put(content).digest
        try damage(digest, Array("WHAT WAS STORED".utf8))
        let next = try FileBlobStore(directory: folder.path + "/made/when/missing")
        await #expect(throws: BlobError.damaged(digest)) { try await next.read(digest, offset: 0, length: 4) }
        await #expect(throws: BlobError.missing(digest)) { try await next.read(digest, offset: 0, length: 4) }
    }

    @Test func aPutOverADamagedFileHealsItWithoutAReadInBetween() async throws {
        let content = Array("what was stored".utf8)
        let digest = try await store.put(content).digest
        try damage(digest, Array("WHAT WAS STORED".utf8))
        let next = try FileBlobStore(directory: folder.path + "/made/when/missing")
        #expect(try await next.put(content).digest == digest)
        #expect(try await next.readAll(digest, limit: 100) == content)
    }

    @Test func openingDeletesWhatDeadWritersLeftAndNothingElse() async throws {
        let path = "\(folder.path)/made/when/missing/incoming"
        try Files.write([1, 2, 3], to: path + "/1-1")
        let writer = try await store.makeWriter()
        try await writer.write(Array(repeating: 7, count: 300_000))
        #expect(TemporaryFolder.names(in: path).count == 2)
        _ = try FileBlobStore(directory: folder.path + "/made/when/missing")
        #expect(TemporaryFolder.names(in: path).count == 1)
        let blob = try await writer.finish(expecting: nil)
        #expect(try await store.readAll(blob.digest, limit: .max) == Array(repeating: 7, count: 300_000))
    }

    @Test func aBlobIsPlacedAsAFileOfItsOwn() async throws {
        let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let digest = try await store.put(content).digest
        let path = folder.path + "/placed"
        try await store.materialize(digest, to: path, executable: true)
        #expect(try Files.read(path) == content)
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o755)
        #expect(status.st_nlink == 1)
        try Files.write([1], to: path)
        #expect(try await store.readAll(digest, limit: .max) == content)
    }

    @Test func placingABlobDoesNotReplaceWhatIsThere() async throws {
        let digest = try await store.put([1, 2, 3]).digest
        let path = folder.path + "/placed"
        try Files.write([9], to: path)
        await #expect(throws: BlobError.self) { try await store.materialize(digest, to: path, executable: false) }
        #expect(symlink(folder.path + "/elsewhere", folder.path + "/link") == 0)
        await #expect(throws: BlobError.self) {
            try await store.materialize(digest, to: folder.path + "/link", executable: false)
        }
        #expect(try Files.read(path) == [9])
        #expect(access(folder.path + "/elsewhere", F_OK) != 0)
        let missing = Hashing.sha256([UInt8]())
        await #expect(throws: BlobError.missing(missing)) {
            try await store.materialize(missing, to: folder.path + "/none", executable: false)
        }
        #expect(access(folder.path + "/none", F_OK) != 0)
    }

    @Test func aFileIsTakenInUpToALimit() async throws {
        let content = (0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let path = folder.path + "/output"
        try Files.write(content, to: path)
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        let blob = try await store.put(contentsOf: descriptor, limit: Int64(content.count))
        #expect(blob == BlobReference(digest: Hashing.sha256(content), sizeBytes: Int64(content.count)))
        lseek(descriptor, 0, SEEK_SET)
        await #expect(throws: BlobError.self) {
            try await store.put(contentsOf: descriptor, limit: Int64(content.count) - 1)
        }
        #expect(TemporaryFolder.names(in: folder.path + "/made/when/missing/incoming").isEmpty)
    }

    @Test func evictionRemovesWhatWasUsedLeastRecentlyAndKeepsWhatIsPinned() async throws {
        let cache = try FileBlobStore(directory: folder.path + "/cache", bound: 10_000)
        var blobs: [Digest] = []
        for byte in UInt8(0)..<10 {
            blobs.append(try await cache.put(Array(repeating: byte, count: 1000)).digest)
            // The kernel's clock for new files is coarse; a use is noted precisely.
            _ = try await cache.read(blobs[Int(byte)], offset: 0, length: 1)
        }
        _ = try await cache.read(blobs[1], offset: 0, length: 1)
        #expect(cache.usedBytes == 10_000)
        #expect(try await cache.evict(toBytes: 6_500, keeping: [blobs[2]]) == 4000)
        let left = Set(try await cache.list().map(\.digest))
        #expect(left == [blobs[1], blobs[2], blobs[6], blobs[7], blobs[8], blobs[9]])
        #expect(cache.usedBytes == 6000)
        #expect(try await cache.evict(toBytes: 6_500) == 0)
        let next = try FileBlobStore(directory: folder.path + "/cache", bound: 10_000)
        #expect(next.usedBytes == 6000)
        #expect(try await next.evict(toBytes: 0, keeping: [blobs[9]]) == 5000)
        #expect(try await next.list().map(\.digest) == [blobs[9]])
    }

    @Test func aFullDiskRefusesAndLosesNothing() async throws {
        guard let disk = try SmallDisk(sizeBytes: 4 << 20) else { return }  // needs the right to mount
        let full = try FileBlobStore(directory: disk.path)
        let kept = Array(repeating: UInt8(1), count: 1 << 20)
        let blob = try await full.put(kept)
        let large = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0) }
        let isFull: (any Error) -> Bool = { if case BlobError.full = $0 { true } else { false } }
        await #expect(performing: { _ = try await full.put(large) }, throws: isFull)
        let writer = try await full.makeWriter()
        await #expect(
            performing: {
                for _ in 0..<16 { try await writer.write(Array(repeating: 3, count: 512 << 10)) }
                _ = try await writer.finish(expecting: nil)
            }, throws: isFull)
        #expect(TemporaryFolder.names(in: disk.path + "/incoming").isEmpty)
        #expect(try await full.readAll(blob.digest, limit: .max) == kept)
        #expect(try await full.put(Array(repeating: 4, count: 1 << 20)).sizeBytes == 1 << 20)
    }
}
