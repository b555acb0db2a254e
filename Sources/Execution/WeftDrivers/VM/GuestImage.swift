import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Writes the initial file system of a machine: a cpio archive in the "newc" format
/// (Documentation/driver-api/early-userspace/buffer-format.rst of the kernel).
struct GuestImage: ~Copyable {
    private let descriptor: Int32
    private var pending: [UInt8] = []
    private var serial: UInt32 = 1
    private(set) var sizeBytes: Int64 = 0

    private static let directoryMode: UInt32 = 0o040000
    private static let fileMode: UInt32 = 0o100000
    private static let linkMode: UInt32 = 0o120000
    private static let flushBytes = 256 << 10

    /// Makes the file, which everybody may read: the directory that it is in decides who can.
    init(creating path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemError("cannot create \(path)") }
    }

    deinit { close(descriptor) }

    mutating func directory(_ path: String) throws {
        try entry(path, mode: Self.directoryMode | 0o755, sizeBytes: 0)
    }

    mutating func link(_ path: String, to target: String) throws {
        try entry(path, mode: Self.linkMode | 0o777, sizeBytes: Int64(target.utf8.count))
        try append(Array(target.utf8))
        try pad()
    }

    mutating func file(_ path: String, _ bytes: [UInt8]) throws {
        try entry(path, mode: Self.fileMode | 0o644, sizeBytes: Int64(bytes.count))
        try append(bytes)
        try pad()
    }

    mutating func file(_ path: String, _ file: ProducedFile, isExecutable: Bool) throws {
        try entry(path, mode: Self.fileMode | (isExecutable ? 0o755 : 0o644), sizeBytes: file.sizeBytes)
        try file.forEachPiece { try append($0) }
        try pad()
    }

    /// A finished archive: the kernel unpacks those that follow each other.
    mutating func archive(_ file: ProducedFile) throws { try file.forEachPiece { try append($0) } }

    mutating func finish() throws {
        try entry("TRAILER!!!", mode: 0, sizeBytes: 0)
        try flush()
    }

    private mutating func entry(_ path: String, mode: UInt32, sizeBytes: Int64) throws {
        guard sizeBytes < Int64(UInt32.max) else { throw AttemptFailure(.refused, "\(path) is 4 GiB or larger") }
        serial += 1
        let name = Array(path.utf8) + [0]
        // inode, mode, uid, gid, links, time, size, device (2), real device (2), name's size, check
        let fields: [UInt32] = [
            serial, mode, 0, 0, 1, 0, UInt32(sizeBytes), 0, 0, 0, 0, UInt32(name.count), 0,
        ]
        var header = Array("070701".utf8)
        for field in fields {
            let digits = Array(String(field, radix: 16).utf8)
            header += [UInt8](repeating: UInt8(ascii: "0"), count: 8 - digits.count) + digits
        }
        try append(header + name)
        try pad()
    }

    private mutating func pad() throws {
        try append([UInt8](repeating: 0, count: Int((4 - sizeBytes % 4) % 4)))
    }

    private mutating func append(_ bytes: [UInt8]) throws {
        pending += bytes
        sizeBytes += Int64(bytes.count)
        if pending.count >= Self.flushBytes { try flush() }
    }

    private mutating func flush() throws {
        try pending.withUnsafeBytes { try writeAll(descriptor, $0) }
        pending.removeAll(keepingCapacity: true)
    }
}

/// What `weft-guest` is to run, as it reads it (GuestInit/order.c): records of a letter, a length of four bytes, little
/// endian, and so many bytes.
struct GuestOrder: Sendable {
    var arguments: [String]
    var environment: [String: String]
    var modules: [String]
    var memoryBytes: Int64
    var processCount: Int64
    var diskBytes: Int64
    var temporaryBytes: Int64
    var hasInput: Bool

    /// As many texts of each kind as the guest takes.
    static let listMax = 4096

    func encoded() throws -> [UInt8] {
        guard arguments.count <= Self.listMax, environment.count <= Self.listMax else {
            throw AttemptFailure(.notExecutable, "a virtual machine takes \(Self.listMax) arguments and variables")
        }
        var bytes: [UInt8] = []
        func number(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
        func record(_ kind: Character, _ content: [UInt8]) {
            bytes.append(kind.asciiValue ?? 0)
            bytes += withUnsafeBytes(of: UInt32(content.count).littleEndian) { Array($0) }
            bytes += content
        }
        for argument in arguments { record("A", Array(argument.utf8)) }
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) { record("E", Array("\(name)=\(value)".utf8)) }
        for module in modules { record("K", Array(module.utf8)) }
        record("M", number(memoryBytes))
        record("P", number(processCount))
        record("D", number(diskBytes))
        record("T", number(temporaryBytes))
        if hasInput { record("I", []) }
        return bytes
    }
}
