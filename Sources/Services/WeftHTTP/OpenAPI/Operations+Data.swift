import HTTPTypes
import WeftFormats
import WeftModel

extension Operations {
    static let blobs: [Operation] = [
        Operation(
            method: .post, path: "/api/v1/blobs", id: "createBlob", tag: .blobs, summary: "Upload bytes",
            access: .role(.submitter), body: bytes,
            answers: [
                .created(
                    .json("What the bytes are called.", Schema.named("Blob")),
                    links: [Operation.Link("getBlob", ["digest": "$response.body#/digest"])])
            ], refusals: [.full]),
        Operation(
            method: .put, path: "/api/v1/blobs/{digest}", id: "putBlob", tag: .blobs,
            summary: "Upload bytes whose digest is known",
            details: "Other bytes than the digest names are not kept, and answered with 422.",
            access: .role(.submitter), body: bytes,
            answers: [.created(.json("What the bytes are called.", Schema.named("Blob")))], refusals: [.full]),
        Operation(
            method: .get, path: "/api/v1/blobs/{digest}", id: "getBlob", tag: .blobs, summary: "Read bytes",
            access: .role(.viewer), parameters: Parameter.bytes, answers: Operation.Answer.bytes("The bytes."),
            refusals: [.range]),
    ]

    static let events: [Operation] = [
        Operation(
            method: .get, path: "/api/v1/events", id: "listEvents", tag: .events, summary: "Read or await events",
            details: """
                A page of the events that are kept, or all that come from now on as server-sent events for who accepts \
                `text/event-stream`. Its `id` is the event's, `event` its kind, `data` the event as JSON.
                """, access: .role(.viewer),
            parameters: [
                .query(
                    "after", "The id of the last event that is known.",
                    Schema.text(Bounds.eventID, pattern: Bounds.eventPattern)),
                .query("job", "Only events of this job.", Schema.integer(Bounds.jobNumbers)),
                .query("node", "Only events of this node.", Schema.text(Bounds.nodeName, pattern: Bounds.plainPattern)),
                .repeated(
                    "kind", "Only events of these kinds.", Schema.choice(EventView.Kind.allCases),
                    atMost: Bounds.repeats),
                .query(
                    "logs", "With `job`, in a stream: what its tasks print, too, as events `log` without an id.",
                    Schema.flag),
                .limit(Bounds.eventsOfAPage, standard: 1000), .wait,
                .header(
                    "Last-Event-ID", "Where a stream broke off; wins over `after`.",
                    Schema.text(Bounds.eventID, pattern: Bounds.eventPattern)),
            ],
            answers: [
                .ok(
                    Operation.Content(
                        summary: "Events.",
                        types: [("application/json", Schema.named("Events")), ("text/event-stream", nil)]))
            ], refusals: [.busy])
    ]

    private static let bytes = Operation.Content(
        summary: "Any bytes, at most 16 GiB; none at all are an empty blob.",
        types: [("application/octet-stream", nil)], isRequired: false)
}
