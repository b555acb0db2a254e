import WeftFormats
import WeftModel
import WeftStorage

extension BlobStoreConformance {
    static let writerChecks: [Check] = [
        Check("pieces make one blob, which is there when it is finished and not before") { harness in
            let store = try await harness.make()
            let content = bytes(2_000_003)
            let digest = Hashing.sha256(content)
            let writer = try await store.makeWriter()
            var position = 0
            for size in [0, 1, 10, 100_000, 700_000, 1_199_992] {
                try await writer.write(Array(content[position..<position + size]))
                position += size
            }
            try requireEqual(position, content.count)
            try requireEqual(try await store.size(of: digest), nil)
            try requireEqual(try await store.list(), [])
            let blob = try await writer.finish(expecting: digest)
            try requireEqual(blob, BlobReference(digest: digest, sizeBytes: Int64(content.count)))
            await writer.cancel()
            let again = try await harness.crashAndReopen(store)
            try require(try await again.readAll(digest, limit: .max) == content, "changed")
            try require(try await harness.isTidy(store), "something else was left behind")
        },
        Check("an empty writer makes the empty blob") { harness in
            let store = try await harness.make()
            let blob = try await store.makeWriter().finish(expecting: nil)
            try requireEqual(blob, BlobReference(digest: Hashing.sha256([UInt8]()), sizeBytes: 0))
            try requireEqual(try await store.readAll(blob.digest, limit: 0), [])
        },
        Check("other bytes than expected are refused and not kept") { harness in
            let store = try await harness.make()
            let expected = Hashing.sha256(bytes(9))
            let actual = Hashing.sha256(bytes(10))
            let writer = try await store.makeWriter()
            try await writer.write(bytes(10))
            let mismatch = BlobError.mismatch(expected: expected, actual: actual)
            try await requireThrows("mismatch", { $0 == mismatch }) { try await writer.finish(expecting: expected) }
            try requireEqual(try await store.list(), [])
            try require(try await harness.isTidy(store), "something was left behind")
        },
        Check("a cancelled or dropped writer leaves nothing") { harness in
            let store = try await harness.make(boundBytes: 1_000_000)
            let writer = try await store.makeWriter()
            try await writer.write(bytes(900_000))
            await writer.cancel()
            await writer.cancel()
            try await requireThrows("failed", isFailed) { try await writer.write([1]) }
            try await requireThrows("failed", isFailed) { try await writer.finish(expecting: nil) }
            try await abandonWriter(of: store)
            try requireEqual(try await store.list(), [])
            try require(try await harness.isTidy(store), "something was left behind")
            // Its room is free again.
            try requireEqual(try await store.put(bytes(1_000_000)).sizeBytes, 1_000_000)
        },
        Check("a finished writer takes no more") { harness in
            let store = try await harness.make()
            let writer = try await store.makeWriter()
            let blob = try await writer.finish(expecting: nil)
            try await requireThrows("failed", isFailed) { try await writer.write([1]) }
            try await requireThrows("failed", isFailed) { try await writer.finish(expecting: nil) }
            try requireEqual(try await store.list(), [blob])
        },
        Check("what a writer wrote before a crash is not there after it") { harness in
            let store = try await harness.make()
            let kept = try await store.put(bytes(10))
            let writer = try await store.makeWriter()
            try await writer.write(bytes(800_000))
            let again = try await harness.crashAndReopen(store)
            try requireEqual(try await again.list(), [kept])
            await writer.cancel()
        },
    ]

    private static func abandonWriter(of store: any BlobStore) async throws {
        let writer = try await store.makeWriter()
        try await writer.write(bytes(400_000))
        try await writer.write(bytes(400_000, seed: 9))
    }

    static func isFailed(_ error: BlobError) -> Bool {
        if case .failed = error { true } else { false }
    }
}
