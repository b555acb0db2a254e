import Glibc
import Synchronization
package import WeftModel
package import WeftStorage

extension FileBlobStore: PartialBlobs {
    package func openPartial(_ digest: Digest, sizeBytes: Int64) async throws -> any PartialBlob {
        try await pool.run { [folder, pool] in
            let file = try folder.openPartial(digest)
            do { try folder.reserve(sizeBytes) } catch {
                file.close()
                throw error
            }
            return PartialFile(file: file, digest: digest, sizeBytes: sizeBytes, folder: folder, pool: pool)
        }
    }
}

extension BlobFolder {
    /// What nobody has gone on with for a day, or is over so many, is removed when a store is opened.
    private static let partialLimit = 8
    private static let partialSeconds = 86_400

    func openPartial(_ digest: Digest) throws -> PartialDescriptor {
        try Self.makeFolder("\(root)/partial")
        let path = "\(root)/partial/\(digest.hex)"
        while true {
            let number = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            if number < 0, errno == EINTR { continue }
            guard number >= 0 else { throw BlobError(errno, "open \(path)") }
            let file = PartialDescriptor(path: path, number: number)
            guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
                file.close()
                throw BlobError.failed("\(digest) is being fetched already")
            }
            // It may have been removed before it was locked.
            var status = stat()
            if fstat(number, &status) == 0, status.st_nlink > 0 { return file }
            file.close()
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
            guard let file = try Descriptor.openIfThere(entry.path, O_RDONLY) else { continue }
            if flock(file.number, LOCK_EX | LOCK_NB) == 0 { unlink(entry.path) }
        }
    }
}

/// An open file below `partial/`.
struct PartialDescriptor: Sendable {
    let path: String
    let number: CInt

    func close() { Glibc.close(number) }
}

/// A blob that grows in a file of its own. Blocking calls run on the store's threads.
final class PartialFile: PartialBlob {
    /// What work on the disk's threads holds on to, so that the file is open for as long as it is used.
    private let content: PartialContent
    private let pool: BlockingPool

    init(file: PartialDescriptor, digest: Digest, sizeBytes: Int64, folder: BlobFolder, pool: BlockingPool) {
        content = PartialContent(file: file, digest: digest, sizeBytes: sizeBytes, folder: folder)
        self.pool = pool
    }

    var lengthBytes: Int64 { get async throws { try await pool.run { [content] in try content.length() } } }

    func write(_ bytes: [UInt8], at offset: Int64) async throws {
        try await pool.run { [content] in try content.write(bytes, at: offset) }
    }

    func read(at offset: Int64, length: Int) async throws -> [UInt8] {
        try await pool.run { [content] in try content.read(at: offset, length: length) }
    }

    func finish() async throws -> BlobReference { try await pool.run { [content] in try content.finish() } }
}

private final class PartialContent: Sendable {
    private let file: PartialDescriptor
    private let digest: Digest
    private let sizeBytes: Int64
    private let folder: BlobFolder
    /// Whether the file has its place in the store, and counts there.
    private let isInstalled = Mutex(false)

    init(file: PartialDescriptor, digest: Digest, sizeBytes: Int64, folder: BlobFolder) {
        self.file = file
        self.digest = digest
        self.sizeBytes = sizeBytes
        self.folder = folder
    }

    deinit {
        file.close()
        if !isInstalled.withLock({ $0 }) { folder.release(sizeBytes) }
    }

    private func status() throws -> stat {
        var status = stat()
        guard fstat(file.number, &status) == 0 else { throw BlobError(errno, "stat") }
        return status
    }

    func length() throws -> Int64 { Int64(try status().st_size) }

    func write(_ bytes: [UInt8], at offset: Int64) throws {
        guard offset >= 0, Int64(bytes.count) <= sizeBytes - offset else {
            throw BlobError.failed("bytes past the end of a blob of \(sizeBytes)")
        }
        try bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let count = pwrite(
                    file.number, buffer.baseAddress! + written, buffer.count - written, off_t(offset) + off_t(written))
                if count >= 0 {
                    written += count
                } else if errno != EINTR {
                    throw BlobError(errno, "write")
                }
            }
        }
    }

    func read(at offset: Int64, length: Int) throws -> [UInt8] {
        try Array(unsafeUninitializedCapacity: length) { buffer, filled in
            while filled < length {
                let count = pread(
                    file.number, buffer.baseAddress! + filled, length - filled, off_t(offset) + off_t(filled))
                if count == 0 { return }
                if count > 0 {
                    filled += count
                } else if errno != EINTR {
                    throw BlobError(errno, "read")
                }
            }
        }
    }

    func finish() throws -> BlobReference {
        do {
            // A descriptor of its own, which reads from the beginning.
            let again = try Descriptor(file.path, O_RDONLY)
            let actual = try BlobFolder.hash(again)
            guard actual == digest, try length() == sizeBytes else {
                throw BlobError.mismatch(expected: digest, actual: actual)
            }
            guard fchmod(file.number, 0o400) == 0 else { throw BlobError(errno, "chmod") }
            try folder.prepare(for: digest)
            guard fsync(file.number) == 0 else { throw BlobError(errno, "fsync") }
        } catch {
            unlink(file.path)
            throw error
        }
        if try folder.install(file.path, FileIdentity(status()), as: digest) {
            isInstalled.withLock { $0 = true }
        } else {
            unlink(file.path)
        }
        return BlobReference(digest: digest, sizeBytes: sizeBytes)
    }
}
