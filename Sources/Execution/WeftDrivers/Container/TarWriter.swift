#if os(Linux)
    /// Writes tar archives (POSIX.1-2001, "pax Interchange Format") into memory, a header at a time.
    struct TarWriter {
        enum Kind: Sendable, Hashable {
            case file, directory
            case symbolicLink(to: String)
        }

        private(set) var bytes: [UInt8] = []

        static let blockBytes = 512

        /// - Parameter path: relative; of a directory with a slash at its end.
        mutating func add(
            _ path: String, mode: UInt32, kind: Kind, owner: UInt32 = 0, content: [UInt8] = []
        ) {
            addHeader(path, mode: mode, kind: kind, owner: owner, sizeBytes: Int64(content.count))
            bytes += content
            addPadding(after: Int64(content.count))
        }

        /// The content is to follow, and ``addPadding(after:)``.
        mutating func addHeader(_ path: String, mode: UInt32, kind: Kind, owner: UInt32, sizeBytes: Int64) {
            var target = ""
            if case .symbolicLink(let path) = kind { target = path }
            var records: [UInt8] = []
            if path.utf8.count > 100 { records += Self.record("path", path) }
            if target.utf8.count > 100 { records += Self.record("linkpath", target) }
            if sizeBytes >= 1 << 33 { records += Self.record("size", "\(sizeBytes)") }
            if !records.isEmpty {
                block("weft-pax", 0o644, "x", owner: 0, size: Int64(records.count), target: "")
                bytes += records
                addPadding(after: Int64(records.count))
            }
            let flag: Character =
                switch kind {
                case .file: "0"
                case .directory: "5"
                case .symbolicLink: "2"
                }
            block(path, mode, flag, owner: owner, size: sizeBytes, target: target)
        }

        mutating func addPadding(after sizeBytes: Int64) {
            let excess = Int(sizeBytes % Int64(Self.blockBytes))
            if excess > 0 { bytes += [UInt8](repeating: 0, count: Self.blockBytes - excess) }
        }

        mutating func finished() -> [UInt8] {
            bytes += [UInt8](repeating: 0, count: 2 * Self.blockBytes)
            return take()
        }

        /// What has gathered, to be written elsewhere.
        mutating func take() -> [UInt8] {
            defer { bytes = [] }
            return bytes
        }

        private mutating func block(
            _ path: String, _ mode: UInt32, _ flag: Character, owner: UInt32, size: Int64, target: String
        ) {
            var header = [UInt8](repeating: 0, count: Self.blockBytes)
            func put(_ text: some Sequence<UInt8>, at offset: Int, room: Int) {
                for (index, byte) in text.prefix(room).enumerated() { header[offset + index] = byte }
            }
            func put(_ number: some BinaryInteger, at offset: Int, room: Int) {
                let digits = String(number, radix: 8)
                let text = String(repeating: "0", count: max(0, room - 1 - digits.utf8.count)) + digits
                put(text.utf8.suffix(room - 1), at: offset, room: room)
            }
            put(path.utf8, at: 0, room: 100)
            put(mode, at: 100, room: 8)
            put(owner, at: 108, room: 8)
            put(owner, at: 116, room: 8)
            put(size, at: 124, room: 12)
            put(0, at: 136, room: 12)
            put([UInt8](repeating: UInt8(ascii: " "), count: 8), at: 148, room: 8)
            header[156] = flag.asciiValue!
            put(target.utf8, at: 157, room: 100)
            put("ustar\u{0}00".utf8, at: 257, room: 8)
            let sum = header.reduce(0) { $0 + Int($1) }
            put(sum, at: 148, room: 7)
            bytes += header
        }

        /// "length key=value\n", where the length counts itself.
        private static func record(_ key: String, _ value: String) -> [UInt8] {
            let rest = " \(key)=\(value)\n"
            var length = rest.utf8.count + 1
            while "\(length)".utf8.count + rest.utf8.count != length { length += 1 }
            return Array("\(length)\(rest)".utf8)
        }
    }
#endif
