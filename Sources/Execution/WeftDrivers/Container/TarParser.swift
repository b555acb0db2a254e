#if os(Linux)
    /// One member of a tar archive.
    struct TarMember: Sendable, Hashable {
        enum Kind: Sendable, Hashable {
            case file, directory
            case symbolicLink(to: String)
            case hardLink(to: String)
            /// Devices, fifos and what is newer than this.
            case other(UInt8)
        }

        /// As it stands in the archive: nothing about it is to be trusted.
        var path: String
        var kind: Kind
        var mode: UInt32
        var sizeBytes: Int64
        /// Of the member's content, from the archive's beginning.
        var offset: Int64
    }

    /// What becomes of an archive's members.
    protocol TarSink {
        mutating func begin(_ member: TarMember) throws
        /// Pieces of a file's content, in order.
        mutating func take(_ bytes: UnsafeRawBufferPointer) throws
        mutating func end(_ member: TarMember) throws
    }

    /// What is wrong with an archive; one sentence.
    package struct ArchiveError: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
        init(_ description: String) { self.description = description }
    }

    /// Takes tar archives apart as they come: ustar, pax and GNU names (tar(5)). Hostile ones give an error, soon.
    struct TarParser {
        private enum State {
            case header
            /// A member whose content goes to the sink.
            case content(TarMember, left: Int64)
            /// Long names and pax records, which are about the next member.
            case extended(flag: UInt8, left: Int, gathered: [UInt8])
            case padding(left: Int)
            case done
        }

        private struct Overrides {
            var path: String?
            var target: String?
            var sizeBytes: Int64?
        }

        private let membersMax: Int
        private var state = State.header
        private var block: [UInt8] = []
        private var overrides = Overrides()
        private var offset: Int64 = 0
        private var count = 0
        private var zeroBlocks = 0

        private static let extendedBytesMax = 1 << 20
        private static let pathBytesMax = 4095

        init(membersMax: Int) { self.membersMax = membersMax }

        mutating func append(_ bytes: UnsafeRawBufferPointer, to sink: inout some TarSink) throws {
            var rest = bytes
            while rest.count > 0 {
                let count: Int
                switch state {
                case .done: return
                case .header:
                    count = min(TarWriter.blockBytes - block.count, rest.count)
                    block.append(contentsOf: rest[..<count])
                    offset += Int64(count)
                    if block.count == TarWriter.blockBytes { try readHeader(&sink) }
                case .content(let member, let left):
                    count = Int(min(left, Int64(rest.count)))
                    try sink.take(UnsafeRawBufferPointer(rebasing: rest[..<count]))
                    offset += Int64(count)
                    if left == Int64(count) {
                        try sink.end(member)
                        pad()
                    } else {
                        state = .content(member, left: left - Int64(count))
                    }
                case .extended(let flag, let left, var gathered):
                    count = min(left, rest.count)
                    gathered.append(contentsOf: rest[..<count])
                    offset += Int64(count)
                    if left == count {
                        try apply(flag, gathered)
                        pad()
                    } else {
                        state = .extended(flag: flag, left: left - count, gathered: gathered)
                    }
                case .padding(let left):
                    count = min(left, rest.count)
                    offset += Int64(count)
                    state = left == count ? .header : .padding(left: left - count)
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }

        /// No more bytes come.
        func finish() throws {
            switch state {
            case .done: return
            // Some writers leave out the blocks of zeros at the end.
            case .header where block.isEmpty && zeroBlocks <= 1 && count > 0: return
            default: throw ArchiveError("the archive is cut short")
            }
        }

        private mutating func pad() {
            let excess = Int(offset % Int64(TarWriter.blockBytes))
            state = excess == 0 ? .header : .padding(left: TarWriter.blockBytes - excess)
        }

        private mutating func readHeader(_ sink: inout some TarSink) throws {
            defer { block.removeAll(keepingCapacity: true) }
            if block.allSatisfy({ $0 == 0 }) {
                zeroBlocks += 1
                if zeroBlocks == 2 { state = .done }
                return
            }
            zeroBlocks = 0
            try checkSum()
            count += 1
            guard count <= membersMax else { throw ArchiveError("the archive has more than \(membersMax) members") }
            let flag = block[156]
            let size = try number(124, 12)
            switch flag {
            case UInt8(ascii: "x"), UInt8(ascii: "L"), UInt8(ascii: "K"), UInt8(ascii: "g"):
                guard size > 0, size <= Int64(Self.extendedBytesMax) else {
                    throw ArchiveError("the archive has a name of \(size) bytes")
                }
                state = .extended(flag: flag, left: Int(size), gathered: [])
            default:
                try begin(flag, size, &sink)
            }
        }

        private mutating func begin(_ flag: UInt8, _ size: Int64, _ sink: inout some TarSink) throws {
            let target = overrides.target ?? text(157, 100)
            var path = overrides.path ?? text(0, 100)
            if overrides.path == nil, block[257..<262].elementsEqual("ustar".utf8), block[345] != 0,
                block[262] == 0
            {
                path = text(345, 155) + "/" + path
            }
            var sizeBytes = overrides.sizeBytes ?? size
            overrides = Overrides()
            guard path.utf8.count <= Self.pathBytesMax, target.utf8.count <= Self.pathBytesMax else {
                throw ArchiveError("the archive has a path longer than \(Self.pathBytesMax) bytes")
            }
            let kind: TarMember.Kind
            switch flag {
            case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): kind = path.hasSuffix("/") ? .directory : .file
            case UInt8(ascii: "5"): kind = .directory
            case UInt8(ascii: "2"): kind = .symbolicLink(to: target)
            case UInt8(ascii: "1"): kind = .hardLink(to: target)
            default: kind = .other(flag)
            }
            // Links have no content, whatever their size says (some writers put the target's there).
            switch kind {
            case .symbolicLink, .hardLink, .directory: sizeBytes = 0
            case .file, .other: break
            }
            guard sizeBytes >= 0 else { throw ArchiveError("the archive has a file of negative size") }
            let member = TarMember(
                path: path, kind: kind, mode: UInt32(truncatingIfNeeded: try number(100, 8)), sizeBytes: sizeBytes,
                offset: offset)
            try sink.begin(member)
            if sizeBytes > 0 {
                state = .content(member, left: sizeBytes)
            } else {
                try sink.end(member)
                state = .header
            }
        }

        private func checkSum() throws {
            let stated = try number(148, 8)
            var sum: Int64 = 0
            for (index, byte) in block.enumerated() { sum += (148..<156).contains(index) ? 32 : Int64(byte) }
            guard sum == stated else { throw ArchiveError("this is no tar archive, or a broken one") }
        }

        /// Octal digits, or, with the first bit set, a binary number (GNU).
        private func number(_ start: Int, _ length: Int) throws -> Int64 {
            let field = block[start..<start + length]
            if field[start] & 0x80 != 0 {
                var value: Int64 = 0
                for (index, byte) in field.enumerated() {
                    guard value < 1 << 54 else { throw ArchiveError("the archive has a number that is too large") }
                    value = value << 8 | Int64(index == 0 ? byte & 0x7f : byte)
                }
                return value
            }
            var value: Int64 = 0
            for byte in field {
                if byte == 0 || byte == UInt8(ascii: " ") {
                    if value == 0 { continue }
                    break
                }
                guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(byte), value < 1 << 58 else {
                    throw ArchiveError("the archive has a number that is none")
                }
                value = value << 3 | Int64(byte - UInt8(ascii: "0"))
            }
            return value
        }

        private func text(_ start: Int, _ length: Int) -> String {
            String(decoding: block[start..<start + length].prefix { $0 != 0 }, as: UTF8.self)
        }

        private mutating func apply(_ flag: UInt8, _ content: [UInt8]) throws {
            switch flag {
            case UInt8(ascii: "L"): overrides.path = String(decoding: content.prefix { $0 != 0 }, as: UTF8.self)
            case UInt8(ascii: "K"): overrides.target = String(decoding: content.prefix { $0 != 0 }, as: UTF8.self)
            case UInt8(ascii: "x"): try applyRecords(content)
            default: break  // global records: nothing that matters here
            }
        }

        private mutating func applyRecords(_ content: [UInt8]) throws {
            var rest = content[...]
            while !rest.isEmpty {
                guard let space = rest.firstIndex(of: UInt8(ascii: " ")), space - rest.startIndex <= 8,
                    let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
                    length > space - rest.startIndex + 1, length <= rest.count,
                    rest[rest.startIndex + length - 1] == UInt8(ascii: "\n"),
                    let equals = rest[space..<rest.startIndex + length].firstIndex(of: UInt8(ascii: "="))
                else { throw ArchiveError("the archive has a broken pax record") }
                let key = String(decoding: rest[(space + 1)..<equals], as: UTF8.self)
                let value = String(decoding: rest[(equals + 1)..<rest.startIndex + length - 1], as: UTF8.self)
                switch key {
                case "path": overrides.path = value
                case "linkpath": overrides.target = value
                case "size":
                    guard let size = Int64(value), size >= 0 else {
                        throw ArchiveError("the archive has a broken size")
                    }
                    overrides.sizeBytes = size
                default: break
                }
                rest = rest[(rest.startIndex + length)...]
            }
        }
    }
#endif
