import WeftModel

/// A JSON text (RFC 8259) as a flat list of its values, in order, without a copy of them.
///
/// `NaN`, `Infinity` and `-Infinity` count as numbers: Python's writer puts them out. Why not the job file's reader: that
/// makes a tree, which takes many times the memory of a large output, and rounds numbers.
struct JSONTape {
    enum Kind: UInt8 { case null, yes, no, number, string, list, object }

    struct Token {
        var kind: Kind
        /// Of a string: whether it has a `\`.
        var isEscaped = false
        /// The bytes of a scalar; of a string, those between the quotes.
        var start: UInt32
        var end: UInt32
        /// The index after this value and all that is in it.
        var next: UInt32
    }

    let bytes: [UInt8]
    private(set) var tokens: [Token] = []

    /// Reads one value and nothing after it.
    init(_ bytes: [UInt8]) throws(FormatProblem) {
        self.bytes = bytes
        guard bytes.count <= UInt32.max else { throw FormatProblem(.json, "larger than 4 GiB") }
        var scanner = JSONScanner(bytes: bytes)
        tokens = try scanner.scan()
    }

    func text(_ index: Int) -> ArraySlice<UInt8> {
        bytes[Int(tokens[index].start)..<Int(tokens[index].end)]
    }

    /// A string's bytes, escapes resolved.
    func string(_ index: Int) -> ArraySlice<UInt8> {
        tokens[index].isEscaped ? JSONEscapes.resolve(text(index))[...] : text(index)
    }

    /// The indices of a list's elements, or of an object's keys and values in turn.
    func children(_ index: Int) -> [Int] {
        var result: [Int] = []
        var child = index + 1
        while child < Int(tokens[index].next) {
            result.append(child)
            child = Int(tokens[child].next)
        }
        return result
    }

    struct Member {
        var key: ArraySlice<UInt8>
        var value: Int
    }

    /// An object's members in the order of their keys' bytes. A key that comes twice is a problem.
    func members(_ index: Int) throws(FormatProblem) -> [Member] {
        let children = children(index)
        var members = stride(from: 0, to: children.count, by: 2).map {
            Member(key: string(children[$0]), value: children[$0 + 1])
        }
        members.sort { $0.key.lexicographicallyPrecedes($1.key) }
        for (member, next) in zip(members, members.dropFirst()) where member.key == next.key {
            throw FormatProblem(.json, "the key \(shown(member.key)) comes twice", at: Int(tokens[index].start))
        }
        return members
    }
}

enum JSONEscapes {
    /// The text must have been scanned. Half a surrogate pair becomes three bytes of its own, so that two of them differ.
    static func resolve(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
                result.append(byte)
                continue
            }
            switch escape {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"): append(scalar(&rest), to: &result)
            default: result.append(escape)
            }
        }
        return result
    }

    private static func scalar(_ rest: inout ArraySlice<UInt8>) -> UInt32 {
        let first = unit(rest)
        rest = rest.dropFirst(4)
        guard (0xD800..<0xDC00).contains(first), rest.starts(with: "\\u".utf8) else { return first }
        let second = unit(rest.dropFirst(2))
        guard (0xDC00..<0xE000).contains(second) else { return first }
        rest = rest.dropFirst(6)
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    private static func unit(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.prefix(4).reduce(0) { $0 << 4 | (ASCII.hexadecimal($1) ?? 0) }
    }

    private static func append(_ scalar: UInt32, to result: inout [UInt8]) {
        func tail(_ shift: UInt32) -> UInt8 { UInt8(0x80 | scalar >> shift & 0x3F) }
        switch scalar {
        case ..<0x80: result.append(UInt8(scalar))
        case ..<0x800: result += [UInt8(0xC0 | scalar >> 6), tail(0)]
        case ..<0x10000: result += [UInt8(0xE0 | scalar >> 12), tail(6), tail(0)]
        default: result += [UInt8(0xF0 | scalar >> 18), tail(12), tail(6), tail(0)]
        }
    }
}
