import Glibc
import Synchronization
package import WeftModel
package import WeftStorage

extension FileBlobStore: PartialBlobs {
    package func openPartial(_ digest: Digest, sizeBytes: Int64) async throws -> any PartialBlob {
        try await pool.run { [folder, pool] in
            let path = try folder.partialPath(of: digest)
            let file = try folder.openPartial(path, of: digest)
            try folder.reserve(sizeBytes)
            return PartialFile(file, path, digest: digest, sizeBytes: sizeBytes, folder: folder, pool: pool)
        }
    }
}

extension BlobFolder {
    /// What nobody has gone on with for a day, or is over so many, is removed when a store is opened.
    private static let partialLimit = 8
    private static let partialSeconds = 86_400

    func partialPath(of digest: Digest) throws -> String {
        try Self.makeFolder("\(root)/partial")
        return "\(root)/partial/\(digest.hex)"
    }

    /// Locked, so that nobody else writes it.
    func openPartial(_ path: String, of digest: Digest) throws -> Descriptor {
        while true {
            var file = try Descriptor(path, O_RDWR | O_CREAT, mode: 0o600)
            guard file.lock() else {
                throw BlobError.failed("\(digest) is being fetched already")
            }
            // It may have been removed before it was locked.
            if try file.status().st_nlink > 0 { return file }
        }
    }

    func removeOldPartials() throws {
        var found: [(path: String, modified: Int)] = []
        for name in try Self.names(in: "\(root)/partial") {
            var status = stat()
            let path = "\(root)/partial/\(name)"
            if lstat(path, &status) == 0 { found.append((path, status.st_mtim.tv_sec)) }
        }
        found.sort { $0.modified > $1.modified }
        let now = time(nil)
        for (position, entry) in found.enumerated()
        where position >= Self.partialLimit || now - entry.modified > Self.partialSeconds {
            guard var file = try Descriptor.openIfThere(entry.path, O_RDONLY) else { continue }
            if file.lock() { unlink(entry.path) }
        }
    }
}

/// A blob that grows in a file of its own. Blocking calls run on the store's threads.
final class PartialFile: PartialBlob {
    /// What work on the disk's threads holds on to, so that the file is open for as long as it is used.
    private let content: PartialContent
    private let pool: BlockingPool

    init(
        _ file: consuming Descriptor, _ path: String, digest: Digest, sizeBytes: Int64, folder: BlobFolder,
        pool: BlockingPool
    ) {
        content = PartialContent(file, path, digest: digest, sizeBytes: sizeBytes, folder: folder)
        self.pool = pool
    }

    var lengthBytes: Int64 { get async throws { try await pool.run { [content] in try content.file.sizeBytes } } }

    func write(_ bytes: [UInt8], at offset: Int64) async throws {
        try await pool.run { [content] in try content.write(bytes, at: offset) }
    }

    func read(at offset: Int64, length: Int) async throws -> [UInt8] {
        try await pool.run { [content] in try content.file.read(at: offset, length: length) }
    }

    func finish() async throws -> BlobReference { try await pool.run { [content] in try content.finish() } }
}

private final class PartialContent: Sendable {
    let file: Descriptor
    private let path: String
    private let digest: Digest
    private let sizeBytes: Int64
    private let folder: BlobFolder
    /// Whether the file has its place in the store, and counts there.
    private let isInstalled = Mutex(false)

    init(_ file: consuming Descriptor, _ path: String, digest: Digest, sizeBytes: Int64, folder: BlobFolder) {
        self.file = file
        self.path = path
        self.digest = digest
        self.sizeBytes = sizeBytes
        self.folder = folder
    }

    deinit { if !isInstalled.withLock({ $0 }) { folder.release(sizeBytes) } }

    func write(_ bytes: [UInt8], at offset: Int64) throws {
        guard offset >= 0, Int64(bytes.count) <= sizeBytes - offset else {
            throw BlobError.failed("bytes past the end of a blob of \(sizeBytes)")
        }
        try file.write(bytes, at: offset)
    }

    func finish() throws -> BlobReference {
        do {
            // A descriptor of its own, which reads from the beginning.
            let again = try Descriptor(path, O_RDONLY)
            let actual = try BlobFolder.hash(again)
            guard actual == digest, try file.sizeBytes == sizeBytes else {
                throw BlobError.mismatch(expected: digest, actual: actual)
            }
            guard fchmod(file.number, 0o400) == 0 else { throw BlobError(errno, "chmod") }
            try folder.prepare(for: digest)
            try file.sync()
        } catch {
            unlink(path)
            throw error
        }
        if try folder.install(path, FileIdentity(file.status()), as: digest) {
            isInstalled.withLock { $0 = true }
        } else {
            unlink(path)
        }
        return BlobReference(digest: digest, sizeBytes: sizeBytes)
    }
}
