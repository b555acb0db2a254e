/// Where a job belongs in its submitter's distributed trace: the header `traceparent` of W3C Trace Context, level 1.
///
/// Weft hands it on as it came and adds no spans of its own.
package struct TraceContext: Hashable, Sendable, CustomStringConvertible {
    /// 32 lower-case hexadecimal digits.
    package let traceID: String
    /// The submitter's span: 16 lower-case hexadecimal digits.
    package let parentID: String
    /// The lowest bit says that the submitter records the trace.
    package let flags: UInt8

    /// nil for a text that is none. Of later versions than 00 the parts that are known count, as the standard asks.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count <= 512, parts.count >= 4, let version = Self.byte(parts[0]), version != 0xFF,
            version != 0 || parts.count == 4, let flags = Self.byte(parts[3]),
            Self.isIdentifier(parts[1], digits: 32), Self.isIdentifier(parts[2], digits: 16)
        else { return nil }
        traceID = String(parts[1])
        parentID = String(parts[2])
        self.flags = version == 0 ? flags : flags & 1
    }

    /// In version 00.
    package var description: String {
        let digits = String(flags, radix: 16)
        return "00-\(traceID)-\(parentID)-\(digits.utf8.count == 1 ? "0" : "")\(digits)"
    }

    private static func byte(_ text: Substring) -> UInt8? {
        text.utf8.count == 2 && isHexadecimal(text) ? UInt8(text, radix: 16) : nil
    }

    private static func isIdentifier(_ text: Substring, digits: Int) -> Bool {
        text.utf8.count == digits && isHexadecimal(text) && text.utf8.contains { $0 != UInt8(ascii: "0") }
    }

    private static func isHexadecimal(_ text: Substring) -> Bool {
        text.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
        }
    }
}
