import WeftModel

/// A request's query parameters, checked: unknown names and repeated ones are errors that name them.
struct Query: Sendable {
    private let values: [String: [String]]

    /// - Parameters:
    ///   - text: what stands after the `?`.
    ///   - allowed: the names that the route knows; those that end with `*` may come more than once.
    init(_ text: Substring?, allowed: [String]) throws {
        var values: [String: [String]] = [:]
        var problems: [Problem] = []
        for pair in (text ?? "").split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentText.decode(halves[0], plusIsSpace: true),
                let value = PercentText.decode(halves.count > 1 ? halves[1] : "", plusIsSpace: true)
            else {
                problems.append(Problem(field: String(halves[0].prefix(80)), message: "has a broken percent escape"))
                continue
            }
            if allowed.contains(name + "*") {
                values[name, default: []].append(value)
            } else if !allowed.contains(name) {
                let known = allowed.map { $0.hasSuffix("*") ? String($0.dropLast()) : $0 }
                let message =
                    known.isEmpty
                    ? "is not known; this takes no parameters"
                    : "is not known; this takes \(known.joined(separator: ", "))"
                problems.append(Problem(field: String(name.prefix(80)), message: message))
            } else if values[name] != nil {
                problems.append(Problem(field: name, message: "is given more than once"))
            } else {
                values[name] = [value]
            }
        }
        guard problems.isEmpty else {
            throw HTTPFailure.badRequest("query parameter \(problems[0])", errors: problems)
        }
        self.values = values
    }

    subscript(name: String) -> String? { values[name]?.first }

    func all(_ name: String) -> [String] { values[name] ?? [] }

    func limit(standard: Int, in range: ClosedRange<Int>) throws -> Int { try number("limit", in: range) ?? standard }

    /// The values of a parameter that may be repeated, within bounds.
    func repeated(_ name: String) throws -> [String] {
        guard all(name).count <= Bounds.repeats else {
            throw Self.wrong(name, "can be given \(Bounds.repeats) times at most")
        }
        return all(name)
    }

    /// What `read` makes of a parameter; where it makes nothing of it, `hint` says what would be right.
    func value<Value>(_ name: String, _ hint: String, _ read: (String) -> Value?) throws -> Value? {
        guard let text = self[name] else { return nil }
        guard let value = read(text) else { throw Self.wrong(name, hint) }
        return value
    }

    /// A text that has to look as `isRight` says; `hint` is what would be right.
    func text(_ name: String, _ hint: String, _ isRight: (String) -> Bool) throws -> String? {
        try value(name, hint) { isRight($0) ? $0 : nil }
    }

    /// Where the page before ended.
    func cursor<Position>(_ read: (String) -> Position?) throws -> Position? {
        try value("cursor", "must be the next of the page before", read)
    }

    func job(_ name: String) throws -> JobID? {
        try value(name, "must be a job's number") { text in
            guard Self.isPlain(text), let number = Int64(text), Bounds.jobNumbers.contains(number) else { return nil }
            return JobID(UInt64(number))
        }
    }

    func number(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        try value(name, "must be a number from \(range.lowerBound) to \(range.upperBound)") { text in
            guard Self.isPlain(text), let number = Int(text), range.contains(number) else { return nil }
            return number
        }
    }

    func flag(_ name: String) throws -> Bool {
        switch self[name] {
        case nil, "false": return false
        case "true": return true
        default: throw Self.wrong(name, "must be true or false")
        }
    }

    func index(_ name: String) throws -> UInt32? {
        try value(name, "must be a task's index") { Self.isPlain($0) ? UInt32($0) : nil }
    }

    /// `state=a&state=b` or `state=a,b`.
    func states<State: RawRepresentable<String> & CaseIterable & Hashable>(
        _ name: String, of type: State.Type
    ) throws -> Set<State>? {
        let names = try repeated(name).flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        guard !names.isEmpty else { return nil }
        return Set(
            try names.map {
                guard let state = State(rawValue: String($0)) else {
                    throw Self.wrong(
                        name, "must be one of " + State.allCases.map(\.rawValue).joined(separator: ", "))
                }
                return state
            })
    }

    /// `30s`, `500ms`, `2m` or plain seconds.
    func duration(_ name: String, most: Duration) throws -> Duration? {
        guard let text = self[name] else { return nil }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard digits.utf8.count <= 7, let number = Int64(digits) else { throw Self.wrong(name, Self.durationHint) }
        let duration: Duration
        switch text.dropFirst(digits.count) {
        case "", "s": duration = .seconds(number)
        case "ms": duration = .milliseconds(number)
        case "m": duration = .seconds(number * 60)
        default: throw Self.wrong(name, Self.durationHint)
        }
        return min(duration, most)
    }

    /// Digits only: no sign, no space.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static let durationHint = "must be a time such as 30s, 500ms or 1m"

    static func wrong(_ name: String, _ message: String) -> HTTPFailure {
        .badRequest("query parameter \(name) \(message)", errors: [Problem(field: name, message: message)])
    }
}

enum PercentText {
    /// nil for broken escapes, text that is no UTF-8, and control characters.
    static func decode(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(hexValue), let low = rest.next().flatMap(hexValue) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
