import WeftModel

/// What a reader of text takes before it refuses: every document from outside is bounded.
package struct TextLimits: Hashable, Sendable {
    package var maxBytes: Int
    /// How deep lists and mappings may nest.
    package var maxDepth: Int
    /// How many values there may be in all, aliases written out.
    package var maxValues: Int

    package init(maxBytes: Int = 8 << 20, maxDepth: Int = 64, maxValues: Int = 1_000_000) {
        self.maxBytes = maxBytes
        self.maxDepth = maxDepth
        self.maxValues = maxValues
    }

    /// For job files and requests.
    package static let standard = TextLimits()
}

/// Checks size and encoding, which every text format asks for alike.
///
/// - Returns: the text.
func decodeText(_ bytes: [UInt8], limits: TextLimits) throws(InvalidDocument) -> String {
    guard bytes.count <= limits.maxBytes else {
        throw InvalidDocument(at: nil, "has \(bytes.count) bytes; the limit is \(limits.maxBytes)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
        throw InvalidDocument(at: TextPosition(firstInvalidOffset(bytes), in: bytes), "this is not UTF-8")
    }
    return text
}

private func firstInvalidOffset(_ bytes: [UInt8]) -> Int {
    var offset = 0
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    while true {
        switch parser.parseScalar(from: &iterator) {
        case .valid(let scalar): offset += scalar.count
        case .error, .emptyInput: return offset
        }
    }
}

/// A place in a text, for people: both count from 1, columns in Unicode scalars.
struct TextPosition: Hashable, Sendable {
    var line: Int
    var column: Int

    init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    init(_ offset: Int, in bytes: [UInt8]) {
        line = 1
        column = 1
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
    }
}

extension InvalidDocument {
    init(at position: TextPosition?, _ message: String) {
        let place = position.map { "line \($0.line), column \($0.column): " } ?? ""
        self.init([Problem(field: "", message: place + message)])
    }
}
