import HTTPTypes
import WeftModel

extension Operations {
    static let nodes: [Operation] = [
        Operation(
            method: .get, path: "/api/v1/nodes", id: "listNodes", tag: .nodes, summary: "List who is or was here",
            access: .role(.viewer),
            answers: [
                .ok(.json("All nodes.", Schema.named("Nodes")))
            ]),
        Operation(
            method: .get, path: "/api/v1/nodes/{node}", id: "getNode", tag: .nodes, summary: "Read a node",
            access: .role(.viewer), parameters: [.ifNoneMatch],
            answers: [
                .ok(
                    .json("The node.", Schema.named("Node")), headers: ["ETag"],
                    links: [Operation.Link("drainNode", ["node": "$response.body#/id"])]), .notModified,
            ]),
        Operation(
            method: .post, path: "/api/v1/nodes/{node}/drain", id: "drainNode", tag: .nodes,
            summary: "Give a node no new work, or work again", access: .role(.admin),
            body: .json("Which of the two.", Schema.named("DrainRequest"), example: ["draining": false]),
            answers: [.ok(.json("The node.", Schema.named("Node")))]),
    ]

    static let tokens: [Operation] = [
        Operation(
            method: .get, path: "/api/v1/tokens", id: "listTokens", tag: .tokens, summary: "List tokens",
            access: .role(.admin),
            answers: [.ok(.json("All tokens in force, without secrets.", Schema.named("Tokens")))]),
        Operation(
            method: .post, path: "/api/v1/tokens", id: "createToken", tag: .tokens, summary: "Make a token",
            details: "Its secret is in the answer, and nowhere else.", access: .role(.admin),
            body: .json(
                "Its name and role.", Schema.named("TokenRequest"), example: ["name": "ci", "role": "submitter"]),
            answers: [
                .created(
                    .json("The token with its secret.", Schema.named("Token")),
                    links: [Operation.Link("revokeToken", ["name": "$response.body#/name"])])
            ], refusals: [.conflict]),
        Operation(
            method: .delete, path: "/api/v1/tokens/{name}", id: "revokeToken", tag: .tokens, summary: "Revoke a token",
            access: .role(.admin), answers: [Operation.Answer(status: 204, content: nil, summary: "It is revoked.")]),
    ]

    static let system: [Operation] = [
        Operation(
            method: .get, path: "/api/v1/whoami", id: "whoAmI", tag: .system, summary: "Ask who one is",
            access: .role(.viewer), answers: [.ok(.json("The token's name and role.", Schema.named("Identity")))]),
        Operation(
            method: .get, path: "/api/v1/version", id: "getVersion", tag: .system, summary: "Ask for versions",
            access: .role(.viewer), answers: [.ok(.json("Versions.", Schema.named("Version")))]),
        Operation(
            method: .get, path: "/api/v1/stats", id: "getStats", tag: .system, summary: "Read counters",
            access: .role(.viewer), answers: [.ok(.json("Counters.", Schema.named("Stats")))]),
        Operation(
            method: .get, path: "/api/v1/schema/job", id: "getJobSchema", tag: .system,
            summary: "Read the JSON Schema of jobs", access: .role(.viewer), parameters: [.ifNoneMatch],
            answers: [
                .ok(.other("Draft 2020-12.", "application/schema+json", schema: ["type": "object"]), headers: ["ETag"]),
                .notModified,
            ]),
        Operation(
            method: .get, path: "/openapi.json", id: "getOpenAPI", tag: .system, summary: "Read this document",
            access: .open, parameters: [.ifNoneMatch],
            answers: [
                .ok(.json("This document.", ["type": "object"]), headers: ["ETag"]), .notModified,
            ]),
        Operation(
            method: .get, path: "/healthz", id: "isAlive", tag: .system, summary: "Ask whether the process lives",
            access: .open, answers: [.ok(.other("It does.", "text/plain"))]),
        Operation(
            method: .get, path: "/readyz", id: "isReady", tag: .system,
            summary: "Ask whether the coordinator can take and run jobs", access: .open,
            answers: [.ok(.other("It can.", "text/plain"))]),
        Operation(
            method: .get, path: "/metrics", id: "getMetrics", tag: .system, summary: "Read metrics, for Prometheus",
            details: "Can be opened to everybody by configuration.", access: .role(.viewer),
            answers: [.ok(.other("Prometheus' text format.", "text/plain"))]),
    ]

    /// Calls as other systems have them, so that their clients work here.
    static let others: [Operation] = [
        Operation(
            method: .get, path: "/stats", id: "getStatsShort", tag: .others, summary: "Read counters",
            details: "The same as `/api/v1/stats`.", access: .role(.viewer),
            answers: [.ok(.json("Counters.", Schema.named("Stats")))]),
        Operation(
            method: .post, path: "/submit_job", id: "submitTraining", tag: .others, summary: "Train a model",
            details: "Not built yet: what is valid is answered with 501, and the detail says what is missing.",
            access: .role(.submitter),
            body: .json(
                "What to train.", Schema.named("TrainingRequest"),
                example: ["model": "mlp", "dataset": "digits", "epochs": 3]),
            answers: [], refusals: [.notBuilt]),
        Operation(
            method: .get, path: "/job_status", id: "getJobStatus", tag: .others,
            summary: "Read a job's status and progress", access: .role(.viewer), parameters: [jobNumber],
            answers: [.ok(.json("Status and progress.", Schema.named("JobStatus")))], refusals: [.notFound]),
        Operation(
            method: .get, path: "/results", id: "getJobResults", tag: .others,
            summary: "Read a job's metrics and the hash of its answers", access: .role(.viewer),
            parameters: [jobNumber],
            answers: [.ok(.json("Metrics and hash.", Schema.named("JobResults")))], refusals: [.notFound, .conflict]),
    ]

    private static let jobNumber = Parameter.query(
        "id", "The job's number.", Schema.integer(Bounds.jobNumbers), isRequired: true)
}
