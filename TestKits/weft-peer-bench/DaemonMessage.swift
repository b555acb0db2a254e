import LibP2P

/// A message of the daemon's control socket: protobuf, of which it uses numbers and bytes only
/// (https://protobuf.dev/programming-guides/encoding).
struct DaemonMessage {
    enum Field {
        case number(UInt64, UInt64)
        case bytes(UInt64, [UInt8])

        static func message(_ number: UInt64, _ fields: [Field]) -> Field {
            .bytes(number, DaemonMessage(fields).encoded)
        }
    }

    private let fields: [Field]

    init(_ fields: [Field]) { self.fields = fields }

    /// What cannot be read ends it.
    init(decoding bytes: [UInt8]) {
        var rest = bytes[...]
        var fields: [Field] = []
        func varint() -> UInt64? {
            guard let found = try? Varint.decode(rest) else { return nil }
            rest.removeFirst(found.length)
            return found.value
        }
        while let tag = varint() {
            guard let value = varint() else { break }
            if tag & 7 == 0 {
                fields.append(.number(tag >> 3, value))
            } else {
                guard tag & 7 == 2, value <= UInt64(rest.count) else { break }
                fields.append(.bytes(tag >> 3, Array(rest.prefix(Int(value)))))
                rest.removeFirst(Int(value))
            }
        }
        self.fields = fields
    }

    var encoded: [UInt8] {
        fields.flatMap { field in
            switch field {
            case .number(let number, let value): Varint.encode(number << 3) + Varint.encode(value)
            case .bytes(let number, let bytes):
                Varint.encode(number << 3 | 2) + Varint.encode(UInt64(bytes.count)) + bytes
            }
        }
    }

    /// The first field of a number.
    func bytes(_ number: UInt64) -> [UInt8]? {
        for case .bytes(number, let bytes) in fields { return bytes }
        return nil
    }
}
