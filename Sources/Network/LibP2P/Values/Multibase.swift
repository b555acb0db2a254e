/// Bytes as text that says its base by its first character (multiformats `multibase`).
public enum Multibase: Sendable, Hashable, CaseIterable {
    /// Hexadecimal digits, `f` (or `F` for capitals, which are read only).
    case base16
    /// RFC 4648 without padding, `b` (or `B` for capitals, which are read only).
    case base32
    /// `z`.
    case base58btc

    /// Characters that are decoded at most.
    public static let greatestLength = 1024

    /// - Precondition: For base58btc, no more bytes than `Base58.greatestLength`.
    public func encode(_ bytes: [UInt8]) -> String {
        switch self {
        case .base16: "f" + Base16.encode(bytes)
        case .base32: "b" + Base32.encode(bytes)
        case .base58btc: "z" + Base58.encode(bytes)
        }
    }

    public static func decode(_ text: some StringProtocol) throws(MultiformatError) -> (base: Multibase, bytes: [UInt8])
    {
        guard text.utf8.count <= greatestLength else { throw .tooLong(limit: greatestLength) }
        let digits = text.dropFirst()
        switch text.first {
        case "f": return (.base16, try Base16.decode(digits, capitals: false))
        case "F": return (.base16, try Base16.decode(digits, capitals: true))
        case "b": return (.base32, try Base32.decode(digits, capitals: false))
        case "B": return (.base32, try Base32.decode(digits, capitals: true))
        case "z": return (.base58btc, try Base58.decode(digits))
        default: throw .unknown("base")
        }
    }
}

enum Base16 {
    static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    static func decode(_ text: some StringProtocol, capitals: Bool) throws(MultiformatError) -> [UInt8] {
        guard text.utf8.count.isMultiple(of: 2) else { throw .wrongLength("an odd number of hexadecimal digits") }
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text.utf8 {
            let value: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f") where !capitals: value = character - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F") where capitals: value = character - UInt8(ascii: "A") + 10
            default: throw .badText("not a hexadecimal digit")
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}

enum Base32 {
    static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
        var text: [UInt8] = []
        var held: UInt32 = 0
        var bits: UInt32 = 0
        for byte in bytes {
            held = held << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(digits[Int(held >> bits & 31)])
            }
            held &= (1 << bits) - 1
        }
        if bits > 0 { text.append(digits[Int(held << (5 - bits) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }

    static func decode(_ text: some StringProtocol, capitals: Bool) throws(MultiformatError) -> [UInt8] {
        let firstLetter = UInt8(ascii: capitals ? "A" : "a")
        var bytes: [UInt8] = []
        var held: UInt32 = 0
        var bits: UInt32 = 0
        for character in text.utf8 {
            let value: UInt8
            switch character {
            case firstLetter..<(firstLetter + 26): value = character - firstLetter
            case UInt8(ascii: "2")...UInt8(ascii: "7"): value = character - UInt8(ascii: "2") + 26
            default: throw .badText("not a base32 digit")
            }
            held = held << 5 | UInt32(value)
            bits += 5
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(held >> bits & 0xFF))
            }
            held &= (1 << bits) - 1
        }
        // Bits that fill up the last digit are zero, and fewer than a digit: one text for one value.
        guard bits < 5, held == 0 else { throw .badText("a base32 text has bits left over") }
        return bytes
    }
}
