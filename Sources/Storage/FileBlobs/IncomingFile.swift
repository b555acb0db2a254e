import Glibc
import WeftFormats
import WeftModel
import WeftStorage

/// A blob that is being written, with blocking calls. Used by one thread at a time; ends with `finish` or `discard`.
struct IncomingFile: Sendable {
    private let folder: BlobFolder
    private let path: String
    private let descriptor: CInt
    private var stream = SHA256Stream()
    private var sizeBytes: Int64 = 0
    private var reservedBytes: Int64 = 0

    init(folder: BlobFolder, path: String, descriptor: CInt) {
        self.folder = folder
        self.path = path
        self.descriptor = descriptor
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        try folder.reserve(Int64(bytes.count))
        reservedBytes += Int64(bytes.count)
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
            if count > 0 {
                written += count
            } else if count < 0, errno != EINTR {
                throw BlobError(errno, "write")
            }
        }
        stream.update(bytes)
        sizeBytes += Int64(bytes.count)
    }

    /// Everything from where `source` stands to its end. Throws ``BlobError/full(_:)`` for more than `limit` bytes.
    mutating func append(contentsOf source: CInt, limit: Int64) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = read(source, buffer.baseAddress, buffer.count)
            if count == 0 { return }
            if count < 0 {
                if errno == EINTR { continue }
                throw BlobError(errno, "read")
            }
            guard Int64(count) <= limit - sizeBytes else { throw BlobError.full("more than \(limit) bytes") }
            try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Makes the blob durable and visible. Whatever happens, nothing else is left behind.
    consuming func finish(expecting: Digest?) throws -> BlobReference {
        let reference = BlobReference(digest: stream.finalize(), sizeBytes: sizeBytes)
        do {
            if let expecting, expecting != reference.digest {
                throw BlobError.mismatch(expected: expecting, actual: reference.digest)
            }
            var status = stat()
            guard fsync(descriptor) == 0, fstat(descriptor, &status) == 0 else { throw BlobError(errno, "fsync") }
            guard try folder.install(path, FileIdentity(status), as: reference.digest) else {
                discard()
                return reference
            }
        } catch {
            discard()
            throw error
        }
        close(descriptor)
        return reference
    }

    /// Leaves nothing behind.
    consuming func discard() {
        // Once installed under its digest it is no longer at this path, and unlink finds nothing.
        unlink(path)
        close(descriptor)
        folder.release(reservedBytes)
    }
}
