/// A tree of plain values: what JSON and YAML have in common. Key order is kept as written.
package indirect enum Document: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([Document])
    case object([Member])

    package struct Member: Hashable, Sendable {
        package var key: String
        package var value: Document

        package init(_ key: String, _ value: Document) {
            self.key = key
            self.value = value
        }
    }

    /// The value under `key`, or nil when this is not an object or has no such key.
    package subscript(key: String) -> Document? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    package subscript(index: Int) -> Document? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    package var integer: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    package var elements: [Document]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// What a person would call the kind of this value, for error messages.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "a mapping"
        }
    }
}

extension Document: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: Document...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, Document)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
    package init(nilLiteral: ()) { self = .null }
}

/// One thing that is wrong with what somebody sent: which field, and what would be right.
package struct Problem: Hashable, Sendable, Codable, CustomStringConvertible {
    /// A path into the document, for example `inputs[2].blob`; empty for the document as a whole.
    package var field: String
    /// One sentence that says what would be right.
    package var message: String

    package init(field: String, message: String) {
        self.field = field
        self.message = message
    }

    package var description: String { field.isEmpty ? message : "\(field): \(message)" }
}

/// Everything that is wrong with a document, found in one pass.
package struct InvalidDocument: Error, Hashable, Sendable, CustomStringConvertible {
    package var problems: [Problem]

    package init(_ problems: [Problem]) { self.problems = problems }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
