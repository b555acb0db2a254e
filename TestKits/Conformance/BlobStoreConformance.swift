import WeftFormats
import WeftModel
package import WeftStorage

/// Makes blob stores of one adapter, for one check. Not used by two checks at once.
package protocol BlobStoreHarness: Sendable {
    /// A store with nothing in it.
    func make() async throws -> any BlobStore
    /// A store that may hold this many bytes.
    func make(boundBytes: Int64) async throws -> any BlobStore
    /// What a new process finds after the one that had `store` died.
    func crashAndReopen(_ store: any BlobStore) async throws -> any BlobStore
    /// Whether nothing but finished blobs is stored.
    func isTidy(_ store: any BlobStore) async throws -> Bool
}

/// What every ``WeftStorage/BlobStore`` promises.
package enum BlobStoreConformance {
    package typealias Check = ConformanceCheck<any BlobStoreHarness>

    package static var checks: [Check] { contentChecks + writerChecks }

    /// Bytes that differ by seed.
    static func bytes(_ count: Int, seed: UInt8 = 1) -> [UInt8] {
        var state = UInt32(seed) &+ 12345
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
    }

    static let contentChecks: [Check] = [
        Check("what was put is there whole, also after a crash") { harness in
            let store = try await harness.make()
            for size in [0, 1, 4096, 65_537, 5_000_000] {
                let bytes = bytes(size)
                let blob = try await store.put(bytes)
                try requireEqual(blob, BlobReference(digest: Hashing.sha256(bytes), sizeBytes: Int64(size)))
                let again = try await harness.crashAndReopen(store)
                try requireEqual(try await again.size(of: blob.digest), Int64(size))
                try require(try await again.readAll(blob.digest, limit: size) == bytes, "\(size) bytes came back changed")
            }
            let again = try await harness.crashAndReopen(store)
            try requireEqual(try await again.list().count, 5)
        },
        Check("ranges are cut at the blob's end") { harness in
            let store = try await harness.make()
            let bytes = bytes(1000)
            let digest = try await store.put(bytes).digest
            try requireEqual(try await store.read(digest, offset: 0, length: 10), Array(bytes[..<10]))
            try requireEqual(try await store.read(digest, offset: 990, length: 100), Array(bytes[990...]))
            try requireEqual(try await store.read(digest, offset: 500, length: .max), Array(bytes[500...]))
            try requireEqual(try await store.read(digest, offset: 1000, length: 1), [])
            try requireEqual(try await store.read(digest, offset: .max, length: 1), [])
            try requireEqual(try await store.read(digest, offset: 5, length: 0), [])
        },
        Check("a blob that is not there is missing, and removing it is fine") { harness in
            let store = try await harness.make()
            let digest = Hashing.sha256(Array("nothing".utf8))
            try requireEqual(try await store.size(of: digest), nil)
            try await requireThrows("missing", { $0 == BlobError.missing(digest) }) {
                try await store.read(digest, offset: 0, length: 1)
            }
            try await requireThrows("missing", { $0 == BlobError.missing(digest) }) {
                try await store.readAll(digest, limit: 10)
            }
            try await store.remove(digest)
            try requireEqual(try await store.list(), [])
        },
        Check("a removed blob is gone and can be put again") { harness in
            let store = try await harness.make()
            let kept = try await store.put(bytes(10, seed: 2))
            let blob = try await store.put(bytes(10, seed: 3))
            try requireEqual(Set(try await store.list()), [kept, blob])
            try await store.remove(blob.digest)
            try requireEqual(try await store.size(of: blob.digest), nil)
            try requireEqual(try await store.list(), [kept])
            try requireEqual(try await store.put(bytes(10, seed: 3)), blob)
            try requireEqual(try await store.readAll(blob.digest, limit: 10), bytes(10, seed: 3))
        },
        Check("many may put the same blob at once") { harness in
            let store = try await harness.make()
            let content = bytes(300_000)
            try await withThrowingTaskGroup(of: BlobReference.self) { group in
                for turn in 0..<16 {
                    group.addTask {
                        if turn % 2 == 0 { return try await store.put(content) }
                        let writer = try await store.makeWriter()
                        for start in stride(from: 0, to: content.count, by: 100_000) {
                            try await writer.write(Array(content[start..<start + 100_000]))
                        }
                        return try await writer.finish(expecting: nil)
                    }
                }
                for try await blob in group {
                    try requireEqual(blob.digest, Hashing.sha256(content))
                    try require(try await store.readAll(blob.digest, limit: .max) == content, "changed")
                }
            }
            try requireEqual(try await store.list().count, 1)
            try require(try await harness.isTidy(store), "something else was left behind")
        },
        Check("different blobs may be put and read at once") { harness in
            let store = try await harness.make()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for seed in UInt8(0)..<32 {
                    group.addTask {
                        let content = bytes(10_000, seed: seed)
                        let digest = try await store.put(content).digest
                        try require(try await store.readAll(digest, limit: .max) == content, "changed")
                    }
                }
                try await group.waitForAll()
            }
            try requireEqual(try await store.list().count, 32)
        },
        Check("a full store refuses, keeps what it has, and takes what fits") { harness in
            let store = try await harness.make(boundBytes: 1000)
            let first = try await store.put(bytes(600))
            try await requireThrows("full", isFull) { try await store.put(bytes(500, seed: 2)) }
            try await requireThrows("full", isFull) {
                let writer = try await store.makeWriter()
                try await writer.write(bytes(500, seed: 2))
                return try await writer.finish(expecting: nil)
            }
            try requireEqual(try await store.put(bytes(600)), first)
            try requireEqual(try await store.put(bytes(400, seed: 3)).sizeBytes, 400)
            try await store.remove(first.digest)
            try requireEqual(try await store.put(bytes(500, seed: 2)).sizeBytes, 500)
            try requireEqual(try await store.list().reduce(0) { $0 + $1.sizeBytes }, 900)
            try require(try await harness.isTidy(store), "something else was left behind")
        },
    ]

    static func isFull(_ error: BlobError) -> Bool {
        if case .full = error { true } else { false }
    }
}
