import HTTPTypes
import WeftModel

/// Every operation of the document, in its order. A new route needs an entry here, in the list of its subject.
enum Operations {
    static let all: [Operation] =
        jobs + tasks + log + blobs + events + webhooks + nodes + credits + tokens
        + system + tes + others
}

extension Parameter {
    static let wait = query(
        "wait",
        """
        For how long to wait for the end, at most; cut to a minute. Seconds, or with a unit: `30s`, `500ms`, `1m`.
        """, Schema.text(1...9, pattern: Bounds.durationPattern))

    static func limit(_ range: ClosedRange<Int>, standard: Int) -> Parameter {
        query(
            "limit", "The most entries of the page; \(standard) by default.",
            Schema.integer(Int64(range.lowerBound)...Int64(range.upperBound)))
    }

    static let cursor = query(
        "cursor", "The `next` of the page before.", Schema.text(1...18, pattern: Bounds.cursorPattern))

    static func idempotencyKey(_ summary: String) -> Parameter {
        header("Idempotency-Key", summary, Schema.text(Bounds.idempotencyKey, pattern: Bounds.plainPattern))
    }

    static let traceparent = header(
        "traceparent", "The span that the job belongs to, as W3C Trace Context has it; what is none does not count.",
        Schema.anyText)

    static let ifNoneMatch = header(
        "If-None-Match", "The `ETag` of what the client has: 304 if it is still that.", Schema.anyText)

    static let bytes: [Parameter] = [
        ifNoneMatch,
        header("Range", "One range of bytes, `bytes=0-99`; several are answered with the whole.", Schema.anyText),
        header("If-Range", "The `ETag` that the range is of; the whole, if it is another one.", Schema.anyText),
    ]
}

extension Operation.Answer {
    static func bytes(_ summary: String) -> [Operation.Answer] {
        [
            .ok(.other(summary, "application/octet-stream"), headers: ["ETag"]),
            Operation.Answer(
                status: 206, content: .other("The bytes asked for.", "application/octet-stream"),
                summary: "The bytes asked for.", headers: ["ETag", "Content-Range"]),
            .notModified,
        ]
    }
}

extension Operation.Link {
    static let toJob: [Operation.Link] = [
        "getJob", "getJobSpec", "cancelJob", "explainJob", "listTasks", "listResults", "getLogs",
    ].map { Operation.Link($0, ["job": "$response.body#/id"]) }
}
