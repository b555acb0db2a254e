import HTTPTypes
import NIOCore

/// The secret that a request brings.
enum Credentials {
    /// `Authorization: Bearer <secret>`, or Basic with the secret as password (what tools without a Bearer option and
    /// browsers can do). nil when there is none; throws when there is one that cannot be read.
    static func secret(in headers: HTTPFields) throws -> String? {
        let values = headers[values: .authorization]
        guard let value = values.first else { return nil }
        guard values.count == 1 else { throw HTTPFailure.badRequest("there is more than one Authorization header") }
        let parts = value.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2 else { throw HTTPFailure.unauthorized("the Authorization header has no credentials") }
        let text = Substring(parts[1]).trimmingSpaces()
        switch Substring(parts[0]).lowercased() {
        case "bearer": return text
        case "basic":
            guard let bytes = Base64.decode(text), let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
                throw HTTPFailure.unauthorized("the Basic credentials cannot be read")
            }
            return String(decoding: bytes[(colon + 1)...], as: UTF8.self)
        default:
            throw HTTPFailure.unauthorized("use Authorization: Bearer, or Basic with the token as the password")
        }
    }

    /// Whether a request has no credentials, or what some clients send in their place: `None` as user and password.
    static func areNone(in headers: HTTPFields) -> Bool {
        let values = headers[values: .authorization]
        return values.isEmpty || values == ["Basic Tm9uZTpOb25l"]
    }

    /// Browsers cannot set headers on a WebSocket; they offer the secret as a subprotocol `bearer.<secret>`.
    static func secret(inSubprotocols protocols: [String]) -> String? {
        protocols.lazy.filter { $0.hasPrefix("bearer.") }.map { String($0.dropFirst(7)) }.first
    }
}

enum Base64 {
    /// Strict RFC 4648 §4; nil for anything else. Padding may be left out.
    static func decode(_ text: String) -> [UInt8]? {
        var digits = Array(text.utf8)
        while digits.last == UInt8(ascii: "="), digits.count > 0 { digits.removeLast() }
        guard digits.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}

extension StringProtocol {
    func trimmingSpaces() -> String {
        let isSpace: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        var bytes = Array(utf8)[...]
        while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
