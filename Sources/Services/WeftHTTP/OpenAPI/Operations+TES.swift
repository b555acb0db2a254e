import HTTPTypes
import WeftModel
import WeftTES

extension Operations {
    /// GA4GH TES, once for each place where it is.
    static let tes: [Operation] = zip(TESRoutes.prefixes, ["tes", "oldTES"]).flatMap { operations(below: $0, $1) }

    private static func operations(below prefix: String, _ name: String) -> [Operation] {
        let view = Parameter.query(
            "view", "How much of a task is told: `MINIMAL` by default.", Schema.choice(TaskDocument.View.allCases))
        return [
            Operation(
                method: .get, path: "\(prefix)/service-info", id: "\(name)ServiceInfo", tag: .tes,
                summary: "Ask what TES can do here", access: .role(.viewer),
                answers: [.ok(.json("What is served.", Schema.named("TESServiceInfo")))]),
            Operation(
                method: .get, path: "\(prefix)/tasks/service-info", id: "\(name)OldServiceInfo", tag: .tes,
                summary: "Ask what TES can do here, as its first versions did", access: .role(.viewer),
                answers: [.ok(.json("What is served.", Schema.named("TESOldServiceInfo")))]),
            Operation(
                method: .post, path: "\(prefix)/tasks", id: "\(name)CreateTask", tag: .tes, summary: "Submit a task",
                details: "What is wrong with it is answered with 400.", access: .role(.submitter),
                body: .json(
                    "The task.", Schema.named("TESTaskRequest"),
                    example: ["executors": [["image": "alpine:3.20", "command": ["echo", "hello"]]]]),
                answers: [
                    .ok(
                        .json("Its id.", Schema.named("TESTaskID")),
                        links: [Operation.Link("\(name)GetTask", ["task": "$response.body#/id"])])
                ], refusals: [.budget, .busy, .full]),
            Operation(
                method: .get, path: "\(prefix)/tasks", id: "\(name)ListTasks", tag: .tes, summary: "List tasks",
                details: "The newest first. A page may hold less than was asked for, and still have a next one.",
                access: .role(.viewer),
                parameters: [
                    .query("name_prefix", "What the name begins with.", Schema.anyText),
                    .query("state", "Only tasks in this state.", Schema.choice(TESState.allCases)),
                    .repeated("tag_key", "A tag that the task has.", Schema.anyText, atMost: Bounds.repeats),
                    .repeated(
                        "tag_value", "The value of the `tag_key` in the same place; empty: any.", Schema.anyText,
                        atMost: Bounds.repeats),
                    .query("page_size", "The most tasks of the page; 256 by default.", Schema.integer(1...2047)),
                    .query(
                        "page_token", "The `next_page_token` of the page before.",
                        Schema.text(0...18, pattern: "^(0|[1-9][0-9]{0,17})?$")),
                    view,
                ], answers: [.ok(.json("A page of tasks.", Schema.named("TESTasks")))]),
            Operation(
                method: .post, path: "\(prefix)/tasks/{task}:cancel", id: "\(name)CancelTask", tag: .tes,
                summary: "Stop a task", details: "Harmless when it has ended. Submitters stop their own.",
                access: .role(.submitter), answers: [.ok(.json("Nothing.", Schema.named("TESNothing")))]),
            Operation(
                method: .get, path: "\(prefix)/tasks/{task}", id: "\(name)GetTask", tag: .tes, summary: "Read a task",
                access: .role(.viewer), parameters: [view],
                answers: [.ok(.json("The task.", Schema.named("TESTask")))]),
        ]
    }
}

extension Schemas {
    static let tes: [(name: String, schema: Document)] = [
        (
            "TESTaskRequest",
            Schema.object("A task of GA4GH TES.", taskFields + ignoredFields, isClosed: true)
        ),
        (
            "TESTask",
            Schema.object("A task; `MINIMAL` has its id and state.", serverFields + shownFields)
        ),
        ("TESTaskID", Schema.object("A task's id.", [.always("id", Schema.anyText, "Its id.")])),
        ("TESNothing", Schema.object("Nothing.", [])),
        (
            "TESTasks",
            Schema.object(
                "Tasks.",
                [
                    .always("tasks", Schema.list(Schema.named("TESTask")), "The newest first."),
                    .maybe("next_page_token", Schema.anyText, "Leads to the next page; none at the end."),
                ])
        ),
        (
            "TESServiceInfo",
            Schema.object(
                "What is served.",
                [
                    .always("id", Schema.anyText, "The service's id."), .always("name", Schema.anyText, "Its name."),
                    .always("type", Schema.map(Schema.anyText), "What of GA4GH it serves."),
                    .always("description", Schema.anyText, "What it does."),
                    .always("organization", Schema.map(Schema.anyText), "Whose it is."),
                    .always("version", Schema.anyText, "Weft's version."),
                    .always("storage", Schema.list(Schema.anyText), "Where inputs and outputs may be."),
                    .always(
                        "tesResources_backend_parameters", Schema.list(Schema.anyText),
                        "What `backend_parameters` may have."),
                ])
        ),
        (
            "TESOldServiceInfo",
            Schema.object(
                "What is served.",
                [
                    .always("name", Schema.anyText, "Its name."), .always("doc", Schema.anyText, "What it does."),
                    .always("storage", Schema.list(Schema.anyText), "Where inputs and outputs may be."),
                ])
        ),
    ]

    private static let serverFields: [Schema.Field] = [
        .always("id", Schema.anyText, "Its id."),
        .always("state", Schema.choice(TESState.allCases), "Its state."),
        .maybe("creation_time", Schema.anyText, "When it was submitted."),
        .maybe("logs", Schema.list(["type": "object"]), "How it went."),
    ]

    /// A task that was read can be sent again. Only the server gives these, as the standard's own document says.
    private static let ignoredFields: [Schema.Field] = ["id", "state", "creation_time", "logs"].map {
        .maybe($0, ["readOnly": true], "The server's: whatever it is, it is passed over.")
    }

    private static let taskFields: [Schema.Field] =
        [
            .always("executors", executors, "What runs, one after the other.")
        ] + otherFields

    private static let shownFields: [Schema.Field] =
        [.maybe("executors", executors, "What runs, one after the other.")] + otherFields

    private static let executors: Document = Schema.list(
        Schema.object(
            "A command.",
            [
                .always("image", Schema.text(1...JobLimits.imageBytes.upperBound), "A registry's reference."),
                .always(
                    "command", Schema.list(Schema.anyText, atMost: JobLimits.arguments.upperBound),
                    "Program and arguments."),
                .orNull("workdir", Schema.anyText, "Where it starts, as an absolute path."),
                .orNull("stdin", Schema.anyText, "The file that it reads, as an absolute path."),
                .orNull("stdout", Schema.anyText, "The file that gets its standard output."),
                .orNull("stderr", Schema.anyText, "The file that gets its standard error."),
                .orNull("env", Schema.map(Schema.anyText), "Variables."),
                .orNull("ignore_error", Schema.flag, "Whether the next one runs even if it fails."),
            ], isClosed: true), atMost: TaskDocument.executorsMax)

    private static let gigabytes: Document = [
        "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1_000_000_000,
    ]

    private static let otherFields: [Schema.Field] = [
        .orNull("name", Schema.anyText, "For people."), .orNull("description", Schema.anyText, "For people."),
        .orNull(
            "inputs",
            Schema.list(
                Schema.object(
                    "A file or directory that is there from the start.",
                    [
                        .orNull("name", Schema.anyText, "For people."),
                        .orNull("description", Schema.anyText, "For people."),
                        .orNull("url", Schema.anyText, "`file://`, `http://`, `https://` or `weft://sha256:…`."),
                        .always("path", Schema.text(2...JobLimits.pathBytes), "Where it is, as an absolute path."),
                        .orNull("type", Schema.choice(TaskDocument.FileType.allCases), "`FILE` by default."),
                        .orNull("content", Schema.anyText, "The content itself; then `url` does not count."),
                        .orNull("streamable", Schema.flag, "Passed over."),
                    ], isClosed: true), atMost: JobLimits.files), "What it reads."),
        .orNull(
            "outputs",
            Schema.list(
                Schema.object(
                    "A file or directory, or what wildcards match.",
                    [
                        .orNull("name", Schema.anyText, "For people."),
                        .orNull("description", Schema.anyText, "For people."),
                        .always("url", Schema.text(1...4096), "`file://`, or `weft:` for the coordinator's own store."),
                        .always("path", Schema.text(2...JobLimits.pathBytes), "Where it is, as an absolute path."),
                        .orNull("path_prefix", Schema.anyText, "What matches lose at their front."),
                        .orNull("type", Schema.choice(TaskDocument.FileType.allCases), "`FILE` by default."),
                    ], isClosed: true), atMost: JobLimits.files), "What is kept."),
        .orNull(
            "resources",
            Schema.object(
                "What it may use.",
                [
                    .orNull("cpu_cores", Schema.integer(1...1024), "Processors; 1 by default."),
                    .orNull("preemptible", Schema.flag, "Passed over."),
                    .orNull("ram_gb", gigabytes, "Memory in 10^9 bytes; 1 GiB by default."),
                    .orNull("disk_gb", gigabytes, "Disk in 10^9 bytes; 10 GiB by default."),
                    .orNull("zones", Schema.list(Schema.anyText, atMost: 64), "Passed over."),
                    .orNull("backend_parameters", Schema.map(Schema.anyText), "Weft's own policies."),
                    .orNull("backend_parameters_strict", Schema.flag, "Whether unknown ones are refused."),
                ], isClosed: true), "What it may use."),
        .orNull(
            "volumes", Schema.list(Schema.anyText, atMost: TaskDocument.volumesMax),
            "Directories that are empty at the start."),
        .orNull("tags", Schema.map(Schema.anyText), "For finding it again."),
    ]
}

extension Schema.Field {
    /// Clients of TES send null for what they have nothing to say of.
    fileprivate static func orNull(_ name: String, _ schema: Document, _ summary: String) -> Schema.Field {
        .maybe(name, Schema.anyOf([schema, ["type": "null"]]), summary)
    }
}
