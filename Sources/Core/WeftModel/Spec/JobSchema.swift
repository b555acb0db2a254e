/// The job file as a JSON Schema (draft 2020-12), made of the same tables as the validation.
///
/// It helps editors and clients. What it cannot say (paths that exclude each other, `each` against the array, limits of
/// bytes in all) only ``JobSpec/init(document:)`` checks.
package enum JobSchema {
    package static let document: Document = {
        var members = object(JobFields.job, required: []).members
        members.insert(Document.Member("$schema", "https://json-schema.org/draft/2020-12/schema"), at: 0)
        members.insert(Document.Member("title", "Weft job"), at: 1)
        let definitions: [(String, Document)] = [
            ("payload", oneMember(JobFields.payload)),
            ("process", object(JobFields.process, required: ["command"])),
            ("assembly", object(JobFields.assembly, required: ["source", "arch"])),
            ("wasm", object(JobFields.wasm, required: ["module"])),
            ("container", object(JobFields.container, required: ["image"])),
            ("kernel", object(JobFields.kernel, required: ["language", "source"])),
            ("kernelOptions", object(JobFields.kernelOptions, required: [])),
            ("kernelBuffer", object(JobFields.kernelBuffer, required: ["dtype", "shape"])),
            ("kernelLaunch", object(JobFields.kernelLaunch, required: ["entry", "grid"])),
            ("kernelArgument", kernelArgument),
            ("image", object(JobFields.imageArchive, required: ["archive"])),
            ("command", command),
            ("content", anyOf([text(JobLimits.inlineBytes), reference("source")])),
            ("source", source(JobFields.source, required: [])),
            ("input", source(JobFields.input, required: ["path"])),
            ("output", anyOf([reference("path"), object(JobFields.output, required: ["path"])])),
            ("mount", object(JobFields.mount, required: ["path", "at"])),
            ("path", ["type": "string", "minLength": 1, "maxLength": .integer(Int64(JobLimits.pathBytes))]),
            ("digest", ["type": "string", "pattern": "^(sha256:)?[0-9a-f]{64}$"]),
            ("array", array),
            ("environment", environment),
            ("labels", labels),
            ("resources", object(JobFields.resources, required: [])),
            ("device", object(JobFields.device, required: ["kind"])),
            ("requirements", object(JobFields.requirements, required: [])),
            ("verification", anyOf([object(JobFields.verification, required: []), ["enum": ["none"]]])),
            ("canary", object(JobFields.canary, required: ["task", "answer"])),
            ("comparator", anyOf([["enum": ["sha256", "exit"]], oneMember(JobFields.comparator)])),
            ("numeric", object(JobFields.numeric, required: [])),
            ("metric", object(JobFields.metric, required: ["name"])),
            ("imageComparator", object(JobFields.imageComparator, required: [])),
            ("video", object(JobFields.video, required: ["psnr"])),
            ("commandComparator", object(JobFields.commandComparator, required: ["program"])),
            ("signature", object(JobFields.signature, required: ["signer", "signature"])),
        ]
        let runs: Document = [
            given("command", without: ["payload"]), given("payload", without: ["command", "stdin"]),
        ]
        members.append(Document.Member("oneOf", runs))
        members.append(Document.Member("$defs", .object(definitions.map { Document.Member($0.0, $0.1) })))
        return .object(members)
    }()

    private static func object(_ fields: [FieldRule], required: [String]) -> Document {
        var members: [Document.Member] = [
            Document.Member("type", "object"),
            Document.Member(
                "properties",
                .object(
                    fields.map { Document.Member($0.key, required.contains($0.key) ? described($0) : orNull($0)) })),
            Document.Member("additionalProperties", false),
        ]
        if !required.isEmpty {
            members.append(Document.Member("required", .array(required.map(Document.string))))
        }
        return .object(members)
    }

    private static func orNull(_ field: FieldRule) -> Document {
        ["description": .string(field.summary), "anyOf": [field.schema, ["type": "null"]]]
    }

    private static func described(_ field: FieldRule) -> Document {
        .object([Document.Member("description", .string(field.summary))] + field.schema.members)
    }

    /// `key` is there, and the others are not: a null counts as not there.
    private static func given(_ key: String, without others: [String] = []) -> Document {
        let there = Document.Member(key, ["not": ["type": "null"]])
        let absent = others.map { Document.Member($0, ["type": "null"]) }
        return ["required": [.string(key)], "properties": .object([there] + absent)]
    }

    private static func source(_ fields: [FieldRule], required: [String]) -> Document {
        let kinds = ["blob", "text", "base64", "url", "each"]
        return .object(
            object(fields, required: required).members + [
                Document.Member("oneOf", .array(kinds.map { given($0) })),
                Document.Member(
                    "dependentSchemas", ["sha256": anyOf([["properties": ["sha256": ["type": "null"]]], given("url")])]),
            ])
    }

    private static func oneMember(_ fields: [FieldRule]) -> Document {
        .object(
            [
                Document.Member("type", "object"),
                Document.Member("properties", .object(fields.map { Document.Member($0.key, $0.schema) })),
                Document.Member("additionalProperties", false),
                Document.Member("minProperties", 1),
                Document.Member("maxProperties", 1),
            ])
    }

    private static let command: Document = anyOf([
        ["type": "string", "minLength": 1, "maxLength": .integer(Int64(JobLimits.argumentBytes))],
        [
            "type": "array",
            "items": text(JobLimits.argumentBytes),
            "minItems": .integer(Int64(JobLimits.arguments.lowerBound)),
            "maxItems": .integer(Int64(JobLimits.arguments.upperBound)),
        ],
    ])

    private static let array: Document = anyOf([
        [
            "type": "integer", "minimum": .integer(JobLimits.tasks.lowerBound),
            "maximum": .integer(JobLimits.tasks.upperBound),
        ],
        ["type": "string", "pattern": "^[0-9]+(-[0-9]+)?$"],
        object(JobFields.arrayFromTo, required: ["from", "to"]),
        object(JobFields.arrayFirstCount, required: ["count"]),
    ])

    private static let environment: Document = [
        "type": "object",
        "propertyNames": [
            "pattern": .string(Words.variablePattern),
            "maxLength": .integer(Int64(JobLimits.environmentName.upperBound)),
            "not": ["pattern": "^WEFT_"],
        ],
        "additionalProperties": text(JobLimits.argumentBytes),
        "maxProperties": .integer(Int64(JobLimits.environmentEntries)),
    ]

    private static let labels: Document = [
        "type": "object",
        "propertyNames": [
            "pattern": .string(Words.labelPattern),
            "maxLength": .integer(Int64(JobLimits.labelName.upperBound)),
        ],
        "additionalProperties": text(JobLimits.labelValue.upperBound),
        "maxProperties": .integer(Int64(JobLimits.labels)),
    ]

    private static let kernelArgument: Document = anyOf([
        text(JobLimits.word.upperBound), object(JobFields.kernelBuffer, required: ["dtype", "shape"]),
        object(JobFields.kernelScalar, required: ["dtype", "value"]),
        object(JobFields.kernelLocal, required: ["local_bytes"]),
    ])

    private static func anyOf(_ choices: [Document]) -> Document { ["anyOf": .array(choices)] }
    private static func reference(_ name: String) -> Document { ["$ref": .string("#/$defs/\(name)")] }
    private static func text(_ maxLength: Int) -> Document {
        ["type": "string", "maxLength": .integer(Int64(maxLength))]
    }
}

extension Document {
    /// The members of an object; none of anything else.
    package var members: [Member] {
        guard case .object(let members) = self else { return [] }
        return members
    }
}
