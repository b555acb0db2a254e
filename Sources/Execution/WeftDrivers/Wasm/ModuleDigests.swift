import Synchronization
import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a file was when it was looked at: equal values mean the same content.
struct FileState: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    let sizeBytes: Int64
    let modifiedSeconds: Int
    let modifiedNanoseconds: Int
    let changedSeconds: Int
    let changedNanoseconds: Int

    /// nil for what is not a regular file.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        sizeBytes = Int64(status.st_size)
        #if canImport(Darwin)
            let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
        #else
            let (modified, changed) = (status.st_mtim, status.st_ctim)
        #endif
        modifiedSeconds = modified.tv_sec
        modifiedNanoseconds = modified.tv_nsec
        changedSeconds = changed.tv_sec
        changedNanoseconds = changed.tv_nsec
    }

    /// Whether it may have changed since within the tick of the file system's clock that it last changed in.
    var isFresh: Bool { time(nil) - changedSeconds < 2 }
}

/// Digests of modules, computed once per file.
final class ModuleDigests: Sendable {
    private static let countMax = 1024
    private let digest: @Sendable (String) throws -> String
    private let known = Mutex<[FileState: String]>([:])

    init(_ digest: @escaping @Sendable (String) throws -> String) { self.digest = digest }

    func digest(of path: String, _ state: FileState) throws -> String {
        if let found = known.withLock({ $0[state] }) { return found }
        let made = try digest(path)
        if !state.isFresh {
            known.withLock { known in
                if known.count >= Self.countMax { known.removeAll() }
                known[state] = made
            }
        }
        return made
    }
}
