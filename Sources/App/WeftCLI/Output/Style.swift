/// Colour by meaning. Without colour every method gives its text back unchanged.
package struct Style: Sendable, Hashable {
    package enum Meaning: String, Sendable {
        case good = "32"
        case bad = "31"
        case warning = "33"
        case active = "36"
        case quiet = "2"
        case strong = "1"
    }

    package var hasColor: Bool

    package init(hasColor: Bool) { self.hasColor = hasColor }

    package func callAsFunction(_ text: String, _ meaning: Meaning?) -> String {
        guard hasColor, let meaning, !text.isEmpty else { return text }
        return "\u{1b}[\(meaning.rawValue)m\(text)\u{1b}[0m"
    }

    /// The meaning of a state's name, as the API spells it.
    package static func meaning(ofState state: String) -> Meaning? {
        switch state {
        case "succeeded", "connected", "agreed", "completed", "yes": .good
        case "failed", "disagreed", "no": .bad
        case "cancelled", "silent", "draining", "paused", "undecided": .warning
        case "running", "assigned": .active
        case "waiting", "away": .quiet
        default: nil
        }
    }
}

/// Text from outside (names, messages, log fields) made harmless for a terminal.
package enum Printable {
    /// Control characters become `?`, so that nothing from outside moves the cursor or recolours the screen.
    package static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(isControl(scalar) ? "?" : scalar) }
        return String(result)
    }

    /// How many terminal columns a text takes: combining marks none, wide East Asian characters and emoji two.
    package static func columns(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { $0 + columns($1) }
    }

    private static func columns(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        switch scalar.value {
        case 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F: return 0
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }

    /// The text cut to `width` columns, with `…` where something is left out.
    package static func fitted(_ text: String, to width: Int) -> String {
        guard columns(text) > width else { return text }
        guard width > 1 else { return width == 1 ? "…" : "" }
        var used = 0
        var result = ""
        for character in text {
            let more = columns(character)
            guard used + more <= width - 1 else { break }
            used += more
            result.append(character)
        }
        return result + "…"
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || (0x202A...0x202E).contains(scalar.value)
            || (0x2066...0x2069).contains(scalar.value)
    }
}
