#if os(Linux)
    import Glibc
    import Synchronization

    /// What an archive may still unpack to; shared by the layers of an image.
    final class UnpackBudget: Sendable {
        private let left: Mutex<(bytes: Int64, members: Int)>

        init(bytes: Int64, members: Int = 500_000) { left = Mutex((bytes, members)) }

        /// What is left of the bytes.
        var bytesLeft: Int64 { left.withLock { $0.bytes } }

        func take(bytes: Int64, members: Int = 0) throws {
            let isEnough = left.withLock { left in
                left.bytes -= bytes
                left.members -= members
                return left.bytes >= 0 && left.members >= 0
            }
            guard isEnough else { throw EngineError.tooLarge(limitBytes: 0) }
        }
    }

    /// Makes files of a tar archive's members below one directory, whatever the archive tries: nothing outside is
    /// touched, no device is made, nothing gets a setuid bit.
    struct TreeExtractor: TarSink {
        enum Purpose: Sendable {
            /// A layer of an image: links in it lead within the root, and `.wh.` names take away what is below.
            case layer
            /// A payload's files: no link is followed.
            case files
        }

        private let root: Int32
        private let purpose: Purpose
        private let budget: UnpackBudget
        /// The directory of the last member: the next one is often beside it.
        private var parent: (path: String, descriptor: Int32)?
        private var file: Int32 = -1
        /// What this layer made: a directory that hides what is below it does not hide that.
        private var made: Set<String> = []

        /// Whoever makes one calls ``close()`` at the end.
        init(directory: String, purpose: Purpose, budget: UnpackBudget) throws {
            root = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard root >= 0 else { throw SystemError("cannot open \(directory)") }
            self.purpose = purpose
            self.budget = budget
        }

        mutating func close() {
            if file >= 0 { Glibc.close(file) }
            if let parent { Glibc.close(parent.descriptor) }
            Glibc.close(root)
            file = -1
            parent = nil
        }

        mutating func begin(_ member: TarMember) throws {
            try budget.take(bytes: 4096, members: 1)
            let names = try Self.names(member.path)
            guard let name = names.last else { return }  // the root itself
            let folder = names.dropLast().joined(separator: "/")
            let directory = try openParent(folder)
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            if purpose == .layer, name.hasPrefix(".wh.") { return try whiteOut(name, in: directory, folder) }
            if purpose == .layer { made.insert(path) }
            switch member.kind {
            case .directory: try makeDirectory(name, in: directory, mode: member.mode)
            case .file:
                try clear(name, in: directory)
                file = openat(
                    directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, member.mode & 0o777)
                guard file >= 0 else { throw SystemError("cannot unpack \(path)") }
                // As the archive has it, not as this process's mask would.
                fchmod(file, member.mode & 0o777)
            case .symbolicLink(let target):
                try clear(name, in: directory)
                guard symlinkat(target, directory, name) == 0 else { throw SystemError("cannot unpack \(path)") }
            case .hardLink(let target): try link(target, to: name, in: directory, path)
            case .other: break  // a container gets its devices from the engine
            }
        }

        mutating func take(_ bytes: UnsafeRawBufferPointer) throws {
            try budget.take(bytes: Int64(bytes.count))
            if file >= 0 { try writeAll(file, bytes) }
        }

        mutating func end(_ member: TarMember) throws {
            guard file >= 0 else { return }
            Glibc.close(file)
            file = -1
        }

        /// The names along a path, which must not lead upwards.
        private static func names(_ path: String) throws -> [String] {
            let names = path.split(separator: "/").filter { $0 != "." }
            guard !names.contains(".."), !path.utf8.contains(0), names.allSatisfy({ $0.utf8.count <= 255 }) else {
                throw ArchiveError("the archive has the path \(String(path.prefix(200)).debugDescription)")
            }
            return names.map(String.init)
        }

        // MARK: directories

        /// The directory of a member, made where it is missing.
        private mutating func openParent(_ folder: String) throws -> Int32 {
            if folder.isEmpty { return root }
            if let parent, parent.path == folder { return parent.descriptor }
            var descriptor = SafeOpen.directory(folder, below: root, followingLinks: purpose == .layer)
            if descriptor < 0, errno == ENOENT {
                try makeParents(folder)
                descriptor = SafeOpen.directory(folder, below: root, followingLinks: purpose == .layer)
            }
            guard descriptor >= 0 else { throw Self.failure("cannot unpack below \(folder)") }
            forgetParent()
            parent = (folder, descriptor)
            return descriptor
        }

        private func makeParents(_ folder: String) throws {
            var path = ""
            var above = dup(root)
            defer { Glibc.close(above) }
            for name in folder.split(separator: "/").map(String.init) {
                path += path.isEmpty ? name : "/\(name)"
                var next = SafeOpen.directory(path, below: root, followingLinks: purpose == .layer)
                if next < 0, errno == ENOENT {
                    try budget.take(bytes: 4096, members: 1)
                    guard mkdirat(above, name, 0o755) == 0 else { throw Self.failure("cannot unpack below \(folder)") }
                    next = SafeOpen.directory(path, below: root, followingLinks: purpose == .layer)
                }
                guard next >= 0 else { throw Self.failure("cannot unpack below \(folder)") }
                Glibc.close(above)
                above = next
            }
        }

        private mutating func makeDirectory(_ name: String, in directory: Int32, mode: UInt32) throws {
            var status = stat()
            if fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT != S_IFDIR {
                try clear(name, in: directory)
            }
            guard mkdirat(directory, name, 0o700) == 0 || errno == EEXIST else {
                throw SystemError("cannot unpack \(name)")
            }
            // Through a descriptor that is a directory for sure: a link's mode would be its target's.
            let made = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard made >= 0 else { throw SystemError("cannot unpack \(name)") }
            fchmod(made, member(mode))
            Glibc.close(made)
        }

        /// Its owner can always look into it.
        private func member(_ mode: UInt32) -> UInt32 { mode & 0o777 | 0o700 }

        // MARK: links and removals

        private mutating func link(_ target: String, to name: String, in directory: Int32, _ path: String) throws {
            let names = try Self.names(target)
            guard let last = names.last else { throw ArchiveError("the archive links to its own root") }
            let folder = names.dropLast().joined(separator: "/")
            let source =
                folder.isEmpty
                ? dup(root) : SafeOpen.directory(folder, below: root, followingLinks: purpose == .layer)
            guard source >= 0 else { throw Self.failure("the archive links \(path) to what is not there") }
            defer { Glibc.close(source) }
            if target == path { return }
            var status = stat()
            guard fstatat(source, last, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT != S_IFDIR else {
                throw ArchiveError("the archive links \(path) to what is not there")
            }
            try clear(name, in: directory)
            guard linkat(source, last, directory, name, 0) == 0 else { throw SystemError("cannot unpack \(path)") }
        }

        private mutating func whiteOut(_ name: String, in directory: Int32, _ folder: String) throws {
            guard name == ".wh..wh..opq" else {
                let hidden = String(name.dropFirst(4))
                guard !hidden.isEmpty, hidden != ".", hidden != ".." else {
                    throw ArchiveError("the image has the whiteout \(name)")
                }
                return try clear(hidden, in: directory)
            }
            let list = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard list >= 0, let stream = fdopendir(list) else { throw SystemError("cannot list \(folder)") }
            var names: [String] = []
            while let entry = readdir(stream) {
                let found = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if found != ".", found != ".." { names.append(found) }
            }
            closedir(stream)
            for found in names where !made.contains(folder.isEmpty ? found : "\(folder)/\(found)") {
                try clear(found, in: directory)
            }
        }

        /// Removes what has that name, if anything has.
        private mutating func clear(_ name: String, in directory: Int32) throws {
            if unlinkat(directory, name, 0) == 0 || errno == ENOENT { return }
            guard errno == EISDIR || errno == EPERM else { throw SystemError("cannot remove \(name)") }
            try FileTree.remove("/proc/self/fd/\(directory)/\(name)")
            // The directory of the next member may have been in it.
            if let parent, parent.descriptor != directory { forgetParent() }
        }

        private mutating func forgetParent() {
            if let parent { Glibc.close(parent.descriptor) }
            parent = nil
        }

        private static func failure(_ what: String) -> any Error {
            errno == ELOOP || errno == EXDEV || errno == ENOTDIR
                ? ArchiveError("\(what): the archive leads out of its root") : SystemError(what)
        }
    }

    /// openat2(2), which the C library does not have: a path is resolved as if the directory were the root of all.
    enum SafeOpen {
        private typealias Call = @convention(c) @Sendable (Int, Int, UnsafePointer<CChar>, UnsafeRawPointer, Int) -> Int
        private static let call = dlsym(nil, "syscall").map { unsafeBitCast($0, to: Call.self) }
        private static let number = 437
        private static let pathOnly: Int32 = 0o10_000_000
        private static let noMagicLinks: UInt64 = 0x02
        private static let noLinks: UInt64 = 0x04
        private static let inRoot: UInt64 = 0x10

        /// A descriptor that stands for a directory, or -1 and `errno`.
        static func directory(_ path: String, below root: Int32, followingLinks: Bool) -> Int32 {
            guard let call else {
                errno = ENOSYS
                return -1
            }
            let how: [UInt64] = [
                UInt64(pathOnly | O_DIRECTORY | O_CLOEXEC), 0, inRoot | noMagicLinks | (followingLinks ? 0 : noLinks),
            ]
            return how.withUnsafeBytes { how in
                Int32(truncatingIfNeeded: call(number, Int(root), path, how.baseAddress!, how.count))
            }
        }
    }
#endif
