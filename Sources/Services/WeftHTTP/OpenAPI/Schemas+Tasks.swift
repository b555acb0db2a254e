import WeftFormats
import WeftModel

extension Schemas {
    static let tasks: [(name: String, schema: Document)] = [
        (
            "Task",
            Schema.object(
                "A task.",
                [
                    .always("id", Schema.anyText, "As `job.index`."), .always("job", Schema.job, "Its job's number."),
                    .always("index", Schema.index, "Its index in the job."),
                    .always("state", Schema.choice(TaskState.allCases), "Where it is."),
                    .maybe("verdict", Schema.choice(Verdict.allCases), "What verification concluded."),
                    .maybe("answer", Schema.digest, "What the agreed answer is compared by."),
                    .maybe(
                        "alike", Schema.list(Schema.digest),
                        "Other answers that were found to be like it, where not only equal ones are."),
                    .maybe("reason", Schema.anyText, "Why it failed."),
                    .always("dissenters", Schema.count, "How many answers differed from the agreed one."),
                    .maybe(
                        "error_bound", ["type": "number", "minimum": 0, "maximum": 1],
                        "The probability that the answer is wrong, of jobs with a `max_error`."),
                    .maybe("ended_at", Schema.moment, "When it ended."),
                    .maybe("completion", Schema.named("Completion"), "The agreed answer."),
                    .maybe(
                        "cached_from", Schema.anyText,
                        "The task that was run in its place, as `job.index`: answer, outputs and receipt are that one's."
                    ),
                    .maybe(
                        "attempts", Schema.list(Schema.named("Attempt")), "In lists only where they were asked for."),
                ])
        ),
        ("Tasks", Schema.page(of: "Task", "A page of tasks.")),
        (
            "Attempt",
            Schema.object(
                "One try at a replica, on one node.",
                [
                    .always("id", Schema.anyText, "As `job.index.replica@lease`."),
                    .always("replica", Schema.integer(0...Int64(UInt16.max)), "Which of the independent executions."),
                    .always("node", Schema.anyText, "The node's peer id."),
                    .always("node_name", Schema.anyText, "For people."),
                    .always(
                        "state",
                        Schema.choice([.assigned, .running, .completed, .failed] as [AttemptView.State]), "Where it is."
                    ),
                    .maybe("started_at", Schema.moment, "When the payload began."),
                    .maybe("finished_at", Schema.moment, "When it ended."),
                    .maybe("answer", Schema.digest, "What its answer is compared by."),
                    .maybe("agreed", Schema.flag, "Whether it is the agreed answer."),
                    .maybe("completion", Schema.named("Completion"), "Its answer."),
                    .maybe("failure", failure, "Why it gave none."), .maybe("usage", usage, "What it used."),
                ])
        ),
        (
            "Completion",
            Schema.object(
                "An answer: what the payload left behind.",
                [
                    .always("exit_status", Schema.integer(0...255), "128 + n for a payload that signal n ended."),
                    .maybe("standard_output", Schema.named("Blob"), "None when it was empty."),
                    .maybe("standard_error", Schema.named("Blob"), "The kept part; never compared."),
                    .always("outputs", Schema.list(output), "In the order of the job."),
                ])
        ),
        (
            "Blob",
            Schema.object(
                "Immutable bytes, by name and length.",
                [
                    .always("digest", Schema.digest, "Their SHA-256."),
                    .always("size_bytes", Schema.count, "How many."),
                ])
        ),
    ]

    private static let output = Schema.object(
        "A declared output.",
        [
            .always("path", Schema.anyText, "As declared."),
            .maybe("blob", Schema.named("Blob"), "None when it was not there."),
        ])

    private static let failure = Schema.object(
        "Why an attempt gave no answer.",
        [
            .always("kind", Schema.choice(AttemptFailure.Kind.allCases), "What happened."),
            .always("message", Schema.anyText, "One sentence."),
        ])

    private static let usage = Schema.object(
        "What an attempt used, as far as its driver counts it.",
        [
            .always("wall_microseconds", Schema.count, "From start to end."),
            .maybe("cpu_microseconds", Schema.count, "On all processors."),
            .maybe("peak_memory_bytes", Schema.count, "At most."),
            .maybe("disk_bytes", Schema.count, "Of the working directory."),
            .maybe("output_bytes", Schema.count, "Printed."),
        ])
}
