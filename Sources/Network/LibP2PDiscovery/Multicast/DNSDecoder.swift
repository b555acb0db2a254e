/// Reads a message from the bytes of one datagram.
///
/// Names may point back to earlier ones (RFC 1035, 4.1.4). A pointer is followed only to before the place where the name
/// that holds it began, and a name has at most 255 bytes, so that no message can make reading long, let alone endless.
package struct DNSDecoder {
    /// Bytes of a message (RFC 6762, 17).
    package static let maxBytes = 9_000
    /// Questions and records, all together.
    package static let maxEntries = 256

    private let bytes: [UInt8]
    private var position = 0

    /// - Throws: `DNSError`.
    package static func decode(_ bytes: [UInt8]) throws(DNSError) -> DNSMessage {
        guard bytes.count <= maxBytes else { throw .tooLarge }
        var decoder = DNSDecoder(bytes: bytes)
        return try decoder.message()
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func message() throws(DNSError) -> DNSMessage {
        _ = try word()  // the identifier, which means nothing here (RFC 6762, 18.1)
        let flags = try word()
        guard flags & 0x7800 == 0, flags & 0x000F == 0 else { throw .unsupported }
        let counts = (Int(try word()), Int(try word()), Int(try word()), Int(try word()))
        guard counts.0 + counts.1 + counts.2 + counts.3 <= Self.maxEntries else { throw .tooMany }
        var message = DNSMessage(isResponse: flags & 0x8000 != 0)
        for _ in 0..<counts.0 {
            let name = try self.name()
            let kind = try word()
            _ = try word()
            message.questions.append(DNSMessage.Question(name: name, kind: kind))
        }
        for _ in 0..<counts.1 { message.answers.append(try record()) }
        for _ in 0..<counts.2 { _ = try record() }
        for _ in 0..<counts.3 { message.additional.append(try record()) }
        return message
    }

    private mutating func record() throws(DNSError) -> DNSMessage.Record {
        let name = try self.name()
        let kind = try word()
        let recordClass = try word()
        let timeToLive = UInt32(try word()) << 16 | UInt32(try word())
        let end = Int(try word()) + position
        guard end <= bytes.count else { throw .truncated }
        let data = try content(of: kind, end: end)
        guard position == end else { throw .badRecord }
        return DNSMessage.Record(
            name: name, data: data, timeToLiveSeconds: timeToLive, flushesCache: recordClass & 0x8000 != 0)
    }

    private mutating func content(of kind: UInt16, end: Int) throws(DNSError) -> DNSRecordData {
        switch kind {
        case DNSRecordKind.a:
            return .a(try take(4))
        case DNSRecordKind.aaaa:
            return .aaaa(try take(16))
        case DNSRecordKind.pointer:
            return .pointer(try name())
        case DNSRecordKind.service:
            _ = try take(4)  // priority and weight: there is one host
            let port = try word()
            return .service(port: port, host: try name())
        case DNSRecordKind.text:
            var strings: [[UInt8]] = []
            while position < end {
                let length = Int(try byte())
                guard position + length <= end else { throw .badRecord }
                strings.append(try take(length))
            }
            return .text(strings)
        default:
            position = end
            return .other(kind)
        }
    }

    private mutating func name() throws(DNSError) -> DNSName {
        var labels: [[UInt8]] = []
        var size = 1
        var cursor = position
        /// Where the reading of the message goes on: behind the first pointer, or behind the name.
        var next: Int?
        /// Pointers must lead to before this.
        var limit = position
        while true {
            guard cursor < bytes.count else { throw .truncated }
            let length = Int(bytes[cursor])
            switch length {
            case 0:
                position = next ?? cursor + 1
                guard let name = DNSName(labels: labels) else { throw .badName }
                return name
            case 1...DNSName.maxLabelBytes:
                guard cursor + 1 + length <= bytes.count else { throw .truncated }
                size += length + 1
                guard size <= DNSName.maxBytes else { throw .badName }
                labels.append(Array(bytes[cursor + 1..<cursor + 1 + length]))
                cursor += 1 + length
            case 0xC0...0xFF:
                guard cursor + 1 < bytes.count else { throw .truncated }
                let target = (length & 0x3F) << 8 | Int(bytes[cursor + 1])
                guard target < limit else { throw .badName }
                if next == nil { next = cursor + 2 }
                limit = target
                cursor = target
            default:
                throw .badName
            }
        }
    }

    private mutating func byte() throws(DNSError) -> UInt8 {
        guard position < bytes.count else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func word() throws(DNSError) -> UInt16 {
        UInt16(try byte()) << 8 | UInt16(try byte())
    }

    private mutating func take(_ count: Int) throws(DNSError) -> [UInt8] {
        guard position + count <= bytes.count else { throw .truncated }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }
}
