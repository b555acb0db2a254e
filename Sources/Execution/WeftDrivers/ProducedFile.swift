import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An output that a payload left, open for reading. Closed when it is let go.
package final class ProducedFile: Sendable {
    package let sizeBytes: Int64
    /// Whether anybody may execute it.
    let isExecutable: Bool
    private let descriptor: Int32

    fileprivate init(descriptor: Int32, status: stat) {
        self.descriptor = descriptor
        sizeBytes = Int64(status.st_size)
        isExecutable = status.st_mode & 0o111 != 0
    }

    /// Opens a file of the worker's own. Throws ``SystemError``.
    package init(reading path: String) throws {
        descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("cannot open \(path)") }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let error = SystemError("cannot look at \(path)")
            close(descriptor)
            throw error
        }
        sizeBytes = Int64(status.st_size)
        isExecutable = status.st_mode & 0o111 != 0
    }

    deinit { close(descriptor) }

    /// At most `length` bytes from `offset` on; fewer at the end, none past it. Throws ``SystemError``.
    package func read(offset: Int64, length: Int) throws -> [UInt8] {
        var result: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, filled in
            filled = 0
            while filled < length {
                let count = pread(
                    descriptor, buffer.baseAddress! + filled, length - filled, off_t(offset) + off_t(filled))
                if count < 0, errno == EINTR { continue }
                if count < 0 { result = SystemError("cannot read an output") }
                guard count > 0 else { return }
                filled += count
            }
        }
        if let result { throw result }
        return bytes
    }

    /// All of it in order, in pieces small enough that nobody has to hold much. Throws ``SystemError``, also where the
    /// file has become shorter, and what `body` throws.
    package func forEachPiece(_ body: ([UInt8]) throws -> Void) throws {
        var offset: Int64 = 0
        while offset < sizeBytes {
            let length = Int(min(Int64(Self.pieceBytes), sizeBytes - offset))
            let piece = try read(offset: offset, length: length)
            guard piece.count == length else { throw SystemError("a file became shorter while it was read", code: EIO) }
            try body(piece)
            offset += Int64(length)
        }
    }

    /// Writes it to a new file. Throws ``SystemError``.
    func copy(to path: String, mode: mode_t) throws {
        let copy = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard copy >= 0 else { throw SystemError("cannot create \(path)") }
        defer { close(copy) }
        try forEachPiece { try $0.withUnsafeBytes { try writeAll(copy, $0) } }
    }

    private static let pieceBytes = 256 << 10
}

/// What was found where a declared output should be.
package enum FoundOutput: Sendable {
    case file(ProducedFile)
    case missing
    /// Something that is not taken for an output, in words: `a symbolic link`, `a directory`, …
    case unsuitable(String)
}

extension Workspace {
    /// Looks for a declared output after the payload has ended. No symbolic link is followed on the way, nothing but a
    /// regular file is opened for reading, and a fifo does not block. Throws ``AttemptFailure`` or ``SystemError``.
    package func findOutput(_ path: String) throws -> FoundOutput {
        let components = try Self.components(of: path)
        var directory = open(payloadDirectory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard directory >= 0 else { throw SystemError("cannot open the working directory") }
        defer { close(directory) }
        for name in components.dropLast() {
            let next = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard next >= 0 else { return try Self.explain(name, in: directory, isLast: false) }
            close(directory)
            directory = next
        }
        let name = components[components.count - 1]
        let descriptor = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { return try Self.explain(name, in: directory, isLast: true) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            return .unsuitable(Self.kind(status.st_mode))
        }
        return .file(ProducedFile(descriptor: descriptor, status: status))
    }

    /// Why `name` could not be opened.
    private static func explain(_ name: String, in directory: Int32, isLast: Bool) throws -> FoundOutput {
        let code = errno
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return .missing }
        let mode = status.st_mode & S_IFMT
        switch (mode, isLast) {
        case (S_IFREG, true): return .unsuitable("a file that cannot be read (\(String(cString: strerror(code))))")
        case (S_IFDIR, false): return .unsuitable("in a directory that cannot be read")
        case (_, true): return .unsuitable(kind(mode))
        case (_, false): return .unsuitable("below \(kind(mode))")
        }
    }

    private static func kind(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFLNK: "a symbolic link"
        case S_IFDIR: "a directory"
        case S_IFIFO: "a fifo"
        case S_IFSOCK: "a socket"
        case S_IFREG: "a regular file"
        default: "a device"
        }
    }
}
