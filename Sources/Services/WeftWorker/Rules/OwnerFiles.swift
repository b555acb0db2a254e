package import WeftFormats
package import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The files by which an owner and a running worker speak: the rules, a pause that was asked for, and what the worker
/// does. They outlive both. Each is replaced in one step, so that nobody reads half of one.
package struct OwnerFiles: Hashable, Sendable {
    package let rulesPath: String
    package let pausePath: String
    package let statusPath: String

    private static let bytesMax = 1 << 20

    /// - Parameters:
    ///   - directory: the worker's data directory.
    ///   - rulesPath: where the rules are; `worker.yaml` in the directory if nil.
    package init(directory: String, rulesPath: String? = nil) {
        self.rulesPath = rulesPath ?? directory + "/worker.yaml"
        pausePath = directory + "/pause.json"
        statusPath = directory + "/status.json"
    }

    /// No rules where there is no file. Throws `InvalidDocument` or ``WorkerError/rules(_:)``.
    package func loadRules() throws -> OwnerRules { try Self.rules(at: rulesPath) ?? OwnerRules() }

    /// Nil where there is no file. Throws `InvalidDocument` or ``WorkerError/rules(_:)``.
    package static func rules(at path: String) throws -> OwnerRules? {
        guard let bytes = try read(path) else { return nil }
        return try OwnerRules.parse(bytes)
    }

    /// The pause that was asked for. One that cannot be read holds: somebody wanted the machine.
    package func loadPause() throws -> ManualPause? {
        guard let bytes = try Self.read(pausePath) else { return nil }
        do { return try APICoder.decode(ManualPause.self, from: bytes) } catch {
            return ManualPause(id: "unreadable")
        }
    }

    package func write(_ pause: ManualPause) throws { try Self.replace(pausePath, with: APICoder.encode(pause)) }
    package func removePause() throws { try Self.remove(pausePath) }

    /// What the worker that runs here, or ran here last, has said.
    package func loadStatus() throws -> OwnerStatus? {
        guard let bytes = try Self.read(statusPath) else { return nil }
        return try APICoder.decode(OwnerStatus.self, from: bytes)
    }

    func write(_ status: OwnerStatus) throws { try Self.replace(statusPath, with: APICoder.encode(status)) }
    func removeStatus() throws { try Self.remove(statusPath) }

    /// Whether a file has changed; nil where there is none.
    struct Stamp: Hashable, Sendable {
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            #if canImport(Darwin)
                let time = status.st_mtimespec
            #else
                let time = status.st_mtim
            #endif
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            seconds = Int(time.tv_sec)
            nanoseconds = Int(time.tv_nsec)
        }
    }

    // MARK: bytes

    /// Nil where there is no such file.
    private static func read(_ path: String) throws -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw WorkerError.rules("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(file, &piece, piece.count)
            #elseif canImport(Musl)
                let count = Musl.read(file, &piece, piece.count)
            #elseif canImport(Darwin)
                let count = Darwin.read(file, &piece, piece.count)
            #endif
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw WorkerError.rules("cannot read \(path): \(String(cString: strerror(errno)))")
            }
            if count == 0 { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= bytesMax else { throw WorkerError.rules("\(path) has more than \(bytesMax) bytes") }
        }
    }

    private static func replace(_ path: String, with bytes: [UInt8]) throws {
        let temporary = "\(path).new.\(getpid())"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            throw WorkerError.rules("cannot write \(path): \(String(cString: strerror(errno)))")
        }
        #if canImport(Glibc)
            let count = Glibc.write(file, bytes, bytes.count)
        #elseif canImport(Musl)
            let count = Musl.write(file, bytes, bytes.count)
        #elseif canImport(Darwin)
            let count = Darwin.write(file, bytes, bytes.count)
        #endif
        let isWritten = count == bytes.count && fsync(file) == 0
        close(file)
        guard isWritten, rename(temporary, path) == 0 else {
            let code = errno
            unlink(temporary)
            throw WorkerError.rules("cannot write \(path): \(String(cString: strerror(code)))")
        }
    }

    private static func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else {
            throw WorkerError.rules("cannot remove \(path): \(String(cString: strerror(errno)))")
        }
    }
}

extension OwnerRules {
    /// Reads a rules file: YAML, or JSON if its first character is `{`. An empty one has no rules. Throws
    /// `InvalidDocument`.
    package static func parse(_ bytes: [UInt8]) throws(InvalidDocument) -> OwnerRules {
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        let isEmpty = lines.allSatisfy { line in
            let first = line.first { $0 != UInt8(ascii: " ") && $0 != 0x09 && $0 != 0x0D }
            return first == nil || first == UInt8(ascii: "#")
        }
        if isEmpty { return OwnerRules() }
        let isJSON = bytes.first { $0 > 0x20 } == UInt8(ascii: "{")
        return try OwnerRules(document: isJSON ? JSONText.parse(bytes) : YAMLText.parse(bytes))
    }
}

/// What a running worker says of itself, for the commands on its machine.
package struct OwnerStatus: Codable, Hashable, Sendable {
    package var process: Int32
    package var node: NodeID
    /// Why it does not work; nil while it does.
    package var paused: String?
    package var since: Timestamp
    /// The pause that it has heard of.
    package var pauseName: String?
    /// Attempts that stand still.
    package var frozen: Int
    /// What is wrong with the rules file, if that has become wrong: those before it are kept.
    package var problem: String?
}
