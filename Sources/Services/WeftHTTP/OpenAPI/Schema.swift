import WeftModel

/// The pieces of JSON Schema (draft 2020-12) that the document of the API is made of.
enum Schema {
    /// One property of an object.
    struct Field {
        var name: String
        var schema: Document
        var summary: String
        /// Optional properties are left out when there is nothing to say.
        var isOptional = false

        static func always(_ name: String, _ schema: Document, _ summary: String) -> Field {
            Field(name: name, schema: schema, summary: summary)
        }

        static func maybe(_ name: String, _ schema: Document, _ summary: String) -> Field {
            Field(name: name, schema: schema, summary: summary, isOptional: true)
        }
    }

    /// - Parameter isClosed: whether other properties are refused. Bodies that clients send are; answers may grow.
    static func object(_ summary: String, _ fields: [Field], isClosed: Bool = false) -> Document {
        let required = fields.filter { !$0.isOptional }.map { Document.string($0.name) }
        var members = [
            Document.Member("type", "object"), Document.Member("description", .string(summary)),
            Document.Member(
                "properties", .object(fields.map { Document.Member($0.name, described($0.schema, $0.summary)) })),
        ]
        if !required.isEmpty { members.append(Document.Member("required", .array(required))) }
        if isClosed { members.append(Document.Member("additionalProperties", false)) }
        return .object(members)
    }

    static func text(_ length: ClosedRange<Int>, pattern: String? = nil, format: String? = nil) -> Document {
        var members = [Document.Member("type", "string")]
        if let format { members.append(Document.Member("format", .string(format))) }
        if let pattern { members.append(Document.Member("pattern", .string(pattern))) }
        members.append(Document.Member("minLength", .integer(Int64(length.lowerBound))))
        members.append(Document.Member("maxLength", .integer(Int64(length.upperBound))))
        return .object(members)
    }

    /// Text of an answer: how long it gets is bounded where it comes from.
    static let anyText: Document = ["type": "string"]
    static let flag: Document = ["type": "boolean"]
    static let number: Document = ["type": "number"]
    static let count: Document = integer(0...Int64.max)

    static func integer(_ range: ClosedRange<Int64>) -> Document {
        ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
    }

    static func list(_ items: Document, atMost count: Int? = nil) -> Document {
        var members = [Document.Member("type", "array"), Document.Member("items", items)]
        if let count { members.append(Document.Member("maxItems", .integer(Int64(count)))) }
        return .object(members)
    }

    static func map(_ values: Document) -> Document { ["type": "object", "additionalProperties": values] }

    static func choice<Choice: RawRepresentable<String>>(_ values: [Choice]) -> Document {
        ["type": "string", "enum": .array(values.map { .string($0.rawValue) })]
    }

    static func anyOf(_ choices: [Document]) -> Document { ["anyOf": .array(choices)] }

    /// A schema by its name among the document's components.
    static func named(_ name: String) -> Document { ["$ref": .string("#/components/schemas/\(name)")] }

    static func page(of item: String, _ summary: String) -> Document {
        object(
            summary,
            [
                .always("items", list(named(item)), "In the order of the list."),
                .maybe("next", anyText, "The cursor of the page after; none at the end."),
            ])
    }

    private static func described(_ schema: Document, _ summary: String) -> Document {
        var members = schema.members.filter { $0.key != "description" }
        members.append(Document.Member("description", .string(summary)))
        return .object(members)
    }
}
