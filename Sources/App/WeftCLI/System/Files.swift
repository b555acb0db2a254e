import Glibc

/// The few things the commands do with files, with errors that name the file.
package enum Files {
    /// The whole file, or standard input for `-`. Throws ``CLIError`` when it cannot be read or has more than `limit`
    /// bytes.
    package static func read(_ path: String, limit: Int) throws -> [UInt8] {
        let isInput = path == "-"
        let descriptor = isInput ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CLIError(.failure, SystemError("cannot open \(path)").description) }
        defer { if !isInput { close(descriptor) } }
        var bytes: [UInt8] = []
        while true {
            let piece: [UInt8]
            do {
                piece = try Descriptor.read(from: descriptor, limit: 1 << 16)
            } catch let error as SystemError {
                throw CLIError(.failure, SystemError("cannot read \(path)", code: error.code).description)
            }
            if piece.isEmpty { return bytes }
            bytes += piece
            guard bytes.count <= limit else {
                throw CLIError(.failure, "\(path) has more than \(Humanize.bytes(Int64(limit)))")
            }
        }
    }

    /// The first bytes of a file, fewer where it has no more. Throws ``CLIError`` when it cannot be read.
    static func readStart(_ path: String, count: Int) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CLIError(.failure, SystemError("cannot open \(path)").description) }
        defer { close(descriptor) }
        do { return try Descriptor.read(from: descriptor, limit: count) } catch let error as SystemError {
            throw CLIError(.failure, SystemError("cannot read \(path)", code: error.code).description)
        }
    }

    /// The file's bytes, or nil when there is no such file.
    package static func readIfPresent(_ path: String, limit: Int) throws -> [UInt8]? {
        guard access(path, F_OK) == 0 else { return nil }
        return try read(path, limit: limit)
    }

    /// Replaces the file in one step, so that a reader sees the old or the new one and never a part.
    package static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o644) throws {
        let temporary = "\(path).new.\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw CLIError(.failure, SystemError("cannot write \(path)").description) }
        do {
            defer { close(descriptor) }
            // The mode of `open` is subject to the process's mask, which must not widen nor narrow what we ask for.
            guard fchmod(descriptor, mode) == 0 else { throw SystemError("cannot protect \(path)") }
            try Descriptor.write(bytes, to: descriptor)
            guard fsync(descriptor) == 0 else { throw SystemError("cannot write \(path)") }
        } catch {
            unlink(temporary)
            throw CLIError(.failure, "\(path): \(error)")
        }
        guard rename(temporary, path) == 0 else {
            let error = SystemError("cannot write \(path)")
            unlink(temporary)
            throw CLIError(.failure, error.description)
        }
    }

    /// Makes the directory and those above it. An existing one is left as it is.
    package static func makeDirectory(_ path: String, mode: UInt32) throws {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw CLIError(.failure, SystemError("cannot make the directory \(path)").description)
        }
        try makeDirectory(String(path[..<slash]), mode: mode)
        guard mkdir(path, mode) == 0 || errno == EEXIST else {
            throw CLIError(.failure, SystemError("cannot make the directory \(path)").description)
        }
    }

    package enum Kind: Sendable {
        case file(isExecutable: Bool, sizeBytes: Int64)
        case directory
        case other
    }

    /// What is at the path, following links; nil when there is nothing.
    package static func kind(_ path: String) -> Kind? {
        var info = stat()
        guard stat(path, &info) == 0 else { return nil }
        switch info.st_mode & S_IFMT {
        case S_IFREG: return .file(isExecutable: info.st_mode & 0o111 != 0, sizeBytes: Int64(info.st_size))
        case S_IFDIR: return .directory
        default: return .other
        }
    }

    /// The names in a directory, sorted, without `.` and `..`.
    package static func list(_ path: String) throws -> [String] {
        guard let stream = opendir(path) else {
            throw CLIError(.failure, SystemError("cannot read the directory \(path)").description)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
