import WeftFormats
package import WeftModel
package import WeftStorage

/// Blobs as files below one folder, named by their digests.
///
/// - A blob is written beside, synced, renamed into place, and its folder synced, before a call returns.
/// - A file is read whole and checked against its name before its first use in a process, and again when it has
///   changed. What does not match is moved aside into `damaged/`, so that the next `put` can heal it.
/// - Blocking calls run on a few threads of its own.
package final class FileBlobStore: BlobStore {
    let folder: BlobFolder
    let pool: BlockingPool

    /// Opens or makes the store in `directory`, and deletes what writers that died have left there. Blocks.
    ///
    /// With a bound, opening looks at every file, what would not fit throws ``BlobError/full(_:)``, and each use of a
    /// blob is noted for ``evict(toBytes:keeping:)``.
    ///
    /// - Parameters:
    ///   - bound: how many bytes of content it may hold, unfinished writers included.
    ///   - threads: how many calls may wait for the disk at a time; others queue.
    package init(directory: String, bound: Int64? = nil, threads: Int = 8) throws {
        folder = try BlobFolder(root: directory, boundBytes: bound)
        pool = BlockingPool(width: threads)
    }

    package func put(_ bytes: [UInt8]) async throws -> BlobReference {
        try await pool.run { [folder] in
            let digest = Hashing.sha256(bytes)
            if try folder.adopt(digest) { return BlobReference(digest: digest, sizeBytes: Int64(bytes.count)) }
            var file = try folder.makeIncoming()
            do {
                try bytes.withUnsafeBytes { try file.write($0) }
            } catch {
                file.discard()
                throw error
            }
            return try file.finish(expecting: digest)
        }
    }

    /// The bytes of an open file, from where it stands to its end. Throws ``BlobError/full(_:)`` and keeps nothing when
    /// there are more than `limit`. The descriptor stays the caller's, who keeps it open until this returns.
    package func put(contentsOf descriptor: CInt, limit: Int64 = .max) async throws -> BlobReference {
        try await pool.run { [folder] in
            var file = try folder.makeIncoming()
            do {
                try file.append(contentsOf: descriptor, limit: limit)
            } catch {
                file.discard()
                throw error
            }
            return try file.finish(expecting: nil)
        }
    }

    package func makeWriter() async throws -> any BlobWriter {
        try await pool.run { [folder, pool] in FileBlobWriter(file: try folder.makeIncoming(), pool: pool) }
    }

    package func size(of digest: Digest) async throws -> Int64? {
        try await pool.run { [folder] in try folder.size(of: digest) }
    }

    package func read(_ digest: Digest, offset: Int64, length: Int) async throws -> [UInt8] {
        try await pool.run { [folder] in
            let file = try folder.open(digest)
            let rest = max(0, try file.sizeBytes - max(0, offset))
            return try file.read(at: max(0, offset), length: Int(min(rest, Int64(max(0, length)))))
        }
    }

    package func remove(_ digest: Digest) async throws {
        try await pool.run { [folder] in try folder.remove(digest) }
    }

    package func list() async throws -> [BlobReference] {
        try await pool.run { [folder] in try folder.entries().map(\.reference) }
    }
}
