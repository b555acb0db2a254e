#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The directories of this machine that `file://` URLs may be in. Nothing outside them is read or written, whatever links
/// lie inside: no symbolic link is followed below a root.
package struct FileRoots: Sendable, Hashable {
    package enum Failure: Error, Hashable, CustomStringConvertible {
        case notAllowed(String)
        case failed(String)

        package var description: String {
            switch self {
            case .notAllowed(let why), .failed(let why): why
            }
        }
    }

    /// A file's place: below which root, and the names on the way.
    package struct Place: Sendable, Hashable {
        package var root: String
        package var names: [String]
    }

    package let roots: [String]

    /// Absolute paths; slashes at their ends do not count.
    package init(_ roots: [String]) {
        self.roots = roots.map { root in
            var root = root[...]
            while root.utf8.last == UInt8(ascii: "/"), root.utf8.count > 1 { root = root.dropLast() }
            return String(root)
        }
    }

    /// The path that a URL stands for, if it is one of files: `file:///data/x` or `/data/x`. It is taken as it is written,
    /// without percent escapes.
    package static func path(in url: String) -> String? {
        if url.hasPrefix("/") { return url }
        return url.hasPrefix("file:///") ? String(url.dropFirst("file://".count)) : nil
    }

    /// Where a path lies. Throws ``Failure/notAllowed(_:)`` for one outside the roots.
    package func place(of path: String) throws(Failure) -> Place {
        let names = path.split(separator: "/").map(String.init)
        guard !names.contains(".."), !names.contains("."), !path.utf8.contains(0) else {
            throw .notAllowed("\(path.prefix(200)) has parts such as `..`")
        }
        let plain = "/" + names.joined(separator: "/")
        for root in roots {
            let base = root == "/" ? "" : root
            if plain == root { return Place(root: root, names: []) }
            guard plain.hasPrefix(base + "/") else { continue }
            return Place(
                root: root, names: plain.dropFirst(base.count + 1).split(separator: "/").map(String.init))
        }
        throw .notAllowed(
            roots.isEmpty
                ? "this coordinator reads and writes no file:// URLs (coordinator.tes_file_roots)"
                : "\(path.prefix(200)) is below none of the directories that are allowed (coordinator.tes_file_roots)")
    }

    // MARK: Reading

    /// An open file, to be closed by who asked. Throws ``Failure``.
    package func openFile(_ place: Place) throws(Failure) -> Int32 {
        guard let last = place.names.last else { throw .failed("\(place.root) is a directory") }
        let folder = try openDirectory(place.root, place.names.dropLast(), creating: false)
        defer { close(folder) }
        let file = openat(folder, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw Self.failure("cannot open \(Self.shown(place))") }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(file)
            throw .failed("\(Self.shown(place)) is no regular file")
        }
        return file
    }

    /// The files of a directory and all below it, in the order of their paths, links and others left out. Throws
    /// ``Failure``, also for more than `most`.
    package func files(below place: Place, most: Int) throws(Failure) -> [Place] {
        var found: [Place] = []
        var open = [place]
        while let next = open.popLast() {
            guard next.names.count - place.names.count <= 64 else { throw .failed("\(Self.shown(place)) is too deep") }
            for (name, isDirectory) in try entries(of: next) {
                let inner = Place(root: next.root, names: next.names + [name])
                if isDirectory { open.append(inner) } else { found.append(inner) }
                guard found.count + open.count <= most else {
                    throw .failed("\(Self.shown(place)) holds more than \(most) files")
                }
            }
        }
        return found.sorted { $0.names.lexicographicallyPrecedes($1.names) }
    }

    private func entries(of place: Place) throws(Failure) -> [(name: String, isDirectory: Bool)] {
        let descriptor = try openDirectory(place.root, place.names[...], creating: false)
        guard let stream = fdopendir(descriptor) else {
            close(descriptor)
            throw Self.failure("cannot read \(Self.shown(place))")
        }
        defer { closedir(stream) }
        var found: [(name: String, isDirectory: Bool)] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name, name != ".", name != ".." else { continue }
            var status = stat()
            guard fstatat(dirfd(stream), name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: found.append((name, true))
            case S_IFREG: found.append((name, false))
            default: break
            }
        }
        return found
    }

    // MARK: Writing

    /// A file that is being written, under a name of its own until it is whole.
    package struct Writing: Sendable {
        let folder: Int32
        let file: Int32
        let temporary: String
        let name: String
    }

    /// Begins a file; the directories on the way are made. Throws ``Failure``.
    package func create(_ place: Place) throws(Failure) -> Writing {
        guard let name = place.names.last else { throw .failed("\(place.root) is a directory") }
        let folder = try openDirectory(place.root, place.names.dropLast(), creating: true)
        let temporary = ".weft-\(UInt64.random(in: .min ... .max))"
        let file = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            let failure = Self.failure("cannot write beside \(Self.shown(place))")
            close(folder)
            throw failure
        }
        return Writing(folder: folder, file: file, temporary: temporary, name: name)
    }

    package func write(_ bytes: [UInt8], to writing: Writing) throws(Failure) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                #if canImport(Glibc)
                    Glibc.write(writing.file, $0.baseAddress! + offset, bytes.count - offset)
                #elseif canImport(Musl)
                    Musl.write(writing.file, $0.baseAddress! + offset, bytes.count - offset)
                #elseif canImport(Darwin)
                    Darwin.write(writing.file, $0.baseAddress! + offset, bytes.count - offset)
                #endif
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("cannot write \(writing.name)") }
            offset += count
        }
    }

    /// Puts the file in its place, durably; another one that was there is gone. Ends the writing either way.
    package func finish(_ writing: Writing) throws(Failure) {
        var failure: Failure?
        if fsync(writing.file) != 0 {
            failure = Self.failure("cannot write \(writing.name)")
        } else if renameat(writing.folder, writing.temporary, writing.folder, writing.name) != 0 {
            failure = Self.failure("cannot put \(writing.name) in its place")
        } else if fsync(writing.folder) != 0 {
            failure = Self.failure("cannot write the directory of \(writing.name)")
        }
        if let failure {
            cancel(writing)
            throw failure
        }
        close(writing.file)
        close(writing.folder)
    }

    /// Gives up; nothing is left.
    package func cancel(_ writing: Writing) {
        unlinkat(writing.folder, writing.temporary, 0)
        close(writing.file)
        close(writing.folder)
    }

    // MARK: Directories

    private func openDirectory(
        _ root: String, _ names: ArraySlice<String>, creating: Bool
    ) throws(Failure) -> Int32 {
        var current = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard current >= 0 else { throw Self.failure("cannot open \(root)") }
        for name in names {
            if creating, mkdirat(current, name, 0o755) != 0, errno != EEXIST {
                let failure = Self.failure("cannot make the directory \(name)")
                close(current)
                throw failure
            }
            let next = openat(current, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            let failure = next < 0 ? Self.failure("cannot open the directory \(name)") : nil
            close(current)
            if let failure { throw failure }
            current = next
        }
        return current
    }

    private static func shown(_ place: Place) -> String {
        (place.root == "/" ? "" : place.root) + place.names.map { "/" + $0 }.joined()
    }

    private static func failure(_ what: String) -> Failure {
        .failed("\(what): \(String(cString: strerror(errno)))")
    }
}
