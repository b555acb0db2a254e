import HTTPTypes
import WeftModel

extension Operations {
    static let tasks: [Operation] = [
        Operation(
            method: .get, path: "/api/v1/jobs/{job}/tasks", id: "listTasks", tag: .tasks,
            summary: "List a job's tasks, by index", access: .role(.viewer),
            parameters: [
                .repeated(
                    "state", "Only tasks in one of these states.", Schema.choice(TaskState.allCases),
                    atMost: Bounds.repeats),
                .query("disagreed", "Only tasks that were answered differently.", Schema.flag),
                .query("attempts", "Whether every task has its attempts.", Schema.flag), .index,
                .limit(Bounds.tasksOfAPage, standard: 1000),
            ], answers: [page("A page of tasks.")]),
        Operation(
            method: .get, path: "/api/v1/jobs/{job}/results", id: "listResults", tag: .tasks,
            summary: "List tasks that succeeded, with their agreed answers", access: .role(.viewer),
            parameters: [.index, .limit(Bounds.tasksOfAPage, standard: 1000)], answers: [page("A page of tasks.")]),
        Operation(
            method: .get, path: "/api/v1/jobs/{job}/tasks/{index}", id: "getTask", tag: .tasks,
            summary: "Read a task with its attempts", access: .role(.viewer), parameters: [.ifNoneMatch],
            answers: [.ok(.json("The task.", Schema.named("Task")), headers: ["ETag"], links: ofTask), .notModified]),
        Operation(
            method: .get, path: "/api/v1/jobs/{job}/tasks/{index}/stdout", id: "getStandardOutput", tag: .tasks,
            summary: "Read what the agreed answer printed", access: .role(.viewer), parameters: Parameter.bytes,
            answers: Operation.Answer.bytes("All of standard output."), refusals: [.conflict, .range]),
        Operation(
            method: .get, path: "/api/v1/jobs/{job}/tasks/{index}/stderr", id: "getStandardError", tag: .tasks,
            summary: "Read what the agreed answer printed to standard error", access: .role(.viewer),
            parameters: Parameter.bytes,
            answers: Operation.Answer.bytes("What is kept of standard error."), refusals: [.conflict, .range]),
        Operation(
            method: .get, path: "/api/v1/jobs/{job}/tasks/{index}/outputs/{path...}", id: "getOutput", tag: .tasks,
            summary: "Read an output of the agreed answer", access: .role(.viewer), parameters: Parameter.bytes,
            answers: Operation.Answer.bytes("The file."), refusals: [.conflict, .range]),
        Operation(
            method: .get, path: "/api/v1/jobs/{job}/tasks/{index}/receipt", id: "getReceipt", tag: .tasks,
            summary: "Read the receipt", details: "The signed evidence of the verdict, byte for byte.",
            access: .role(.viewer), parameters: [.ifNoneMatch],
            answers: [
                .ok(.other("The receipt.", "application/vnd.weft.receipt+json"), headers: ["ETag"]), .notModified,
            ], refusals: [.conflict]),
        Operation(
            method: .get, path: "/api/v1/jobs/{job}/tasks/{index}/log-proof", id: "getLogProof", tag: .log,
            summary: "Prove that a receipt is in the log", access: .role(.viewer),
            answers: [.ok(.other("An inclusion proof.", "application/vnd.weft.log-proof+json"))],
            refusals: [.conflict]),
    ]

    static let log: [Operation] = [
        Operation(
            method: .get, path: "/api/v1/log", id: "getLog", tag: .log,
            summary: "Read which entries the log has", access: .role(.viewer),
            answers: [.ok(.json("As of now.", Schema.named("Log")))]),
        Operation(
            method: .get, path: "/api/v1/log/head", id: "getLogHead", tag: .log,
            summary: "Read a signed head of the log",
            access: .role(.viewer),
            answers: [.ok(.other("The head as of now.", "application/vnd.weft.tree-head+json"))]),
        Operation(
            method: .get, path: "/api/v1/log/consistency", id: "getLogConsistency", tag: .log,
            summary: "Prove that the log only grew", access: .role(.viewer),
            parameters: [
                .query(
                    "from", "How many entries it had at an earlier head.", Schema.integer(0...Int64.max),
                    isRequired: true)
            ],
            answers: [.ok(.other("A consistency proof.", "application/vnd.weft.log-proof+json"))],
            refusals: [.notFound]),
        Operation(
            method: .get, path: "/api/v1/log/tiles/{level}/{tile}", id: "getLogTile", tag: .log,
            summary: "Read up to 256 hashes of the log's tree", access: .role(.viewer),
            answers: [.ok(.other("Hashes of 32 bytes each.", "application/octet-stream"))]),
    ]

    private static func page(_ summary: String) -> Operation.Answer {
        .ok(.json(summary, Schema.named("Tasks")))
    }

    private static let ofTask: [Operation.Link] = [
        "getReceipt", "getLogProof", "getStandardOutput", "getStandardError",
    ].map { Operation.Link($0, ["job": "$response.body#/job", "index": "$response.body#/index"]) }
}

extension Parameter {
    /// Tasks are paged by their indexes.
    fileprivate static let index = query(
        "cursor", "The `next` of the page before: go on after this index.", Schema.integer(Bounds.indexes))
}
