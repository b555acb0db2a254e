#if os(Linux)
    /// The Swift side of `SandboxLauncher/protocol.h`; the two change together.
    enum LauncherProtocol {
        static let magic: UInt32 = 0x5446_4557
        static let version: Int32 = 3
        static let requestBytes = 16
        static let replyBytes = 376
        /// What a spec may have to travel within its message.
        static let inlineBytesMax = 32 << 10
        static let specBytesMax = 8 << 20

        enum RequestKind: UInt32 {
            case cell = 1
            case kill = 2
            case run = 3
            case pause = 4
            case resume = 5
            case extend = 6
        }

        enum ReplyKind: UInt32 {
            case hello = 1
            case gone = 2
            case exited = 3
            case error = 4
        }

        enum ExitReason: Int32 {
            case code = 0
            case signal = 1
            case deadline = 2
            case killed = 3
            case cellLost = 4
        }

        enum Setting: UInt32 {
            case uid = 0
            case gid = 1
            case userNamespace = 2
            case wallMilliseconds = 3
            case network = 4
            case fileSizeBytes = 5
            case openFiles = 6
            case processes = 7
            case proc = 8
            case open = 9
        }

        struct BindFlags: OptionSet {
            let rawValue: UInt32
            static let writable = BindFlags(rawValue: 1)
            static let device = BindFlags(rawValue: 2)
            static let optional = BindFlags(rawValue: 4)
        }

        static func request(_ kind: RequestKind, id: UInt64, spec: [UInt8] = []) -> [UInt8] {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(requestBytes + spec.count)
            bytes.append(native: magic)
            bytes.append(native: kind.rawValue)
            bytes.append(native: id)
            bytes += spec
            return bytes
        }
    }

    /// One message from the launcher.
    struct LauncherReply: Sendable {
        var kind: LauncherProtocol.ReplyKind
        var id: UInt64
        var first: Int32
        var second: Int32
        var wallMicroseconds: UInt64
        var cpuUserMicroseconds: UInt64
        var cpuSystemMicroseconds: UInt64
        var residentPeakBytes: UInt64
        var step: String
        var text: String

        /// Nil for anything but a whole reply.
        init?(_ bytes: UnsafeRawBufferPointer) {
            guard bytes.count == LauncherProtocol.replyBytes,
                bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self) == LauncherProtocol.magic,
                let kind = LauncherProtocol.ReplyKind(rawValue: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            else { return nil }
            self.kind = kind
            id = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            first = bytes.loadUnaligned(fromByteOffset: 16, as: Int32.self)
            second = bytes.loadUnaligned(fromByteOffset: 20, as: Int32.self)
            wallMicroseconds = bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
            cpuUserMicroseconds = bytes.loadUnaligned(fromByteOffset: 32, as: UInt64.self)
            cpuSystemMicroseconds = bytes.loadUnaligned(fromByteOffset: 40, as: UInt64.self)
            residentPeakBytes = bytes.loadUnaligned(fromByteOffset: 48, as: UInt64.self)
            let hasText = kind == .error
            step = hasText ? String(decoding: bytes[56..<120].prefix { $0 != 0 }, as: UTF8.self) : ""
            text = hasText ? String(decoding: bytes[120..<376].prefix { $0 != 0 }, as: UTF8.self) : ""
        }

        /// What every waiter is told when the launcher is gone.
        init(lost id: UInt64) {
            kind = .error
            self.id = id
            first = 0
            second = 0
            wallMicroseconds = 0
            cpuUserMicroseconds = 0
            cpuSystemMicroseconds = 0
            residentPeakBytes = 0
            step = "launcher"
            text = "the sandbox launcher has died; its sandboxes died with it"
        }

        /// What a run is told that ended without a word of its own.
        init(ended id: UInt64, _ reason: LauncherProtocol.ExitReason) {
            self.init(lost: id)
            kind = .exited
            first = reason.rawValue
            step = ""
            text = ""
        }
    }

    /// Writes the records of a spec.
    struct SpecEncoder {
        private(set) var bytes: [UInt8] = []

        private mutating func record(_ tag: UInt32, _ body: (inout [UInt8]) -> Void) {
            bytes.append(native: tag)
            bytes.append(native: UInt32(0))
            let start = bytes.count
            body(&bytes)
            let length = UInt32(bytes.count - start)
            bytes.withUnsafeMutableBytes { $0.storeBytes(of: length, toByteOffset: start - 4, as: UInt32.self) }
        }

        mutating func argument(_ value: String) { record(1) { $0.append(string: value) } }

        mutating func environment(_ name: String, _ value: String) {
            record(2) {
                $0 += name.utf8
                $0.append(UInt8(ascii: "="))
                $0.append(string: value)
            }
        }

        mutating func bind(_ host: String, at path: String, _ flags: LauncherProtocol.BindFlags = []) {
            record(3) {
                $0.append(native: flags.rawValue)
                $0.append(string: host)
                $0.append(string: path)
            }
        }

        mutating func directory(_ path: String) { record(4) { $0.append(string: path) } }

        mutating func symbolicLink(at path: String, to target: String) {
            record(5) {
                $0.append(string: target)
                $0.append(string: path)
            }
        }

        mutating func file(_ path: String, _ content: String) {
            record(6) {
                $0.append(string: path)
                $0 += content.utf8
            }
        }

        mutating func temporary(_ path: String, sizeBytes: Int64, inodes: Int64) {
            record(7) {
                $0.append(native: UInt64(sizeBytes))
                $0.append(native: UInt64(inodes))
                $0.append(string: path)
            }
        }

        mutating func controlGroupV1(tasksFile: String) { record(8) { $0.append(string: tasksFile) } }

        mutating func controlGroupV2(directory: String) { record(9) { $0.append(string: directory) } }

        mutating func setting(_ key: LauncherProtocol.Setting, _ value: UInt64) {
            record(10) {
                $0.append(native: key.rawValue)
                $0.append(native: value)
            }
        }

        mutating func startDirectory(_ path: String) { record(12) { $0.append(string: path) } }

        /// `relative` to what the cell has bound at `/work`; that it shall have instead.
        mutating func work(_ relative: String) { record(13) { $0.append(string: relative) } }

        mutating func append(contentsOf other: SpecEncoder) { bytes += other.bytes }
    }

    extension [UInt8] {
        mutating func append(native value: some FixedWidthInteger) {
            Swift.withUnsafeBytes(of: value) { append(contentsOf: $0) }
        }

        mutating func append(string: String) {
            append(contentsOf: string.utf8)
            append(0)
        }
    }
#endif
