/// Unsigned integers of 7 bits a byte, least significant first (multiformats `unsigned-varint`): at most nine bytes, so less
/// than 2^63, and written in as few bytes as possible.
public enum Varint {
    public static let greatestLength = 9

    /// How many bytes a value takes.
    /// - Precondition: `value` is less than 2^63.
    public static func length(of value: UInt64) -> Int { max(1, (64 - value.leadingZeroBitCount + 6) / 7) }

    public static func encode(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        append(value, to: &bytes)
        return bytes
    }

    /// - Precondition: `value` is less than 2^63.
    public static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        precondition(value >> 63 == 0, "a varint has at most 63 bits")
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    /// Reads the value at the beginning of some bytes.
    /// - Returns: The value and how many bytes it took; nil when more bytes are needed to know it.
    /// - Throws: `MultiformatError.badVarint` when no continuation could make it valid.
    public static func decode(_ bytes: some Sequence<UInt8>) throws(MultiformatError) -> (value: UInt64, length: Int)? {
        var value: UInt64 = 0
        var length = 0
        for byte in bytes {
            value |= UInt64(byte & 0x7F) << UInt64(7 * length)
            length += 1
            if byte < 0x80 {
                guard byte != 0 || length == 1 else { throw .badVarint }
                return (value, length)
            }
            guard length < greatestLength else { throw .badVarint }
        }
        return nil
    }
}

/// Why bytes or a text are not the value that they should be.
public enum MultiformatError: Error, Sendable, Hashable {
    /// A varint that is too long, or longer than its value needs.
    case badVarint
    /// The bytes end too early, or go on after the value.
    case wrongLength(String)
    /// A character that the base does not have, or a base that is not known.
    case badText(String)
    /// A code that is not known here.
    case unknown(String)
    /// More than is accepted of such a value.
    case tooLong(limit: Int)
}

/// Takes values off the front of bytes; what is left must be nothing in the end.
struct ByteCursor {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) { rest = ArraySlice(Array(bytes)) }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func varint() throws(MultiformatError) -> UInt64 {
        guard let (value, length) = try Varint.decode(rest) else { throw .wrongLength("a varint is cut off") }
        rest = rest.dropFirst(length)
        return value
    }

    mutating func take(_ count: UInt64) throws(MultiformatError) -> [UInt8] {
        guard count <= UInt64(rest.count) else { throw .wrongLength("\(count) bytes expected, \(rest.count) there") }
        let taken = Array(rest.prefix(Int(count)))
        rest = rest.dropFirst(Int(count))
        return taken
    }

    func end() throws(MultiformatError) {
        guard rest.isEmpty else { throw .wrongLength("\(rest.count) bytes too many") }
    }
}
