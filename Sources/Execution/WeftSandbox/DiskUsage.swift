#if os(Linux)
    import Glibc

    /// What a directory tree occupies.
    enum DiskUsage {
        /// Every entry costs at least this much, so that a million empty files count too.
        static let entryBytesMin: Int64 = 4096
        /// Deeper than any honest tree; a tree beyond it counts as over every limit.
        static let depthMax = 200

        /// Counts until the total passes `limitBytes`, so that the work is bounded too. Does not follow links.
        ///
        /// - Returns: at least the true total if that is within the limit; otherwise something greater than the limit.
        static func measure(_ directory: String, limitBytes: Int64 = .max) -> Int64 {
            let fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            guard fd >= 0 else { return 0 }
            var total: Int64 = 0
            add(fd, depth: 0, limit: limitBytes, total: &total)
            return total
        }

        /// What a directory occupies that holds nothing but a few files; nil for anything larger. Takes little time.
        static func measureSmall(_ directory: String) -> Int64? {
            let fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            guard fd >= 0 else { return 0 }
            guard let stream = fdopendir(fd) else {
                close(fd)
                return nil
            }
            defer { closedir(stream) }
            var total: Int64 = 0
            var left = 64
            while let entry = readdir(stream) {
                let name = entry.fileNameBytes
                if entry.isItselfOrParent { continue }
                var status = stat()
                guard fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
                left -= 1
                guard left > 0, status.st_mode & S_IFMT != S_IFDIR else { return nil }
                total = total.addingSaturated(max(entryBytesMin, Int64(status.st_blocks) * 512))
            }
            return total
        }

        /// Takes ownership of `fd`.
        private static func add(_ fd: Int32, depth: Int, limit: Int64, total: inout Int64) {
            guard let stream = fdopendir(fd) else {
                close(fd)
                return
            }
            defer { closedir(stream) }
            guard depth < depthMax else {
                total = .max
                return
            }
            while total <= limit, let entry = readdir(stream) {
                let name = entry.fileNameBytes
                if entry.isItselfOrParent { continue }
                var status = stat()
                // Gone meanwhile is no error: the task is at work.
                guard fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
                total = total.addingSaturated(max(entryBytesMin, Int64(status.st_blocks) * 512))
                guard status.st_mode & S_IFMT == S_IFDIR else { continue }
                let inner = openDirectory(name, in: fd)
                if inner >= 0 { add(inner, depth: depth + 1, limit: limit, total: &total) }
            }
        }

        /// O_PATH, which the C library hides from Swift.
        private static let pathOnly: Int32 = 0o10_000_000

        /// A task may take away its own right to read a directory; a worker that shares its user takes it back.
        private static func openDirectory(_ name: [CChar], in fd: Int32) -> Int32 {
            let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW
            let inner = openat(fd, name, flags)
            if inner >= 0 || errno != EACCES { return inner }
            // Through a descriptor: the name may have become a link to somewhere else by now.
            let handle = openat(fd, name, pathOnly | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            guard handle >= 0 else { return -1 }
            defer { close(handle) }
            chmod("/proc/self/fd/\(handle)", 0o700)
            return open("/proc/self/fd/\(handle)", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }

        /// What deleted files that `processes` still hold open occupy on the file system of `directory`: a walk
        /// cannot see them.
        static func deletedFiles(of processes: [Int32], onDeviceOf directory: String) -> Int64 {
            var root = stat()
            guard stat(directory, &root) == 0 else { return 0 }
            var seen: Set<UInt64> = []
            var total: Int64 = 0
            for process in processes {
                let folder = "/proc/\(process)/fd"
                for name in HostFile.names(in: folder) {
                    var status = stat()
                    guard stat("\(folder)/\(name)", &status) == 0, status.st_dev == root.st_dev, status.st_nlink == 0,
                        status.st_mode & S_IFMT == S_IFREG, seen.insert(UInt64(status.st_ino)).inserted
                    else { continue }
                    total = total.addingSaturated(Int64(status.st_blocks) * 512)
                }
            }
            return total
        }

        /// Gives a tree to a user, following no links.
        static func give(_ directory: String, to user: UInt32) throws(PosixError) {
            let fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            guard fd >= 0 else { throw PosixError("cannot open \(directory)") }
            var status = stat()
            // A directory that has served before is the user's already.
            let isGiven = fstat(fd, &status) == 0 && status.st_uid == user && status.st_gid == user
            guard isGiven || fchown(fd, user, user) == 0 else {
                let error = PosixError("cannot give \(directory) to user \(user)")
                close(fd)
                throw error
            }
            try giveEntries(fd, depth: 0, to: user)
        }

        private static func giveEntries(_ fd: Int32, depth: Int, to user: UInt32) throws(PosixError) {
            guard let stream = fdopendir(fd) else {
                close(fd)
                return
            }
            defer { closedir(stream) }
            guard depth < depthMax else { throw PosixError("the working directory is nested too deeply", errno: ELOOP) }
            while let entry = readdir(stream) {
                let name = entry.fileNameBytes
                if entry.isItselfOrParent { continue }
                if fchownat(fd, name, user, user, AT_SYMLINK_NOFOLLOW) != 0 && errno != ENOENT {
                    throw PosixError("cannot give \(entry.fileName) to user \(user)")
                }
                let type = Int(entry.pointee.d_type)
                guard type == Int(DT_DIR) || type == Int(DT_UNKNOWN) else { continue }
                let inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
                if inner >= 0 { try giveEntries(inner, depth: depth + 1, to: user) }
            }
        }
    }

    extension Int64 {
        func addingSaturated(_ other: Int64) -> Int64 {
            let (sum, overflow) = addingReportingOverflow(other)
            return overflow ? .max : sum
        }
    }
#endif
