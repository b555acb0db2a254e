/// Takes a document apart and gathers everything that is wrong with it.
///
/// Every method reports what it does not like and returns nil; it returns nil without a report for what is not there
/// (a null counts as not there).
struct SpecReader {
    private(set) var problems: [Problem] = []
    private var isFull: Bool { problems.count > JobLimits.problems }

    mutating func report(_ field: String, _ message: String) {
        guard !isFull else { return }
        problems.append(
            problems.count < JobLimits.problems
                ? Problem(field: field, message: message) : Problem(field: "", message: "there are more problems"))
    }

    /// The members of a mapping by key, nulls left out. Keys that `fields` does not have are problems.
    mutating func members(_ document: Document?, at path: String, fields: [FieldRule]) -> [String: Document]? {
        guard let members = mapping(document, at: path) else { return nil }
        var result: [String: Document] = [:]
        var seen: Set<String> = []
        // Suggestions cost time: a mapping of a million unknown keys stops at the last problem that is told.
        for member in members where !isFull {
            let field = Self.join(path, member.key)
            if !seen.insert(member.key).inserted {
                report(field, "comes twice")
            } else if fields.contains(where: { $0.key == member.key }) {
                if member.value != .null { result[member.key] = member.value }
            } else {
                report(field, Suggestions.forUnknown(member.key, known: fields.map(\.key)))
            }
        }
        return result
    }

    mutating func mapping(_ document: Document?, at path: String) -> [Document.Member]? {
        switch document {
        case .none, .null: return nil
        case .object(let members): return members
        case .some(let other):
            report(path, "expected a mapping, not \(other.kind)")
            return nil
        }
    }

    /// The elements of a list with their field paths; nulls inside are kept.
    mutating func list(
        _ document: Document?, at path: String, count: ClosedRange<Int>, of noun: String
    ) -> [(value: Document, path: String)]? {
        switch document {
        case .none, .null: return nil
        case .array(let elements):
            guard count.contains(elements.count) else {
                report(path, "expected \(count.words) \(noun), not \(elements.count)")
                return nil
            }
            return elements.enumerated().map { ($1, "\(path)[\($0)]") }
        case .some(let other):
            report(path, "expected a list of \(noun), not \(other.kind)")
            return nil
        }
    }

    mutating func text(_ document: Document?, at path: String) -> String? {
        switch document {
        case .none, .null: return nil
        case .string(let text): return text
        case .integer(let value):
            report(path, "expected a text, not an integer; put it in quotes: \"\(value)\"")
        case .bool(let value):
            report(path, "expected a text, not a boolean; put it in quotes: \"\(value)\"")
        case .number:
            report(path, "expected a text, not a number; put it in quotes")
        case .some(let other):
            report(path, "expected a text, not \(other.kind)")
        }
        return nil
    }

    /// A text of one line with a bounded number of characters.
    mutating func line(_ document: Document?, at path: String, count: ClosedRange<Int>) -> String? {
        guard let text = text(document, at: path) else { return nil }
        guard count.contains(text.unicodeScalars.count) else {
            report(path, "expected \(count.words) characters, not \(text.unicodeScalars.count)")
            return nil
        }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) else {
            report(path, "expected a text of one line without control characters")
            return nil
        }
        return text
    }

    /// Lower-case letters, digits, `_`, `-` and `.`, starting with a letter or digit.
    mutating func word(_ document: Document?, at path: String) -> String? {
        guard let text = line(document, at: path, count: JobLimits.word) else { return nil }
        guard Words.isWord(text) else {
            report(path, "expected a word of lower-case letters, digits, _, - and .")
            return nil
        }
        return text
    }

    mutating func bool(_ document: Document?, at path: String) -> Bool? {
        switch document {
        case .none, .null: return nil
        case .bool(let value): return value
        case .some(let other):
            report(path, "expected true or false, not \(other.described)")
            return nil
        }
    }

    mutating func integer(_ document: Document?, at path: String, in range: ClosedRange<Int64>) -> Int64? {
        let value: Int64
        switch document {
        case .none, .null: return nil
        case .integer(let whole): value = whole
        case .number(let number):
            guard let whole = Int64(exactly: number) else {
                report(path, "expected an integer, not a number with a fraction")
                return nil
            }
            value = whole
        case .some(let other):
            report(path, "expected an integer, not \(other.described)")
            return nil
        }
        return check(value, at: path, in: range)
    }

    /// A number, whole or not; `what` is what was expected, where it is none.
    mutating func number(_ document: Document?, at path: String, _ what: String = "a number") -> Double? {
        switch document {
        case .none, .null: return nil
        case .integer(let whole): return Double(whole)
        case .number(let number): return number
        case .some(let other):
            report(path, "expected \(what), not \(other.kind)")
            return nil
        }
    }

    mutating func check(_ value: Int64, at path: String, in range: ClosedRange<Int64>) -> Int64? {
        guard range.contains(value) else {
            report(path, "expected \(range.lowerBound) to \(range.upperBound), not \(value)")
            return nil
        }
        return value
    }

    mutating func digest(_ document: Document?, at path: String) -> Digest? {
        guard let text = text(document, at: path) else { return nil }
        guard let digest = Digest(text: text) else {
            report(path, "expected a digest: sha256: and 64 lower-case hexadecimal digits")
            return nil
        }
        return digest
    }

    /// One of an enumeration's raw values.
    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ document: Document?, at path: String, _ type: Choice.Type
    ) -> Choice? {
        guard let text = text(document, at: path) else { return nil }
        if let value = Choice(rawValue: text) { return value }
        let known = Choice.allCases.map(\.rawValue)
        report(path, "expected \(known.joined(separator: ", ")), not \"\(text.prefix(40))\"")
        return nil
    }

    static func join(_ path: String, _ key: String) -> String {
        let isPlain = !key.isEmpty && key.utf8.count <= 64 && key.utf8.allSatisfy(Words.isNameByte)
        if isPlain { return path.isEmpty ? key : "\(path).\(key)" }
        let shown = key.unicodeScalars.prefix(64).map { $0.value < 0x20 ? "?" : String($0) }.joined()
        return "\(path)[\"\(shown)\"]"
    }
}

extension Document {
    /// The value itself where that is short, or its kind.
    fileprivate var described: String {
        guard case .string(let text) = self, text.utf8.count <= 40 else { return kind }
        return "the text \"\(text)\""
    }
}

extension ClosedRange<Int> {
    fileprivate var words: String { lowerBound == 0 ? "at most \(upperBound)" : "\(lowerBound) to \(upperBound)" }
}

/// The alphabets of names.
enum Words {
    /// Letters, digits, `_` and `-`.
    static func isNameByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || isLower(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    static let wordPattern = "^[a-z0-9][a-z0-9_.-]*$"
    static func isWord(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLower(first) || isDigit(first) else { return false }
        return text.utf8.allSatisfy {
            isLower($0) || isDigit($0) || [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains($0)
        }
    }

    static let variablePattern = "^[A-Za-z_][A-Za-z0-9_]*$"
    static func isVariable(_ text: String) -> Bool {
        guard let first = text.utf8.first, !isDigit(first) else { return false }
        return text.utf8.allSatisfy { isNameByte($0) && $0 != UInt8(ascii: "-") }
    }

    /// The alphabet of Base58.
    static let peerIDPattern = "^[1-9A-HJ-NP-Za-km-z]+$"
    static func isPeerID(_ text: String) -> Bool {
        JobLimits.signer.contains(text.utf8.count)
            && text.utf8.allSatisfy { isNameByte($0) && !"0OIl_-".utf8.contains($0) }
    }

    static let labelPattern = "^[A-Za-z0-9][A-Za-z0-9_./-]*$"
    static func isLabel(_ text: String) -> Bool {
        guard let first = text.utf8.first, isNameByte(first), first != UInt8(ascii: "_"), first != UInt8(ascii: "-")
        else { return false }
        return text.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }
    }
}
