/// Looks for aliases inside of mapping keys before the text is parsed.
///
/// Yams hashes every key to find those that come twice. A key with an alias of aliases of aliases (a "billion laughs")
/// would be hashed written out, for hours. Values are safe: they are shared until ``YAMLText`` counts them. So texts
/// that may have an alias in a key are refused. The scan errs on that side: it reads quoted and block scalars, too.
enum AliasScan {
    static func findsAliasInKey(_ text: [UInt8]) -> Bool {
        let anchors = Set(names(after: UInt8(ascii: "&"), in: text).map { text[$0] })
        guard !anchors.isEmpty else { return false }
        let uses = names(after: UInt8(ascii: "*"), in: text).filter { anchors.contains(text[$0]) }
        guard !uses.isEmpty else { return false }
        return hasExplicitKey(text) || hasSimpleKey(text, with: uses)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func names(after mark: UInt8, in text: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        for start in text.indices where text[start] == mark {
            var end = start + 1
            while end < text.count, isNameByte(text[end]) { end += 1 }
            if end > start + 1 { found.append(start + 1..<end) }
        }
        return found
    }

    /// A simple key ends on its line with `:`, which follows the alias itself or the bracket that closes a collection.
    private static func hasSimpleKey(_ text: [UInt8], with uses: [Range<Int>]) -> Bool {
        var next = uses.startIndex
        var isAfterAlias = false
        var mayEndKey = false
        for (position, byte) in text.enumerated() {
            if next < uses.endIndex, position == uses[next].upperBound {
                isAfterAlias = true
                mayEndKey = true
                next += 1
            }
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): isAfterAlias = false
            case UInt8(ascii: ":"):
                if isAfterAlias, mayEndKey { return true }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): mayEndKey = true
            case UInt8(ascii: " "), UInt8(ascii: "\t"): break
            default: mayEndKey = false
            }
        }
        return false
    }

    /// Whether some `?` may start an explicit key: one that does not end a word.
    private static func hasExplicitKey(_ text: [UInt8]) -> Bool {
        for position in text.indices where text[position] == UInt8(ascii: "?") {
            var start = position
            while start > 0, isNameByte(text[start - 1]) { start -= 1 }
            let isAfterWord = start < position
            let before = start > 0 ? text[start - 1] : 0
            if !isAfterWord || before == UInt8(ascii: "*") || before == UInt8(ascii: "&") { return true }
        }
        return false
    }
}
