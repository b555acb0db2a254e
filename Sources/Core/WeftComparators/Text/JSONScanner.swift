import WeftModel

/// Checks a JSON text and notes where its values are. Without recursion: nesting costs no stack.
struct JSONScanner {
    private let bytes: [UInt8]
    private var offset = 0
    private var tokens: [JSONTape.Token] = []
    /// Indices of the lists and objects around `offset`.
    private var open: [Int] = []

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func scan() throws(FormatProblem) -> [JSONTape.Token] {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
        repeat {
            skipSpace()
            try scanValue()
            try scanAfterValue()
        } while !open.isEmpty
        guard offset == bytes.count else { throw problem("expected the end of the text") }
        return tokens
    }

    private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private func problem(_ message: String) -> FormatProblem { FormatProblem(.json, message, at: offset) }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        offset += 1
        return true
    }

    /// Leaves `offset` where the next value starts; at the end of the text once nothing is open.
    private mutating func scanAfterValue() throws(FormatProblem) {
        while true {
            skipSpace()
            guard let container = open.last else { return }
            let isObject = tokens[container].kind == .object
            // Directly after `{` or `[` the last token is the container itself.
            if tokens.count - 1 == container {
                if take(UInt8(ascii: isObject ? "}" : "]")) {
                    close()
                    continue
                }
                if isObject { try scanKey() }
                return
            }
            if take(UInt8(ascii: isObject ? "}" : "]")) {
                close()
                continue
            }
            guard take(UInt8(ascii: ",")) else {
                throw problem(isObject ? "expected , or } in an object" : "expected , or ] in a list")
            }
            skipSpace()
            if isObject { try scanKey() }
            return
        }
    }

    private mutating func close() {
        let container = open.removeLast()
        tokens[container].end = UInt32(offset)
        tokens[container].next = UInt32(tokens.count)
    }

    private mutating func scanKey() throws(FormatProblem) {
        guard current == UInt8(ascii: "\"") else { throw problem("expected a key in double quotes") }
        try scanString()
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw problem("expected : after the key") }
    }

    private mutating func append(_ kind: JSONTape.Kind, _ range: Range<Int>, isEscaped: Bool = false)
        throws(FormatProblem)
    {
        guard tokens.count < ComparatorLimits.jsonValues else {
            throw problem("more than \(ComparatorLimits.jsonValues) values")
        }
        tokens.append(
            JSONTape.Token(
                kind: kind, isEscaped: isEscaped, start: UInt32(range.lowerBound), end: UInt32(range.upperBound),
                next: UInt32(tokens.count + 1)))
    }

    private mutating func scanValue() throws(FormatProblem) {
        switch current {
        case UInt8(ascii: "{"): try enter(.object)
        case UInt8(ascii: "["): try enter(.list)
        case UInt8(ascii: "\""): try scanString()
        case UInt8(ascii: "t"): try scanWord("true", .yes)
        case UInt8(ascii: "f"): try scanWord("false", .no)
        case UInt8(ascii: "n"): try scanWord("null", .null)
        case UInt8(ascii: "N"): try scanWord("NaN", .number)
        case UInt8(ascii: "I"): try scanWord("Infinity", .number)
        case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): try scanNumber()
        case nil: throw problem("the text ends where a value is expected")
        default: throw problem("expected a value")
        }
    }

    private mutating func enter(_ kind: JSONTape.Kind) throws(FormatProblem) {
        guard open.count < ComparatorLimits.jsonDepth else {
            throw problem("nested deeper than \(ComparatorLimits.jsonDepth) levels")
        }
        open.append(tokens.count)
        try append(kind, offset..<offset + 1)
        offset += 1
    }

    private mutating func scanWord(_ word: StaticString, _ kind: JSONTape.Kind) throws(FormatProblem) {
        let count = word.utf8CodeUnitCount
        let isThere = word.withUTF8Buffer { bytes[offset...].starts(with: $0) }
        guard isThere else { throw problem("expected \(word)") }
        try append(kind, offset..<offset + count)
        offset += count
    }

    private mutating func scanNumber() throws(FormatProblem) {
        let start = offset
        if take(UInt8(ascii: "-")), current == UInt8(ascii: "I") {
            guard bytes[offset...].starts(with: "Infinity".utf8) else { throw problem("expected -Infinity") }
            offset += 8
            return try append(.number, start..<offset)
        }
        if !take(UInt8(ascii: "0")) { try scanDigits() }
        if take(UInt8(ascii: ".")) { try scanDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
            try scanDigits()
        }
        try append(.number, start..<offset)
    }

    private mutating func scanDigits() throws(FormatProblem) {
        let start = offset
        while let byte = current, ASCII.isDigit(byte) { offset += 1 }
        guard offset > start else { throw problem("expected a digit") }
    }

    private mutating func scanString() throws(FormatProblem) {
        offset += 1
        let start = offset
        var isEscaped = false
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                try append(.string, start..<offset, isEscaped: isEscaped)
                offset += 1
                return
            case UInt8(ascii: "\\"):
                isEscaped = true
                try scanEscape()
            case ..<0x20: throw problem("a control character in a string")
            default: offset += 1
            }
        }
        throw problem("the text ends inside a string")
    }

    private mutating func scanEscape() throws(FormatProblem) {
        offset += 1
        guard let byte = current else { throw problem("the text ends inside a string") }
        guard "\"\\/bfnrtu".utf8.contains(byte) else { throw problem("no such escape") }
        offset += 1
        guard byte == UInt8(ascii: "u") else { return }
        for _ in 0..<4 {
            guard let digit = current, ASCII.hexadecimal(digit) != nil else {
                throw problem("expected four hexadecimal digits")
            }
            offset += 1
        }
    }
}
