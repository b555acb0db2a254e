import WeftModel

/// The schemas that the document gives names to: what clients send, and what they get.
enum Schemas {
    static let all: [(name: String, schema: Document)] =
        sent + jobs + tasks + webhooks + nodes + credits
        + system + tes

    private static let sent: [(name: String, schema: Document)] = [
        ("JobSubmission", submission),
        ("JobDocument", jobDocument),
        ("ImageJob", ImageJob.schema),
        (
            "DrainRequest",
            Schema.object(
                "Whether a node gets new work.",
                [.always("draining", Schema.flag, "True: no new work; what runs goes on.")], isClosed: true)
        ),
        (
            "TokenRequest",
            Schema.object(
                "A token to make.",
                [
                    .always(
                        "name", Schema.tokenName,
                        "Unique; what jobs name as their submitter."),
                    .always("role", Schema.choice(Role.allCases), "What its bearer may do."),
                ], isClosed: true)
        ),
        ("TrainingRequest", TrainingRequest.schema),
    ]

    private static let submission: Document = [
        "description": "A job as docs/jobs.md describes it, or the short form for one command in an image.",
        "anyOf": .array([Schema.named("JobDocument"), Schema.named("ImageJob")]),
    ]

    /// The very schema that `/api/v1/schema/job` serves, with its references led into this document.
    private static let jobDocument: Document = .object(
        led(JobSchema.document).members.filter { $0.key != "$schema" })

    private static func led(_ document: Document) -> Document {
        switch document {
        case .object(let members):
            .object(
                members.map { member in
                    guard member.key == "$ref", let reference = member.value.string else {
                        return Document.Member(member.key, led(member.value))
                    }
                    return Document.Member(
                        "$ref",
                        .string(reference.replacing("#/$defs/", with: "#/components/schemas/JobDocument/$defs/"))
                    )
                })
        case .array(let elements): .array(elements.map(led))
        case .null, .bool, .integer, .number, .string: document
        }
    }
}

extension Schema {
    static let moment = text(27...27, pattern: "^[0-9-]{10}T[0-9:]{8}\\.[0-9]{6}Z$", format: "date-time")
    static let digest = text(71...71, pattern: "^sha256:[0-9a-f]{64}$")
    static let job = integer(Bounds.jobNumbers)
    static let tokenName = text(TokenName.length, pattern: TokenName.pattern)
    static let index = integer(Bounds.indexes)
    static let tasks = integer(0...Int64(UInt32.max))
}
