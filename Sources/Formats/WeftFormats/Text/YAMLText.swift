package import WeftModel
import Yams

/// Reads YAML 1.2 with the core schema: `yes` and `no` are texts, `0o17` is an integer, there are no dates.
///
/// One document per text. Anchors and aliases may be used for values (written out, they count towards the limits);
/// merge keys (`<<`), tags outside the core schema, keys that are not texts and keys that come twice are refused.
package enum YAMLText {
    /// - Throws: ``InvalidDocument`` with one problem, for the first thing that is wrong, with its line and column.
    package static func parse(
        _ bytes: [UInt8], limits: TextLimits = .standard
    ) throws(InvalidDocument) -> Document {
        var text = try decodeText(bytes, limits: limits)
        // Yams keeps a pointer into the string's storage, which a string of less than 16 bytes does not have.
        if text.utf8.count < 16 { text += "\n" + String(repeating: "#", count: 16) }
        if AliasScan.findsAliasInKey(Array(text.utf8)) {
            throw InvalidDocument(at: nil, "aliases (*name) cannot be part of a mapping's key")
        }
        let root: Node?
        do {
            // No resolver rules: this reader decides itself what a plain scalar means.
            root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            throw describe(error, bytes)
        } catch {
            throw InvalidDocument(at: nil, "this is not YAML: \(error)")
        }
        guard let root else { throw InvalidDocument(at: nil, "the text is empty") }
        var reader = YAMLReader(limits: limits)
        return try reader.read(root, depth: 0)
    }

    private static func describe(_ error: YamlError, _ bytes: [UInt8]) -> InvalidDocument {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let about = context.map { "\($0.text), " } ?? ""
            return InvalidDocument(at: TextPosition(mark), "\(about)\(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.prefix(5).map { "\"\($0)\"" }.joined(separator: ", ")
            return InvalidDocument(at: TextPosition(context.mark), "a key comes twice: \(names)")
        case .reader(let problem, let offset, _, let text):
            let position = offset.map { TextPosition(String(text.prefix($0)).utf8.count, in: bytes) }
            return InvalidDocument(at: position, problem)
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            return InvalidDocument(at: nil, "this is not YAML: \(error)")
        }
    }
}

extension TextPosition {
    fileprivate init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }
}

/// Turns Yams' nodes into a document. Nodes under an alias are shared, so it is here that their size shows.
private struct YAMLReader {
    let limits: TextLimits
    var values = 0
    var bytes = 0

    init(limits: TextLimits) { self.limits = limits }

    private func problem(_ node: Node, _ message: String) -> InvalidDocument {
        InvalidDocument(at: node.mark.map { TextPosition($0) }, message)
    }

    mutating func read(_ node: Node, depth: Int) throws(InvalidDocument) -> Document {
        values += 1
        guard values <= limits.maxValues, bytes <= 2 * limits.maxBytes else {
            throw problem(node, "with its aliases written out, the document is too large")
        }
        switch node {
        case .scalar(let scalar):
            bytes += scalar.string.utf8.count
            return try read(scalar, in: node)
        case .sequence(let sequence):
            try enter(node, depth, sequence.tag, .seq)
            var elements: [Document] = []
            for element in sequence { elements.append(try read(element, depth: depth + 1)) }
            return .array(elements)
        case .mapping(let mapping):
            try enter(node, depth, mapping.tag, .map)
            return .object(try members(of: mapping, depth: depth))
        case .alias:
            throw problem(node, "this alias has no anchor before it")
        }
    }

    private mutating func members(
        of mapping: Node.Mapping, depth: Int
    ) throws(InvalidDocument) -> [Document.Member] {
        var members: [Document.Member] = []
        var keys: Set<String> = []
        for (key, value) in mapping {
            guard case .scalar(let name) = key else { throw problem(key, "a key is a text, not a list or mapping") }
            guard name.string != "<<" || name.style != .plain else {
                throw problem(key, "merge keys (<<) are not supported")
            }
            bytes += name.string.utf8.count
            guard keys.insert(name.string).inserted else {
                throw problem(key, "the key \"\(name.string)\" comes twice")
            }
            members.append(Document.Member(name.string, try read(value, depth: depth + 1)))
        }
        return members
    }

    private func enter(_ node: Node, _ depth: Int, _ tag: Tag, _ expected: Tag.Name) throws(InvalidDocument) {
        guard depth < limits.maxDepth else { throw problem(node, "nested deeper than \(limits.maxDepth) levels") }
        guard tag.rawValue.isEmpty || tag.rawValue == "!" || tag.rawValue == expected.rawValue else {
            throw problem(node, "the tag \(tag.rawValue) is not supported")
        }
    }

    private func read(_ scalar: Node.Scalar, in node: Node) throws(InvalidDocument) -> Document {
        let text = scalar.string
        switch Tag.Name(rawValue: scalar.tag.rawValue) {
        case .implicit where scalar.style == .plain:
            return try CoreSchema.value(ofPlain: text, problem: { problem(node, $0) })
        case .implicit, .str, .nonSpecific:
            return .string(text)
        case .null, .bool, .int, .float:
            let value = try CoreSchema.value(ofPlain: text, problem: { problem(node, $0) })
            guard CoreSchema.tag(of: value).contains(scalar.tag.rawValue) else {
                throw problem(node, "\"\(text.prefix(40))\" is not what its tag \(scalar.tag.rawValue) says")
            }
            if case .integer(let whole) = value, scalar.tag.rawValue.hasSuffix("float") {
                return .number(Double(whole))
            }
            return value
        default:
            throw problem(node, "the tag \(scalar.tag.rawValue) is not supported")
        }
    }
}

/// What a plain scalar means: YAML 1.2.2, section 10.3.2.
private enum CoreSchema {
    static func value(
        ofPlain text: String, problem: (String) -> InvalidDocument
    ) throws(InvalidDocument) -> Document {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: break
        }
        guard let first = text.utf8.first, first < UInt8(ascii: ":") else { return .string(text) }
        if text.hasPrefix("0x"), let value = unsigned(text.dropFirst(2), radix: 16) { return .integer(value) }
        if text.hasPrefix("0o"), let value = unsigned(text.dropFirst(2), radix: 8) { return .integer(value) }
        let body = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
        if [".inf", ".Inf", ".INF"].contains(body) || [".nan", ".NaN", ".NAN"].contains(text) {
            throw problem("numbers are finite here")
        }
        guard isNumber(body) else { return .string(text) }
        if let value = Int64(text) { return .integer(value) }
        let whole = body.hasPrefix(".") ? "0" + body : String(body)
        guard let magnitude = Double(whole.hasSuffix(".") ? whole + "0" : whole.replacingDotBeforeExponent()),
            magnitude.isFinite
        else { throw problem("the number is out of range") }
        return .number(text.first == "-" ? -magnitude : magnitude)
    }

    static func tag(of value: Document) -> [String] {
        switch value {
        case .null: [Tag.Name.null.rawValue]
        case .bool: [Tag.Name.bool.rawValue]
        case .integer: [Tag.Name.int.rawValue, Tag.Name.float.rawValue]
        case .number: [Tag.Name.float.rawValue]
        case .string, .array, .object: []
        }
    }

    private static func unsigned(_ digits: Substring, radix: Int) -> Int64? {
        guard let first = digits.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else { return nil }
        return Int64(digits, radix: radix)
    }

    /// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
    private static func isNumber(_ text: Substring) -> Bool {
        var rest = Substring(text).utf8
        func digits() -> Int {
            let run = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest.dropFirst(run.count)
            return run.count
        }
        let whole = digits()
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() + whole > 0 else { return false }
        } else if whole == 0 {
            return false
        }
        if let mark = rest.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}

extension String {
    /// `5.e3` as `5.0e3`: Swift reads only the latter.
    fileprivate func replacingDotBeforeExponent() -> String {
        guard let dot = firstIndex(of: "."), let next = self[dot...].dropFirst().first, next == "e" || next == "E"
        else {
            return self
        }
        return self[..<dot] + ".0" + self[index(after: dot)...]
    }
}
