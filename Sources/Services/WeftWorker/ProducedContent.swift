import WeftDrivers
import WeftFormats
package import WeftModel
import WeftStorage
import WeftWire

/// The bytes of one answer: small ones in memory, to travel inside the result, others in the worker's store.
package struct ProducedContent: Sendable {
    /// What travels inside the result, all together.
    static let inlineTotalBytes = 1 << 20
    private static let pieceBytes = 1 << 20

    private(set) var inline: [Digest: [UInt8]] = [:]
    /// Each pinned once in the cache.
    private(set) var stored: Set<Digest> = []
    private var inlineBytes = 0
    private let cache: BlobCache

    init(cache: BlobCache) { self.cache = cache }

    /// Adds bytes. Throws ``BlobError``.
    package mutating func put(_ bytes: [UInt8]) async throws -> BlobReference {
        if bytes.count <= LinkBounds.inlineBlobBytes, inlineBytes + bytes.count <= Self.inlineTotalBytes {
            let digest = Hashing.sha256(bytes)
            if inline.updateValue(bytes, forKey: digest) == nil { inlineBytes += bytes.count }
            return BlobReference(digest: digest, sizeBytes: Int64(bytes.count))
        }
        return await note(try await cache.put(bytes))
    }

    /// Adds a file's bytes, `sizeBytes` of them. Throws ``BlobError`` or ``SystemError``.
    mutating func put(_ file: ProducedFile) async throws -> BlobReference {
        if file.sizeBytes <= Int64(Self.pieceBytes) {
            return try await put(try file.read(offset: 0, length: Int(file.sizeBytes)))
        }
        let writer = try await cache.makeWriter(sizeBytes: file.sizeBytes)
        do {
            var offset: Int64 = 0
            while offset < file.sizeBytes {
                let length = Int(min(Int64(Self.pieceBytes), file.sizeBytes - offset))
                let piece = try file.read(offset: offset, length: length)
                guard !piece.isEmpty else { break }
                try await writer.write(piece)
                offset += Int64(piece.count)
            }
            let blob = try await writer.finish(expecting: nil)
            try await cache.adopt(blob)
            return await note(blob)
        } catch {
            await writer.cancel()
            throw error
        }
    }

    /// Counts a blob that the cache has pinned; a second pin of the same one is given back.
    private mutating func note(_ blob: BlobReference) async -> BlobReference {
        if !stored.insert(blob.digest).inserted { await cache.unpin(blob.digest) }
        return blob
    }

    /// The bytes of one of the answer's blobs. Throws ``BlobError``, also when there are more than `limit`.
    package func bytes(of blob: BlobReference, limit: Int) async throws -> [UInt8] {
        if let bytes = inline[blob.digest] { return bytes }
        return try await cache.store.readAll(blob.digest, limit: limit)
    }

    /// Lets go of everything, for an answer that nobody will get.
    func discard() async { await cache.unpin(Array(stored)) }
}

/// Changes an answer before it is signed. The product never does; the saboteur, which tests what verification is worth,
/// is a worker with one.
package typealias ResultTamper =
    @Sendable (AttemptID, inout Completion, inout ProducedContent) async throws -> Void
