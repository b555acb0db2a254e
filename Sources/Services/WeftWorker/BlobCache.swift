package import WeftModel
package import WeftStorage

/// A bounded cache over a blob store: what is pinned stays, the rest goes when room is needed, longest unused first.
///
/// The store is the worker's alone. Results that wait for their acknowledgement pin their blobs here too.
package actor BlobCache: PartialBlobs {
    /// Puts a blob of the store at a new path.
    package typealias Materializer =
        @Sendable (_ digest: Digest, _ path: String, _ isExecutable: Bool) async throws -> Void

    private struct Entry {
        var sizeBytes: Int64
        var pins = 0
        var lastUse: UInt64
    }

    package let store: any BlobStore & PartialBlobs
    private let boundBytes: Int64
    private let materializer: Materializer
    private var entries: [Digest: Entry] = [:]
    private var usedBytes: Int64 = 0
    private var uses: UInt64 = 0
    /// Blobs on their way out of the store, and who waits for that.
    private var leaving: [Digest: [CheckedContinuation<Void, Never>]] = [:]

    /// Takes over what the store holds and evicts what is over the bound. Throws ``BlobError``.
    package init(
        store: any BlobStore & PartialBlobs, boundBytes: Int64, materializer: @escaping Materializer
    ) async throws {
        self.store = store
        self.boundBytes = boundBytes
        self.materializer = materializer
        for blob in try await store.list() {
            entries[blob.digest] = Entry(sizeBytes: blob.sizeBytes, lastUse: 0)
            usedBytes += blob.sizeBytes
        }
        await evict(for: 0)
    }

    /// Pins a blob that is there; false when it is not. Every true needs one ``unpin(_:)``.
    package func pin(_ digest: Digest) -> Bool {
        guard entries[digest] != nil else { return false }
        uses += 1
        entries[digest]!.pins += 1
        entries[digest]!.lastUse = uses
        return true
    }

    package func unpin(_ digest: Digest) {
        guard let pins = entries[digest]?.pins else { return }
        precondition(pins > 0, "a blob is unpinned as often as it was pinned")
        entries[digest]!.pins -= 1
    }

    package func unpin(_ digests: [Digest]) { for digest in digests { unpin(digest) } }

    /// Stores bytes and pins them. Throws ``BlobError``.
    package func put(_ bytes: [UInt8]) async throws -> BlobReference {
        try await makeRoom(for: Int64(bytes.count))
        return try await keep { try await self.store.put(bytes) }
    }

    /// Takes a blob that comes in pieces. Give what `finish` returns to ``adopt(_:)``. Throws ``BlobError``.
    package func makeWriter(sizeBytes: Int64) async throws -> any BlobWriter {
        try await makeRoom(for: sizeBytes)
        return try await store.makeWriter()
    }

    /// Takes a blob that comes in pieces in any order; what `finish` returns is for ``adopt(_:)``, too. Throws ``BlobError``.
    package func openPartial(_ digest: Digest, sizeBytes: Int64) async throws -> any PartialBlob {
        try await makeRoom(for: sizeBytes)
        return try await store.openPartial(digest, sizeBytes: sizeBytes)
    }

    /// Counts a blob that a writer has put into the store, and pins it. Throws ``BlobError/missing(_:)`` when it was
    /// evicted at that very moment: then it has to be written again.
    package func adopt(_ blob: BlobReference) async throws { _ = try await keep { blob } }

    package func read(_ digest: Digest, offset: Int64, length: Int) async throws -> [UInt8] {
        try await store.read(digest, offset: offset, length: length)
    }

    package func size(of digest: Digest) -> Int64? { entries[digest]?.sizeBytes }

    /// Puts a pinned blob at a new path. Throws ``BlobError`` or what the file system says.
    package func materialize(_ digest: Digest, at path: String, isExecutable: Bool) async throws {
        try await materializer(digest, path, isExecutable)
    }

    private func keep(_ write: () async throws -> BlobReference) async throws -> BlobReference {
        let blob = try await write()
        if leaving[blob.digest] != nil {
            await withCheckedContinuation { leaving[blob.digest]?.append($0) }
            guard try await store.size(of: blob.digest) != nil else { throw BlobError.missing(blob.digest) }
        }
        if entries[blob.digest] == nil {
            entries[blob.digest] = Entry(sizeBytes: blob.sizeBytes, lastUse: 0)
            usedBytes += blob.sizeBytes
        }
        _ = pin(blob.digest)
        return blob
    }

    private func makeRoom(for bytes: Int64) async throws {
        if usedBytes + bytes > boundBytes { await evict(for: bytes) }
        guard usedBytes + bytes <= boundBytes else {
            throw BlobError.full(
                "\(bytes) more bytes do not fit into the cache of \(boundBytes); \(usedBytes) are in use")
        }
    }

    /// Goes a tenth below the bound, so that it is seldom done.
    private func evict(for bytes: Int64) async {
        guard usedBytes + bytes > boundBytes else { return }
        let target = boundBytes - boundBytes / 10 - bytes
        let candidates = entries.filter { $0.value.pins == 0 }.sorted { $0.value.lastUse < $1.value.lastUse }
        for (digest, _) in candidates {
            guard usedBytes > target else { return }
            // Looked at again: others ran while the last one was removed.
            guard let entry = entries[digest], entry.pins == 0, leaving[digest] == nil else { continue }
            entries[digest] = nil
            leaving[digest] = []
            var isGone = true
            do { try await store.remove(digest) } catch { isGone = false }
            if isGone { usedBytes -= entry.sizeBytes } else if entries[digest] == nil { entries[digest] = entry }
            for waiter in leaving.removeValue(forKey: digest) ?? [] { waiter.resume() }
        }
    }
}
