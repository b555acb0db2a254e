import Glibc

/// A file system of a few megabytes in memory, unmounted when it is dropped.
final class SmallDisk: Sendable {
    private let folder: TemporaryFolder
    var path: String { folder.path }

    /// False only where mounting is forbidden; anything else that goes wrong is for the test itself to report.
    static let isPossible: Bool = {
        do { return try SmallDisk(sizeBytes: 1 << 20) != nil } catch { return true }
    }()

    /// nil where this process may not mount.
    init?(sizeBytes: Int) throws {
        folder = try TemporaryFolder()
        guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(sizeBytes)") == 0 else {
            if errno == EPERM || errno == EACCES { return nil }
            throw FileProblem("mount tmpfs", errno)
        }
    }

    /// Makes room, as an operator would.
    func grow(to sizeBytes: Int) throws {
        guard mount("tmpfs", folder.path, "tmpfs", UInt(MS_REMOUNT), "size=\(sizeBytes)") == 0 else {
            throw FileProblem("remount tmpfs", errno)
        }
    }

    deinit { umount2(folder.path, CInt(2)) }  // MNT_DETACH: also while files are open
}
