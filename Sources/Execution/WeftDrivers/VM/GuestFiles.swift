import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Puts files that a machine sent into the working directory, within bounds. Nobody else writes there, so nothing on the
/// way is a symbolic link; should one be there all the same, it is not followed.
struct GuestFiles: ~Copyable {
    private let root: Int32
    private var current: Int32 = -1
    private var leftBytes: Int64
    private let limitBytes: Int64
    private var leftFiles = GuestFiles.filesMax

    /// As many as the machine's file system has room for (GuestInit/guest.h).
    private static let filesMax = 16384

    init(in workspace: Workspace, limitBytes: Int64) throws {
        root = open(workspace.payloadDirectory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard root >= 0 else { throw SystemError("cannot open the working directory") }
        leftBytes = limitBytes
        self.limitBytes = limitBytes
    }

    deinit {
        if current >= 0 { close(current) }
        close(root)
    }

    mutating func begin(_ path: String, isExecutable: Bool) throws {
        finish()
        guard leftFiles > 0 else {
            throw AttemptFailure(.outOfDisk, "it left more than \(Self.filesMax) files")
        }
        leftFiles -= 1
        let components = try Workspace.components(of: path)
        var folder = dup(root)
        defer { close(folder) }
        for name in components.dropLast() {
            if mkdirat(folder, name, 0o755) != 0, errno != EEXIST { throw SystemError("cannot create an output") }
            let next = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard next >= 0 else { throw SystemError("cannot create an output") }
            close(folder)
            folder = next
        }
        let name = components[components.count - 1]
        if unlinkat(folder, name, 0) != 0, errno != ENOENT { throw SystemError("cannot replace an output") }
        current = openat(
            folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_t(isExecutable ? 0o755 : 0o644))
        guard current >= 0 else { throw SystemError("cannot create an output") }
    }

    mutating func append(_ bytes: [UInt8]) throws {
        guard current >= 0 else { throw GuestFrames.Malformed(reason: "data of no file") }
        leftBytes -= Int64(bytes.count)
        guard leftBytes >= 0 else {
            throw AttemptFailure(.outOfDisk, "its files are larger than \(limitBytes) bytes")
        }
        try bytes.withUnsafeBytes { try writeAll(current, $0) }
    }

    mutating func finish() {
        if current >= 0 { close(current) }
        current = -1
    }
}
