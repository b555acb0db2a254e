/// Wildcards as the shell has them (POSIX.1-2017, Shell Command Language, 2.13).
enum ShellPattern {
    static func hasWildcards(_ path: String) -> Bool {
        path.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
    }

    /// The directory that all matches are in: what stands before the first part with a wildcard.
    static func fixedDirectory(of path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            if hasWildcards(String(part)) { break }
            parts.append(part)
        }
        return parts.joined(separator: "/")
    }

    /// The pattern as a word for the shell in which nothing but wildcards has a meaning; nil for brackets that hold other
    /// characters than letters, digits and `!^._:-`.
    static func word(_ pattern: String) -> String? {
        var result = ""
        var literal = ""
        func flush() {
            if !literal.isEmpty { result += quoted(literal) }
            literal = ""
        }
        var rest = pattern[...]
        while let character = rest.first {
            switch character {
            case "*", "?":
                flush()
                result.append(character)
                rest.removeFirst()
            case "[":
                guard let end = rest.dropFirst(2).firstIndex(of: "]") else { return nil }
                let inside = rest[rest.index(after: rest.startIndex)..<end]
                guard inside.utf8.allSatisfy(isPlainInBrackets) else { return nil }
                flush()
                result += "[\(inside)]"
                rest = rest[rest.index(after: end)...]
            default:
                literal.append(character)
                rest.removeFirst()
            }
        }
        flush()
        return result
    }

    /// A text as one word of the shell.
    static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private static func isPlainInBrackets(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "!"), UInt8(ascii: "^"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
