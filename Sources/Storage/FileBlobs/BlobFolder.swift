import Glibc
import Synchronization
import WeftFormats
import WeftModel
import WeftStorage

/// The blobs of one folder, with blocking calls. ``FileBlobStore`` takes them off the callers' threads.
///
/// Layout: `ab/cd/abcd…` (the digest in hexadecimal) for blobs, `incoming/` for what is being written (each file locked
/// by its writer), `partial/` (named by digests, locked too) for what comes in any order and outlives its writer, `damaged/` for files that were found to hold something else than their names say.
final class BlobFolder: Sendable {
    private struct State {
        /// What blobs and unfinished writers occupy; kept only where there is a bound.
        var usedBytes: Int64 = 0
        var verified = VerifiedFiles(limit: 100_000)
        /// Folders `ab/cd` that are known to be on the disk, one bit each.
        var durableFolders = [UInt64](repeating: 0, count: 1024)
        var nextIncoming = 0
    }

    /// How many damaged files are kept for inspection.
    private static let damagedLimit = 32

    let root: String
    let boundBytes: Int64?
    private let state = Mutex(State())

    init(root: String, boundBytes: Int64?) throws {
        self.root = root
        self.boundBytes = boundBytes
        try Self.makeFolders(root)
        for name in ["incoming", "damaged"] { try Self.makeFolder("\(root)/\(name)") }
        try removeLeftovers()
        try removeOldPartials()
        if boundBytes != nil {
            let used = try entries().reduce(0) { $0 + $1.reference.sizeBytes }
            state.withLock { $0.usedBytes = used }
        }
    }

    var usedBytes: Int64 { state.withLock { $0.usedBytes } }

    // MARK: Reading

    func size(of digest: Digest) throws -> Int64? {
        var status = stat()
        if lstat(path(of: digest), &status) == 0 { return Int64(status.st_size) }
        if errno == ENOENT { return nil }
        throw BlobError(errno, "stat \(path(of: digest))")
    }

    /// Opens a blob whose bytes are what its name says. Throws ``BlobError``.
    func open(_ digest: Digest) throws -> Descriptor {
        guard let file = try Descriptor.openIfThere(path(of: digest), O_RDONLY) else {
            throw BlobError.missing(digest)
        }
        let identity = FileIdentity(try file.status())
        if state.withLock({ $0.verified.entry(digest, identity) }) == nil {
            guard try Self.hash(file) == digest else {
                try moveAside(digest, identity)
                throw BlobError.damaged(digest)
            }
            state.withLock { $0.verified.insert(digest, .init(identity: identity, isDurable: false)) }
        }
        if boundBytes != nil { Self.touch(file) }
        return file
    }

    // MARK: Writing

    func makeIncoming() throws -> IncomingFile {
        while true {
            let number = state.withLock { state in
                state.nextIncoming += 1
                return state.nextIncoming
            }
            let path = "\(root)/incoming/\(getpid())-\(number)"
            let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o400)
            guard descriptor >= 0 else {
                if errno == EEXIST || errno == EINTR { continue }
                throw BlobError(errno, "create \(path)")
            }
            // A store that is being opened beside this one deletes what nobody has locked. It may have been quicker.
            var status = stat()
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0, status.st_nlink > 0 {
                return IncomingFile(folder: self, path: path, descriptor: descriptor)
            }
            close(descriptor)
        }
    }

    /// Counts bytes that are about to be written. Throws ``BlobError/full(_:)``.
    func reserve(_ bytes: Int64) throws {
        guard let boundBytes else { return }
        try state.withLock { state in
            guard state.usedBytes + bytes <= boundBytes else {
                throw BlobError.full("\(state.usedBytes) of \(boundBytes) bytes are used, \(bytes) more are needed")
            }
            state.usedBytes += bytes
        }
    }

    func release(_ bytes: Int64) {
        if boundBytes != nil { state.withLock { $0.usedBytes -= bytes } }
    }

    /// Whether the blob is there already, whole and durable. A damaged one is moved aside and is not.
    func adopt(_ digest: Digest) throws -> Bool {
        guard let file = try Descriptor.openIfThere(path(of: digest), O_RDONLY) else { return false }
        let identity = FileIdentity(try file.status())
        let known = state.withLock { $0.verified.entry(digest, identity) }
        if let known, known.isDurable { return true }
        if known == nil {
            guard try Self.hash(file) == digest else {
                try moveAside(digest, identity)
                return false
            }
        }
        // Somebody, perhaps a process that has died, put it there; nobody knows whether they got round to syncing it.
        try file.sync()
        try syncFolders(of: digest)
        state.withLock { $0.verified.insert(digest, .init(identity: identity, isDurable: true)) }
        return true
    }

    /// Makes the folders that ``install(_:_:as:)`` needs. Before the file is synced: a journalling file system then
    /// writes both in one go, and the syncs after that have little left to do.
    func prepare(for digest: Digest) throws {
        let folder = folder(of: digest)
        if access(folder, F_OK) == 0 { return }
        try Self.makeFolder(String(folder.dropLast(3)))
        try Self.makeFolder(folder)
    }

    /// Gives a written and synced file its name, durably. Returns false when the blob was there already.
    func install(_ incoming: String, _ identity: FileIdentity, as digest: Digest) throws -> Bool {
        let target = path(of: digest)
        while true {
            if try adopt(digest) { return false }
            let installed = try state.withLock { _ in
                if access(target, F_OK) == 0 { return false }
                guard rename(incoming, target) == 0 else { throw BlobError(errno, "rename \(incoming) to \(target)") }
                return true
            }
            if installed { break }
        }
        try syncFolders(of: digest)
        state.withLock { $0.verified.insert(digest, .init(identity: identity, isDurable: true)) }
        return true
    }

    /// Nothing happens when it is not there.
    func remove(_ digest: Digest) throws {
        try state.withLock { state in
            var status = stat()
            guard lstat(path(of: digest), &status) == 0, unlink(path(of: digest)) == 0 else {
                if errno == ENOENT { return }
                throw BlobError(errno, "remove \(path(of: digest))")
            }
            if boundBytes != nil { state.usedBytes -= Int64(status.st_size) }
            state.verified.remove(digest)
        }
    }

    private func moveAside(_ digest: Digest, _ identity: FileIdentity) throws {
        try state.withLock { state in
            // Unless somebody has just put the right bytes in its place.
            var status = stat()
            guard lstat(path(of: digest), &status) == 0, FileIdentity(status) == identity else { return }
            guard rename(path(of: digest), "\(root)/damaged/\(digest.hex)") == 0 else {
                throw BlobError(errno, "move the damaged blob \(digest) aside")
            }
            if boundBytes != nil { state.usedBytes -= identity.sizeBytes }
            state.verified.remove(digest)
        }
        for name in try Self.names(in: "\(root)/damaged").sorted().dropFirst(Self.damagedLimit) {
            unlink("\(root)/damaged/\(name)")
        }
    }

    // MARK: Folders

    func path(of digest: Digest) -> String { "\(folder(of: digest))/\(digest.hex)" }

    private func folder(of digest: Digest) -> String {
        let hex = digest.hex
        return "\(root)/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))"
    }

    /// Returns when a blob's entry in its folder, and the folder itself, are on the disk.
    private func syncFolders(of digest: Digest) throws {
        let folder = folder(of: digest)
        try Descriptor.syncFolder(folder)
        let bytes = digest.bytes
        let number = Int(bytes[0]) << 8 | Int(bytes[1])
        let bit = UInt64(1) << UInt64(number & 63)
        if state.withLock({ $0.durableFolders[number >> 6] & bit != 0 }) { return }
        try Descriptor.syncFolder(String(folder.dropLast(3)))
        try Descriptor.syncFolder(root)
        state.withLock { $0.durableFolders[number >> 6] |= bit }
    }

    /// A blob and when it was last used.
    struct Entry {
        var reference: BlobReference
        /// Since the Unix epoch.
        var usedNanoseconds: Int64
    }

    /// Every blob there is. One that comes or goes meanwhile may be in it or not.
    func entries() throws -> [Entry] {
        var entries: [Entry] = []
        for first in try Self.names(in: root) where first.utf8.count == 2 {
            for second in try Self.names(in: "\(root)/\(first)") where second.utf8.count == 2 {
                for name in try Self.names(in: "\(root)/\(first)/\(second)") {
                    var status = stat()
                    guard let digest = Digest(text: name), lstat(path(of: digest), &status) == 0 else { continue }
                    let reference = BlobReference(digest: digest, sizeBytes: Int64(status.st_size))
                    let used = Int64(status.st_atim.tv_sec) * 1_000_000_000 + Int64(status.st_atim.tv_nsec)
                    entries.append(Entry(reference: reference, usedNanoseconds: used))
                }
            }
        }
        return entries
    }

    /// What writers that have died left behind. A locked file still has its writer, in another process.
    private func removeLeftovers() throws {
        for name in try Self.names(in: "\(root)/incoming") {
            let path = "\(root)/incoming/\(name)"
            guard var file = try Descriptor.openIfThere(path, O_RDONLY) else { continue }
            if file.lock() { unlink(path) }
        }
    }
}

extension BlobFolder {
    private static func makeFolders(_ path: String) throws {
        var status = stat()
        if stat(path, &status) == 0 { return }
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex { try makeFolders(String(path[..<slash])) }
        try makeFolder(path)
    }

    static func makeFolder(_ path: String) throws {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw BlobError(errno, "create the folder \(path)") }
    }

    /// Empty for a folder that is not there.
    static func names(in folder: String) throws -> [String] {
        guard let handle = opendir(folder) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw BlobError(errno, "list \(folder)")
        }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
            let name = String(cString: UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self))
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Reads from where the file stands to its end.
    static func hash(_ file: borrowing Descriptor) throws -> Digest {
        var stream = SHA256Stream()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        while true {
            let count = try file.readNext(into: buffer)
            if count == 0 { return stream.finalize() }
            stream.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Notes the time of use, for eviction. The file system's own bookkeeping is usually switched off or coarse; and a
    /// use that cannot be noted only makes the choice of what to evict a little worse.
    private static func touch(_ file: borrowing Descriptor) {
        let leaveAlone = (1 << 30) - 2  // UTIME_OMIT
        var times = [timespec(), timespec(tv_sec: 0, tv_nsec: leaveAlone)]
        clock_gettime(CLOCK_REALTIME, &times[0])
        futimens(file.number, times)
    }
}
