import Glibc
import NIOCore
import WeftFormats
import WeftModel

/// Reading and writing files for transfers. Reads and writes are of a size that a disk answers soon, so they are
/// done in place rather than on threads of their own.
enum LocalFile {
    static let pieceBytes = 256 << 10

    static func reason() -> String { String(cString: strerror(errno)) }

    static func openForReading(_ path: String) throws -> Int32 {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ClientError.file(path: path, reason: reason()) }
        return descriptor
    }

    static func read(_ descriptor: Int32, path: String, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            guard errno == EINTR else { throw ClientError.file(path: path, reason: reason()) }
        }
    }

    static func digest(of path: String) throws -> BlobReference {
        let descriptor = try openForReading(path)
        defer { close(descriptor) }
        var hash = SHA256Stream()
        var piece = [UInt8](repeating: 0, count: pieceBytes)
        while true {
            let count = try piece.withUnsafeMutableBytes { try read(descriptor, path: path, into: $0) }
            guard count > 0 else { break }
            hash.update(piece[..<count])
            try Task.checkCancellation()
        }
        return BlobReference(digest: hash.finalize(), sizeBytes: hash.byteCount)
    }
}

/// A file's content, piece by piece. Each iteration reads it anew.
struct FilePieces: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let path: String

    func makeAsyncIterator() -> Iterator { Iterator(path: path) }

    final class Iterator: AsyncIteratorProtocol {
        private let path: String
        private var descriptor: Int32?

        init(path: String) { self.path = path }
        deinit { if let descriptor { close(descriptor) } }

        func next() async throws -> ByteBuffer? {
            let descriptor = try self.descriptor ?? LocalFile.openForReading(path)
            self.descriptor = descriptor
            var buffer = ByteBufferAllocator().buffer(capacity: LocalFile.pieceBytes)
            try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: LocalFile.pieceBytes) {
                try LocalFile.read(descriptor, path: path, into: $0)
            }
            return buffer.readableBytes > 0 ? buffer : nil
        }
    }
}

/// A file that gets its name when it is whole.
struct PartialFile {
    private let path: String
    private let partial: String
    private let descriptor: Int32

    init(for path: String) throws {
        self.path = path
        partial = "\(path).\(UInt32.random(in: .min ... .max)).part"
        descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw ClientError.file(path: path, reason: LocalFile.reason()) }
    }

    func write(_ buffer: ByteBuffer) throws {
        try buffer.withUnsafeReadableBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    throw ClientError.file(path: path, reason: LocalFile.reason())
                }
            }
        }
    }

    func finish() throws {
        guard fsync(descriptor) == 0, rename(partial, path) == 0 else {
            throw ClientError.file(path: path, reason: LocalFile.reason())
        }
        close(descriptor)
    }

    func cancel() {
        close(descriptor)
        unlink(partial)
    }
}
