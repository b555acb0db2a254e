/// What somebody pressed.
package enum Key: Hashable, Sendable {
    case character(Character)
    case up, down, pageUp, pageDown, home, end
    case enter, escape, backspace, tab
    /// Ctrl-C.
    case interrupt
    /// Ctrl-U: what has been typed is wiped out.
    case clear
}

/// Makes keys of the bytes that a terminal in raw mode sends: UTF-8, and the sequences of xterm for keys without a
/// character. What it does not know is passed over.
package struct KeyDecoder: Sendable {
    private static let escape: UInt8 = 0x1b
    /// A sequence that gets longer than this is none.
    private static let longest = 16

    private var pending: [UInt8] = []

    package init() {}

    /// Whether bytes wait that may be the escape key, or the beginning of a sequence.
    package var isIncomplete: Bool { !pending.isEmpty }

    package mutating func take(_ bytes: [UInt8]) -> [Key] {
        pending += bytes
        var keys: [Key] = []
        while !pending.isEmpty {
            guard let (length, key) = Self.first(of: pending) else { break }
            pending.removeFirst(length)
            if let key { keys.append(key) }
        }
        return keys
    }

    /// Nothing more came for a while: a lone escape is the key.
    package mutating func settle() -> [Key] {
        defer { pending = [] }
        return pending == [Self.escape] ? [.escape] : []
    }

    /// The first key and how many bytes it takes; nil when more bytes are needed.
    private static func first(of bytes: [UInt8]) -> (Int, Key?)? {
        switch bytes[0] {
        case escape: sequence(bytes)
        case 0x03: (1, .interrupt)
        case 0x09: (1, .tab)
        case 0x0a, 0x0d: (1, .enter)
        case 0x15: (1, .clear)
        case 0x08, 0x7f: (1, .backspace)
        case 0..<0x20: (1, nil)
        default: character(bytes)
        }
    }

    private static func character(_ bytes: [UInt8]) -> (Int, Key?)? {
        let length =
            switch bytes[0] {
            case ..<0x80: 1
            case 0xc2..<0xe0: 2
            case 0xe0..<0xf0: 3
            case 0xf0..<0xf5: 4
            default: 0
            }
        guard length > 0 else { return (1, nil) }
        guard bytes.count >= length else { return nil }
        guard let text = String(validating: bytes.prefix(length), as: UTF8.self), let character = text.first else {
            return (1, nil)
        }
        return (length, .character(character))
    }

    private static func sequence(_ bytes: [UInt8]) -> (Int, Key?)? {
        guard bytes.count > 1 else { return nil }
        // ESC [ … or ESC O …; anything else is a key together with Alt.
        guard bytes[1] == UInt8(ascii: "[") || bytes[1] == UInt8(ascii: "O") else {
            return bytes[1] == escape ? (1, .escape) : (2, nil)
        }
        guard let end = bytes.dropFirst(2).firstIndex(where: { (0x40...0x7e).contains($0) }) else {
            return bytes.count > longest ? (bytes.count, nil) : nil
        }
        let length = end + 1
        switch bytes[end] {
        case UInt8(ascii: "A"): return (length, .up)
        case UInt8(ascii: "B"): return (length, .down)
        case UInt8(ascii: "H"): return (length, .home)
        case UInt8(ascii: "F"): return (length, .end)
        case UInt8(ascii: "~"):
            switch String(decoding: bytes[2..<end], as: UTF8.self) {
            case "1", "7": return (length, .home)
            case "4", "8": return (length, .end)
            case "5": return (length, .pageUp)
            case "6": return (length, .pageDown)
            default: return (length, nil)
            }
        default: return (length, nil)
        }
    }
}
