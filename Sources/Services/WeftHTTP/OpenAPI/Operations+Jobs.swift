import HTTPTypes
import WeftModel

extension Operations {
    static let jobs: [Operation] = [
        Operation(
            method: .post, path: "/api/v1/jobs", id: "createJob", tag: .jobs, summary: "Submit a job",
            details: "With a known idempotency key the answer is the first job of that key, and 200.",
            access: .role(.submitter),
            parameters: [
                .wait,
                .idempotencyKey(
                    "A second submission with the same key is answered with the first job. Wins over `idempotency_key`."
                ),
                .traceparent,
            ],
            body: Operation.Content(
                summary: "A job: at most 8 MiB of JSON or YAML.",
                types: [
                    ("application/json", Schema.named("JobSubmission")),
                    ("application/yaml", Schema.named("JobSubmission")),
                ],
                example: [
                    "name": "squares", "command": "echo $((WEFT_TASK_INDEX * WEFT_TASK_INDEX))", "array": 3,
                    "verification": ["replicas": 1],
                ]),
            answers: [
                .created(.json("The new job.", Schema.named("Job")), links: Operation.Link.toJob),
                .ok(.json("The job that has the key.", Schema.named("Job")), headers: ["Location"]),
            ],
            refusals: [.budget, .conflict, .busy]),
        Operation(
            method: .get, path: "/api/v1/jobs", id: "listJobs", tag: .jobs, summary: "List jobs, newest first",
            access: .role(.viewer),
            parameters: [
                .repeated(
                    "state", "Only jobs in one of these states.", Schema.choice(JobState.allCases),
                    atMost: Bounds.repeats),
                .query(
                    "submitter", "Only jobs that this token submitted.",
                    Schema.tokenName),
                .repeated(
                    "label", "Only jobs with these labels, each as `key=value`.",
                    Schema.text(Bounds.labelText, pattern: Bounds.labelPattern), atMost: Bounds.repeats),
                .cursor, .limit(Bounds.jobsOfAPage, standard: 100),
            ],
            answers: [
                .ok(.json("A page of jobs.", Schema.named("Jobs")))
            ]),
        Operation(
            method: .get, path: "/api/v1/jobs/{job}", id: "getJob", tag: .jobs, summary: "Read a job, or await its end",
            access: .role(.viewer), parameters: [.wait, .ifNoneMatch],
            answers: [
                .ok(
                    .json("The job.", Schema.named("Job")), headers: ["ETag"],
                    links: [
                        Operation.Link("cancelJob", ["job": "$response.body#/id"]),
                        Operation.Link("listTasks", ["job": "$response.body#/id"]),
                    ]), .notModified,
            ], refusals: [.busy]),
        Operation(
            method: .get, path: "/api/v1/jobs/{job}/spec", id: "getJobSpec", tag: .jobs,
            summary: "Read what was submitted", details: "In its canonical form, all that was left out filled in.",
            access: .role(.viewer), parameters: [.ifNoneMatch],
            answers: [
                .ok(.json("The job as it was submitted.", ["type": "object"]), headers: ["ETag"]), .notModified,
            ]),
        Operation(
            method: .post, path: "/api/v1/jobs/{job}/cancel", id: "cancelJob", tag: .jobs, summary: "Cancel a job",
            details: "A job that has ended stays as it is. Submitters cancel their own jobs only, an admin any.",
            access: .role(.submitter),
            answers: [
                .ok(
                    .json("The job, cancelled.", Schema.named("Job")),
                    links: [Operation.Link("getJob", ["job": "$response.body#/id"])])
            ]),
        Operation(
            method: .get, path: "/api/v1/jobs/{job}/explain", id: "explainJob", tag: .jobs,
            summary: "Ask why a job waits", details: "And for the smallest change that would place it.",
            access: .role(.viewer),
            parameters: [.query("task", "The index of the task that is meant.", Schema.integer(Bounds.indexes))],
            answers: [.ok(.json("Why.", Schema.named("Explanation")))]),
        Operation(
            method: .get, path: "/api/v1/jobs/{job}/logs", id: "getLogs", tag: .jobs,
            summary: "Read what tasks print",
            details: """
                One JSON object (`LogPiece`) per line, or server-sent events (`log`, then `end`) for who accepts \
                `text/event-stream`. Empty lines and comments are heartbeats.
                """, access: .role(.viewer),
            parameters: [
                .query(
                    "task", "The index of the task that is meant; all tasks by default.", Schema.integer(Bounds.indexes)
                ),
                .query("follow", "Whether to go on until the job has ended.", Schema.flag),
            ],
            answers: [.ok(.other("Pieces of logs.", "application/x-ndjson", "text/event-stream"))], refusals: [.busy]),
    ]
}
