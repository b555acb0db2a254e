/// Writes a message as the bytes of one datagram. Names that end like earlier ones point to them.
package struct DNSEncoder {
    private var bytes: [UInt8] = []
    /// Where names that were written begin, as far as pointers reach.
    private var written: [DNSName: Int] = [:]

    /// - Returns: The bytes; nil when a string of a text record is longer than 255 bytes, or the whole than 9,000.
    package static func encode(_ message: DNSMessage) -> [UInt8]? {
        var encoder = DNSEncoder()
        encoder.add(0)
        encoder.add(message.isResponse ? 0x8400 : 0)
        encoder.add(UInt16(clamping: message.questions.count))
        encoder.add(UInt16(clamping: message.answers.count))
        encoder.add(0)
        encoder.add(UInt16(clamping: message.additional.count))
        for question in message.questions {
            encoder.add(question.name)
            encoder.add(question.kind)
            encoder.add(internet)
        }
        for record in message.answers + message.additional {
            guard encoder.add(record) else { return nil }
        }
        return encoder.bytes.count <= DNSDecoder.maxBytes ? encoder.bytes : nil
    }

    /// The class of the internet (RFC 1035, 3.2.4).
    private static let internet: UInt16 = 1

    private mutating func add(_ word: UInt16) {
        bytes.append(UInt8(word >> 8))
        bytes.append(UInt8(word & 0xFF))
    }

    private mutating func add(_ name: DNSName) {
        var rest: DNSName? = name
        while let current = rest, let (first, parent) = current.split {
            if let place = written[current] {
                add(0xC000 | UInt16(place))
                return
            }
            if bytes.count < 0x4000 { written[current] = bytes.count }
            bytes.append(UInt8(first.count))
            bytes += first
            rest = parent
        }
        bytes.append(0)
    }

    private mutating func add(_ record: DNSMessage.Record) -> Bool {
        add(record.name)
        add(record.data.kind)
        add(Self.internet | (record.flushesCache ? 0x8000 : 0))
        add(UInt16(record.timeToLiveSeconds >> 16))
        add(UInt16(record.timeToLiveSeconds & 0xFFFF))
        let lengthPlace = bytes.count
        add(0)
        switch record.data {
        case .a(let address), .aaaa(let address):
            bytes += address
        case .pointer(let name):
            add(name)
        case .service(let port, let host):
            add(0)
            add(0)
            add(port)
            add(host)
        case .text(let strings):
            for string in strings {
                guard string.count <= 255 else { return false }
                bytes.append(UInt8(string.count))
                bytes += string
            }
        case .other:
            break
        }
        let length = bytes.count - lengthPlace - 2
        guard length <= UInt16.max else { return false }
        bytes[lengthPlace] = UInt8(length >> 8)
        bytes[lengthPlace + 1] = UInt8(length & 0xFF)
        return true
    }
}
