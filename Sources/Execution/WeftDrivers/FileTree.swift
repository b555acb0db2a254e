#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Removing directories that somebody hostile has filled.
enum FileTree {
    /// Removes `path` and everything below it without following symbolic links; nothing there is fine.
    static func remove(_ path: String) throws(SystemError) {
        try removeContents(of: path)
        guard rmdir(path) == 0 || errno == ENOENT else { throw SystemError("cannot remove \(path)") }
    }

    /// How many files are removed at once on the caller's thread.
    private static let smallCount = 64

    /// Removes a directory in which there is little: nothing, or a few files. False when there is more to do.
    static func removeSmall(_ path: String) -> Bool {
        if rmdir(path) == 0 { return true }
        return errno == ENOTEMPTY && unlinkFiles(in: path) && rmdir(path) == 0
    }

    /// Whether an open directory is empty; closes it.
    static func isEmpty(consuming descriptor: Int32) -> Bool {
        guard let stream = fdopendir(descriptor) else {
            close(descriptor)
            return false
        }
        defer { closedir(stream) }
        return nextName(in: stream) == nil
    }

    /// Whether a directory has entries besides `name`.
    static func hasOthers(than name: String?, in path: String) throws(SystemError) -> Bool {
        guard let stream = opendir(path) else { throw SystemError("cannot list \(path)") }
        defer { closedir(stream) }
        while let found = nextName(in: stream) {
            if name.map({ $0 != text(found) }) ?? true { return true }
        }
        return false
    }

    /// The names in a directory, at most `limit`; none where it cannot be listed.
    static func names(in path: String, limit: Int) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while names.count < limit, let name = nextName(in: stream) { names.append(text(name)) }
        return names
    }

    /// Removes some files; false when there are more, or others than files.
    private static func unlinkFiles(in path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        guard let stream = fdopendir(descriptor) else {
            close(descriptor)
            return false
        }
        defer { closedir(stream) }
        for _ in 0..<smallCount {
            guard let name = nextName(in: stream) else { return true }
            guard unlinkat(descriptor, name, 0) == 0 else { return false }
        }
        return false
    }

    static func removeContents(of path: String) throws(SystemError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT { return }
        guard descriptor >= 0 else { throw SystemError("cannot open \(path)") }
        try empty(descriptor)
    }

    /// One directory that is being emptied, and its name in the one above.
    private struct Level {
        let stream: OpaqueDirectory
        let name: Name
    }

    /// Directories open at once; deeper ones are first moved up.
    private static let openLevels = 32

    /// Empties the directory and closes it. Neither recursion nor a descriptor per level: the depth is somebody
    /// else's choice.
    private static func empty(_ descriptor: Int32) throws(SystemError) {
        var levels = [Level(stream: try list(descriptor), name: [])]
        defer { for level in levels { closedir(level.stream) } }
        var movedSinceRewind = 0
        while let level = levels.last {
            let directory = dirfd(level.stream)
            guard let name = nextName(in: level.stream) else {
                if levels.count == 1, movedSinceRewind > 0 {
                    // What was moved up during the listing may not have been part of it.
                    movedSinceRewind = 0
                    rewinddir(level.stream)
                    continue
                }
                closedir(level.stream)
                levels.removeLast()
                guard let above = levels.last else { return }
                guard unlinkat(dirfd(above.stream), level.name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
                    throw SystemError("cannot remove directory \(text(level.name))")
                }
                continue
            }
            if try removeFile(name, in: directory) { continue }
            if levels.count >= openLevels {
                movedSinceRewind += 1
                // A name that nobody can have taken beforehand.
                let free = ".weft-deep-\(UInt64.random(in: .min ... .max))"
                guard renameat(directory, name, dirfd(levels[0].stream), free) == 0 else {
                    throw SystemError("cannot move directory \(text(name))")
                }
                continue
            }
            let next = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard next >= 0 else { throw SystemError("cannot open directory \(text(name))") }
            levels.append(Level(stream: try list(next), name: name))
        }
    }

    /// True when `name` is gone; false when it is a directory, which can now be opened.
    private static func removeFile(_ name: Name, in directory: Int32) throws(SystemError) -> Bool {
        if unlinkat(directory, name, 0) == 0 || errno == ENOENT { return true }
        // A directory, then, or a file in a directory that its owner closed to himself.
        _ = fchmod(directory, 0o700)
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw SystemError("cannot look at \(text(name))")
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            if status.st_mode & 0o700 != 0o700 { _ = fchmodat(directory, name, 0o700, 0) }
            return false
        }
        guard unlinkat(directory, name, 0) == 0 else { throw SystemError("cannot remove \(text(name))") }
        return true
    }

    private static func list(_ descriptor: Int32) throws(SystemError) -> OpaqueDirectory {
        guard let stream = fdopendir(descriptor) else {
            let error = SystemError("cannot list a directory")
            close(descriptor)
            throw error
        }
        return stream
    }

    /// As bytes with a zero at the end: a name need not be text, and what is made of it as text is another name.
    private typealias Name = [CChar]

    private static func text(_ name: Name) -> String {
        String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func nextName(in stream: OpaqueDirectory) -> Name? {
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) {
                    Name(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
                }
            }
            if name != [46, 0], name != [46, 46, 0] { return name }
        }
        return nil
    }
}

#if canImport(Darwin)
    private typealias OpaqueDirectory = UnsafeMutablePointer<DIR>
#else
    private typealias OpaqueDirectory = OpaquePointer
#endif
