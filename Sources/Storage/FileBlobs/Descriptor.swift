import Glibc
import WeftStorage

/// An open file, closed when it is dropped. All calls block.
struct Descriptor: ~Copyable {
    let number: CInt
    private var isLocked = false

    /// Throws ``BlobError``; nil when there is no such file.
    static func openIfThere(_ path: String, _ flags: CInt, mode: mode_t = 0) throws -> Descriptor? {
        while true {
            let number = open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode)
            if number >= 0 { return Descriptor(number: number) }
            switch errno {
            case EINTR: continue
            case ENOENT: return nil
            default: throw BlobError(errno, "open \(path)")
            }
        }
    }

    init(_ path: String, _ flags: CInt, mode: mode_t = 0) throws {
        guard let opened = try Self.openIfThere(path, flags, mode: mode) else {
            throw BlobError(ENOENT, "open \(path)")
        }
        self = opened
    }

    private init(number: CInt) { self.number = number }

    deinit {
        // Not only closed: a child that is being made at this moment has a copy of the descriptor, and the lock with it.
        if isLocked { flock(number, LOCK_UN) }
        close(number)
    }

    /// Locks the file until the end of this descriptor. False when another holds it.
    mutating func lock() -> Bool {
        isLocked = flock(number, LOCK_EX | LOCK_NB) == 0
        return isLocked
    }

    func status() throws -> stat {
        var status = stat()
        guard fstat(number, &status) == 0 else { throw BlobError(errno, "stat") }
        return status
    }

    var sizeBytes: Int64 {
        get throws { Int64(try status().st_size) }
    }

    /// Returns when the bytes (for a folder: its entries) are on the disk.
    func sync() throws {
        guard fsync(number) == 0 else { throw BlobError(errno, "fsync") }
    }

    /// At most `length` bytes from `offset` on; fewer only at the end.
    func read(at offset: Int64, length: Int) throws -> [UInt8] {
        try Array(unsafeUninitializedCapacity: length) { buffer, filled in
            while filled < length {
                let count = pread(number, buffer.baseAddress! + filled, length - filled, off_t(offset) + off_t(filled))
                if count == 0 { return }
                if count > 0 {
                    filled += count
                } else if errno != EINTR {
                    throw BlobError(errno, "read")
                }
            }
        }
    }

    func write(_ bytes: [UInt8], at offset: Int64) throws {
        try bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let count = pwrite(
                    number, buffer.baseAddress! + written, buffer.count - written, off_t(offset) + off_t(written))
                if count >= 0 {
                    written += count
                } else if errno != EINTR {
                    throw BlobError(errno, "write")
                }
            }
        }
    }

    /// The next bytes from where the file stands, into `buffer`; 0 at the end.
    func readNext(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = Glibc.read(number, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { throw BlobError(errno, "read") }
        }
    }

    static func syncFolder(_ path: String) throws {
        try Descriptor(path, O_RDONLY | O_DIRECTORY).sync()
    }
}

/// Which bytes a name stands for, as far as the file system can tell without reading them.
struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    let sizeBytes: Int64
    let modifiedSeconds: Int64
    let modifiedNanoseconds: Int64

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        sizeBytes = Int64(status.st_size)
        modifiedSeconds = Int64(status.st_mtim.tv_sec)
        modifiedNanoseconds = Int64(status.st_mtim.tv_nsec)
    }
}

extension BlobError {
    /// A failed system call, by its `errno`.
    init(_ code: CInt, _ what: String) {
        let words = "\(what): \(String(cString: strerror(code)))"
        self = code == ENOSPC || code == EDQUOT ? .full(words) : .failed(words)
    }
}
