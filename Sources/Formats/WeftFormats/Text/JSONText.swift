package import WeftModel

/// Reads JSON (RFC 8259), strictly.
///
/// Why not Foundation's reader: a ``Document`` keeps the order of keys, a key that comes twice is refused (two readers
/// must never see two documents in one signed text), integers stay integers, and a problem names its line and column.
package enum JSONText {
    /// Reads one value. Integers in the range of `Int64` become `.integer` (`-0` too), every other number `.number`.
    ///
    /// - Throws: ``InvalidDocument`` with one problem, for the first thing that is wrong: bytes over the limits, no
    ///   UTF-8, a key that comes twice, half a surrogate pair, a number out of the range of `Double`, or bad syntax.
    package static func parse(
        _ bytes: [UInt8], limits: TextLimits = .standard
    ) throws(InvalidDocument) -> Document {
        _ = try decodeText(bytes, limits: limits)
        var reader = JSONReader(bytes: bytes, limits: limits)
        return try reader.readWhole()
    }
}

/// Recursive descent over bytes that are known to be UTF-8; the depth limit bounds the recursion.
private struct JSONReader {
    let bytes: [UInt8]
    let limits: TextLimits
    var offset = 0
    var values = 0

    init(bytes: [UInt8], limits: TextLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func readWhole() throws(InvalidDocument) -> Document {
        skipSpace()
        let value = try readValue(depth: 0)
        skipSpace()
        guard offset == bytes.count else { throw problem("expected the end of the text after the value") }
        return value
    }

    private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private func problem(_ message: String, at place: Int? = nil) -> InvalidDocument {
        InvalidDocument(at: TextPosition(place ?? offset, in: bytes), message)
    }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        offset += 1
        return true
    }

    private mutating func readValue(depth: Int) throws(InvalidDocument) -> Document {
        values += 1
        guard values <= limits.maxValues else { throw problem("there are more than \(limits.maxValues) values") }
        switch current {
        case UInt8(ascii: "{"): return try readObject(depth: depth + 1)
        case UInt8(ascii: "["): return try readArray(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readWord("true", .bool(true))
        case UInt8(ascii: "f"): return try readWord("false", .bool(false))
        case UInt8(ascii: "n"): return try readWord("null", .null)
        case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return try readNumber()
        case nil: throw problem("the text ends where a value is expected")
        default:
            throw problem(
                "expected a value: an object, a list, a string in double quotes, a number, true, false or null")
        }
    }

    private mutating func readWord(_ word: String, _ value: Document) throws(InvalidDocument) -> Document {
        guard bytes[offset...].starts(with: word.utf8) else { throw problem("expected \(word)") }
        offset += word.utf8.count
        return value
    }

    private mutating func enter(depth: Int) throws(InvalidDocument) {
        guard depth <= limits.maxDepth else { throw problem("nested deeper than \(limits.maxDepth) levels") }
        offset += 1
        skipSpace()
    }

    private mutating func readArray(depth: Int) throws(InvalidDocument) -> Document {
        try enter(depth: depth)
        var elements: [Document] = []
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try readValue(depth: depth))
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw problem("expected , or ] in a list") }
            skipSpace()
        }
    }

    private mutating func readObject(depth: Int) throws(InvalidDocument) -> Document {
        try enter(depth: depth)
        var members: [Document.Member] = []
        var keys: Set<String> = []
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            let start = offset
            guard current == UInt8(ascii: "\"") else { throw problem("expected a key in double quotes") }
            let key = try readString()
            guard keys.insert(key).inserted else { throw problem("the key \"\(key)\" comes twice", at: start) }
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw problem("expected : after the key \"\(key)\"") }
            skipSpace()
            members.append(Document.Member(key, try readValue(depth: depth)))
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw problem("expected , or } in an object") }
            skipSpace()
        }
    }

    private mutating func readNumber() throws(InvalidDocument) -> Document {
        let start = offset
        var isInteger = true
        _ = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            if let next = current, isDigit(next) { throw problem("a number does not start with 0") }
        } else {
            try readDigits()
        }
        if take(UInt8(ascii: ".")) {
            isInteger = false
            try readDigits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try readDigits()
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isInteger, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw problem("the number is out of range", at: start) }
        return .number(value)
    }

    private mutating func readDigits() throws(InvalidDocument) {
        guard let first = current, isDigit(first) else { throw problem("expected a digit") }
        while let byte = current, isDigit(byte) { offset += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private mutating func readString() throws(InvalidDocument) -> String {
        offset += 1
        var start = offset
        var text = ""
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                text += String(decoding: bytes[start..<offset], as: UTF8.self)
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                text += String(decoding: bytes[start..<offset], as: UTF8.self)
                text.unicodeScalars.append(try readEscape())
                start = offset
            case 0..<0x20:
                throw problem("a control character in a string is written as an escape, for example \\n")
            default:
                offset += 1
            }
        }
        throw problem("the text ends inside a string")
    }

    private mutating func readEscape() throws(InvalidDocument) -> Unicode.Scalar {
        let start = offset
        offset += 1
        guard let letter = current else { throw problem("the text ends inside a string") }
        offset += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw problem("unknown escape in a string", at: start)
        }
        var value = UInt32(try readUnit())
        if (0xD800...0xDBFF).contains(value), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
            let low = UInt32(try readUnit())
            if (0xDC00...0xDFFF).contains(low) { value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00) }
        }
        guard let scalar = Unicode.Scalar(value) else { throw problem("half of a surrogate pair", at: start) }
        return scalar
    }

    private mutating func readUnit() throws(InvalidDocument) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = hexValue(byte) else {
                throw problem("expected four hexadecimal digits after \\u")
            }
            value = value << 4 | UInt16(digit)
            offset += 1
        }
        return value
    }

    private func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
