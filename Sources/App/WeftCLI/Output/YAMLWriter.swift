import WeftFormats
package import WeftModel

/// Writes a document as YAML 1.2: block mappings and sequences, and JSON's quoting where a plain text would be read
/// as something else.
package enum YAMLWriter {
    /// Ends with a line break.
    package static func write(_ document: Document) -> String {
        var text = ""
        switch document {
        case .array(let elements) where !elements.isEmpty: write(elements, indent: 0, into: &text)
        case .object(let members) where !members.isEmpty: write(members, indent: 0, startsInLine: false, into: &text)
        default: text = scalar(document) + "\n"
        }
        return text
    }

    private static func write(_ members: [Document.Member], indent: Int, startsInLine: Bool, into text: inout String) {
        for (position, member) in members.enumerated() {
            if position > 0 || !startsInLine { text += space(indent) }
            text += scalar(.string(member.key)) + ":"
            switch member.value {
            case .array(let elements) where !elements.isEmpty:
                text += "\n"
                write(elements, indent: indent, into: &text)
            case .object(let inner) where !inner.isEmpty:
                text += "\n"
                write(inner, indent: indent + 2, startsInLine: false, into: &text)
            default: text += " \(scalar(member.value))\n"
            }
        }
    }

    private static func write(_ elements: [Document], indent: Int, into text: inout String) {
        for element in elements {
            text += space(indent) + "- "
            switch element {
            case .array(let inner) where !inner.isEmpty:
                // A sequence in a sequence in JSON's form: rare, and right.
                text += String(decoding: CanonicalJSON.encode(.array(inner)), as: UTF8.self) + "\n"
            case .object(let members) where !members.isEmpty:
                write(members, indent: indent + 2, startsInLine: true, into: &text)
            default: text += scalar(element) + "\n"
            }
        }
    }

    private static func scalar(_ document: Document) -> String {
        if case .string(let text) = document, isPlain(text) { return text }
        return String(decoding: CanonicalJSON.encode(document), as: UTF8.self)
    }

    /// Words that no YAML reader takes for anything but a string.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 200 else { return false }
        let isLetter = { (byte: UInt8) in (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z") }
        let others = Array("0123456789_-./".utf8)
        let reserved = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        return isLetter(first) && text.utf8.allSatisfy { isLetter($0) || others.contains($0) }
            && !reserved.contains(text.lowercased())
    }

    private static func space(_ count: Int) -> String { String(repeating: " ", count: count) }
}
