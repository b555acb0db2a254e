package import WeftModel

/// Writes JSON in the one form that digests and signatures are made over.
///
/// As RFC 8785 (JCS) says: UTF-8, no spaces, keys sorted by their UTF-16 units, numbers as ECMAScript writes them,
/// and no escapes but the needed ones. One difference: an `.integer` is written in full also beyond ±2^53.
package enum CanonicalJSON {
    /// The canonical bytes. Every number must be finite and no object may hold a key twice (a programmer's error).
    package static func encode(_ document: Document) -> [UInt8] {
        var writer = JSONWriter(isPretty: false)
        writer.write(document, depth: 0)
        return writer.bytes
    }

    /// For people: two spaces of indentation, keys as they come, a line break at the end.
    package static func encodePretty(_ document: Document) -> [UInt8] {
        var writer = JSONWriter(isPretty: true)
        writer.write(document, depth: 0)
        writer.bytes.append(UInt8(ascii: "\n"))
        return writer.bytes
    }
}

private struct JSONWriter {
    let isPretty: Bool
    var bytes: [UInt8] = []

    init(isPretty: Bool) { self.isPretty = isPretty }

    mutating func write(_ document: Document, depth: Int) {
        switch document {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .integer(let value): bytes += String(value).utf8
        case .number(let value): bytes += ecmaScriptText(value).utf8
        case .string(let text): write(text)
        case .array(let elements):
            writeItems(elements, "[", "]", depth) { writer, element in writer.write(element, depth: depth + 1) }
        case .object(let members):
            writeItems(isPretty ? members : sorted(members), "{", "}", depth) { writer, member in
                writer.write(member.key)
                writer.bytes.append(UInt8(ascii: ":"))
                if writer.isPretty { writer.bytes.append(UInt8(ascii: " ")) }
                writer.write(member.value, depth: depth + 1)
            }
        }
    }

    private mutating func writeItems<Item>(
        _ items: [Item], _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ depth: Int,
        _ body: (inout JSONWriter, Item) -> Void
    ) {
        bytes.append(UInt8(ascii: open))
        for (position, item) in items.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: ",")) }
            breakLine(depth + 1)
            body(&self, item)
        }
        if !items.isEmpty { breakLine(depth) }
        bytes.append(UInt8(ascii: close))
    }

    private mutating func breakLine(_ depth: Int) {
        guard isPretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * 2))
    }

    private func sorted(_ members: [Document.Member]) -> [Document.Member] {
        let result = members.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
        for (left, right) in zip(result, result.dropFirst()) {
            precondition(!left.key.utf8.elementsEqual(right.key.utf8), "an object holds a key once")
        }
        return result
    }

    private mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes += #"\""#.utf8
            case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
            case 0x08: bytes += #"\b"#.utf8
            case 0x09: bytes += #"\t"#.utf8
            case 0x0A: bytes += #"\n"#.utf8
            case 0x0C: bytes += #"\f"#.utf8
            case 0x0D: bytes += #"\r"#.utf8
            case 0..<0x20:
                let digits = String(byte, radix: 16)
                bytes += (digits.count == 1 ? "\\u000" : "\\u00").utf8
                bytes += digits.utf8
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

/// A finite double as ECMAScript's `Number::toString` writes it. Swift's `description` has the same shortest digits
/// and another layout, so only the layout is made anew.
private func ecmaScriptText(_ value: Double) -> String {
    precondition(value.isFinite, "JSON has no text for numbers that are not finite")
    if value == 0 { return "0" }
    let parts = value.magnitude.description.split(separator: "e")
    let mantissa = parts[0].split(separator: ".")
    var digits = mantissa.joined()
    // The value is 0.d₁d₂d₃… × 10^point.
    var point = mantissa[0].count + (parts.count == 2 ? Int(parts[1])! : 0)
    let leadingZeros = digits.prefix { $0 == "0" }.count
    digits.removeFirst(leadingZeros)
    point -= leadingZeros
    while digits.last == "0" { digits.removeLast() }
    let sign = value < 0 ? "-" : ""
    switch point {
    case digits.count...21:
        return sign + digits + String(repeating: "0", count: point - digits.count)
    case 1...21:
        return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    case -5...0:
        return sign + "0." + String(repeating: "0", count: -point) + digits
    default:
        let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
        return sign + digits.prefix(1) + fraction + "e" + (point > 0 ? "+" : "-") + String(abs(point - 1))
    }
}
