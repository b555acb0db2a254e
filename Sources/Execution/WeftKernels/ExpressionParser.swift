/// Recursive descent, bounded by the text's length and ``levels``.
struct ExpressionParser {
    private let text: String
    private let bytes: [UInt8]
    private var offset = 0
    private var level = 0

    private static let longest = 200
    private static let levels = 20

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    mutating func parse() throws(Expression.Problem) -> Expression.Node {
        guard bytes.count <= Self.longest else { throw problem("is longer than \(Self.longest) characters") }
        let node = try sum()
        guard peek() == nil else { throw problem("has something after its end") }
        return node
    }

    private func problem(_ what: String) -> Expression.Problem {
        Expression.Problem(text: "`\(text.prefix(60))` \(what)")
    }

    /// The next byte that is no blank.
    private mutating func peek() -> UInt8? {
        while offset < bytes.count, bytes[offset] == UInt8(ascii: " ") { offset += 1 }
        return offset < bytes.count ? bytes[offset] : nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        offset += 1
        return true
    }

    private mutating func sum() throws(Expression.Problem) -> Expression.Node {
        level += 1
        defer { level -= 1 }
        guard level <= Self.levels else { throw problem("has more than \(Self.levels) levels") }
        var node = try product()
        while true {
            if take(UInt8(ascii: "+")) {
                node = .sum(node, try product())
            } else if take(UInt8(ascii: "-")) {
                node = .difference(node, try product())
            } else {
                return node
            }
        }
    }

    private mutating func product() throws(Expression.Problem) -> Expression.Node {
        var node = try single()
        while true {
            if take(UInt8(ascii: "*")) {
                node = .product(node, try single())
            } else if take(UInt8(ascii: "/")) {
                node = .quotient(node, try single())
            } else {
                return node
            }
        }
    }

    private mutating func single() throws(Expression.Problem) -> Expression.Node {
        if take(UInt8(ascii: "(")) {
            let node = try sum()
            guard take(UInt8(ascii: ")")) else { throw problem("has a ( without its )") }
            return node
        }
        guard let first = peek() else { throw problem("ends too early") }
        let start = offset
        if Self.isDigit(first) {
            // An exponent has a sign of its own.
            while offset < bytes.count, Self.isWord(bytes[offset]) || isSignOfExponent { offset += 1 }
            guard let number = Double(String(decoding: bytes[start..<offset], as: UTF8.self)), number.isFinite else {
                throw problem("has a number that is none")
            }
            return .number(number)
        }
        while offset < bytes.count, Self.isWord(bytes[offset]), bytes[offset] != UInt8(ascii: ".") { offset += 1 }
        let name = String(decoding: bytes[start..<offset], as: UTF8.self)
        guard !name.isEmpty else { throw problem("has a sign that it cannot have") }
        guard take(UInt8(ascii: "(")) else { return .name(name) }
        guard let function = Expression.Function(rawValue: name) else { throw problem("knows no \(name)()") }
        var arguments = [try sum()]
        while take(UInt8(ascii: ",")) { arguments.append(try sum()) }
        guard take(UInt8(ascii: ")")) else { throw problem("has a ( without its )") }
        guard arguments.count == function.arity else { throw problem("gives \(name)() another number of arguments") }
        return .call(function, arguments)
    }

    private var isSignOfExponent: Bool {
        bytes[offset] == UInt8(ascii: "-") && bytes[offset - 1] | 0x20 == UInt8(ascii: "e")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: ".")
    }
}
