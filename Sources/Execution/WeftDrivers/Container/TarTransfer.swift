#if os(Linux)
    import Glibc
    import Synchronization

    /// Writes a directory as a tar archive.
    enum TarTree {
        private static let depthMax = 200

        /// Everything below `directory`, under `./`, as one user's. Regular files, directories and symbolic links only.
        static func write(
            _ directory: String, owner: UInt32, take: (UnsafeRawBufferPointer) throws(EngineError) -> Void
        ) throws {
            let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard descriptor >= 0 else { throw SystemError("cannot open \(directory)") }
            var tar = TarWriter()
            tar.add("./", mode: 0o755, kind: .directory, owner: owner)
            try write(descriptor, "./", owner, depth: 0, &tar, take)
            try flush(tar.finished(), take)
        }

        /// Closes the descriptor.
        private static func write(
            _ descriptor: Int32, _ prefix: String, _ owner: UInt32, depth: Int, _ tar: inout TarWriter,
            _ take: (UnsafeRawBufferPointer) throws(EngineError) -> Void
        ) throws {
            guard let stream = fdopendir(descriptor) else {
                close(descriptor)
                throw SystemError("cannot list \(prefix)")
            }
            defer { closedir(stream) }
            guard depth < depthMax else { throw SystemError("the working directory is nested too deeply", code: ELOOP) }
            while let entry = readdir(stream) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name == "." || name == ".." { continue }
                var status = stat()
                guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                    throw SystemError("cannot look at \(name)")
                }
                let path = prefix + name
                let mode = UInt32(status.st_mode & 0o777)
                switch status.st_mode & S_IFMT {
                case S_IFDIR:
                    tar.add(path + "/", mode: mode, kind: .directory, owner: owner)
                    let inner = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                    guard inner >= 0 else { throw SystemError("cannot open \(path)") }
                    try write(inner, path + "/", owner, depth: depth + 1, &tar, take)
                case S_IFREG:
                    tar.addHeader(path, mode: mode, kind: .file, owner: owner, sizeBytes: Int64(status.st_size))
                    try flush(tar.take(), take)
                    try copy(name, in: descriptor, count: Int64(status.st_size), take)
                    tar.addPadding(after: Int64(status.st_size))
                default: break
                }
            }
        }

        private static func copy(
            _ name: String, in directory: Int32, count: Int64,
            _ take: (UnsafeRawBufferPointer) throws(EngineError) -> Void
        ) throws {
            let file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
            guard file >= 0 else { throw SystemError("cannot open \(name)") }
            defer { close(file) }
            var left = count
            var piece = [UInt8](repeating: 0, count: 256 << 10)
            while left > 0 {
                let wanted = Int(min(Int64(piece.count), left))
                let filled = piece.withUnsafeMutableBytes { read(file, $0.baseAddress, wanted) }
                if filled < 0, errno == EINTR { continue }
                guard filled > 0 else { throw SystemError("cannot read \(name)", code: filled < 0 ? errno : EIO) }
                left -= Int64(filled)
                try flush(Array(piece[..<filled]), take)
            }
        }

        private static func flush(
            _ bytes: [UInt8], _ take: (UnsafeRawBufferPointer) throws(EngineError) -> Void
        ) throws {
            try bytes.withUnsafeBytes { try take($0) }
        }
    }

    /// Takes a payload's files as an engine sends them, in place of what is in the directory.
    final class TarReceiver: Sendable {
        private struct State {
            var parser = TarParser(membersMax: 1_000_000)
            var extractor: TreeExtractor?
            var failure: EngineError?
        }

        private let directory: String
        private let budget: UnpackBudget
        private let state = Mutex(State())

        init(directory: String, limitBytes: Int64) {
            self.directory = directory
            budget = UnpackBudget(bytes: limitBytes)
        }

        deinit { state.withLock { $0.extractor?.close() } }

        func append(_ piece: ArraySlice<UInt8>) throws(EngineError) {
            let failure = state.withLock { state -> EngineError? in
                do {
                    if state.extractor == nil {
                        try FileTree.removeContents(of: directory)
                        state.extractor = try TreeExtractor(directory: directory, purpose: .files, budget: budget)
                    }
                    try piece.withUnsafeBytes { try state.parser.append($0, to: &state.extractor!) }
                    return nil
                } catch let error as EngineError {
                    return error
                } catch {
                    return .malformed("the working directory cannot be brought back: \(error)")
                }
            }
            if let failure { throw failure }
        }

        func finish() throws(EngineError) {
            let isWhole = state.withLock { state in (try? state.parser.finish()) != nil }
            guard isWhole else { throw .truncated }
        }
    }
#endif
