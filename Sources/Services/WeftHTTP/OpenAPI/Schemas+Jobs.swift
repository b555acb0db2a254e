import WeftFormats
import WeftModel

extension Schemas {
    static let jobs: [(name: String, schema: Document)] = [
        (
            "Job",
            Schema.object(
                "A job.",
                [
                    .always("id", Schema.job, "Its number."), .always("name", Schema.anyText, "For people."),
                    .always("state", Schema.choice(JobState.allCases), "Where it is."),
                    .maybe("reason", Schema.anyText, "Why it ended, where there is more to say than the state."),
                    .always("submitter", Schema.anyText, "The name of the token that submitted it."),
                    .always("submitted_at", Schema.moment, "When it was taken."),
                    .maybe("ended_at", Schema.moment, "When it ended."),
                    .always("counts", Schema.named("TaskCounts"), "How many of its tasks are in which state."),
                    .always("priority", Schema.integer(JobLimits.priority), "Higher runs first."),
                    .always("labels", Schema.map(Schema.anyText), "As submitted."),
                    .always("spec_digest", Schema.digest, "Of the spec's canonical JSON: what receipts name."),
                    .maybe("traceparent", Schema.anyText, "The submitter's span, as W3C Trace Context has it."),
                    .maybe("credits", jobCredits, "Where jobs cost something."),
                    .maybe(
                        "cached", Schema.tasks,
                        "How many of its tasks were given verified answers of earlier ones; not in lists."),
                ])
        ),
        ("Jobs", Schema.page(of: "Job", "A page of jobs.")),
        (
            "TaskCounts",
            Schema.object(
                "How many tasks are in which state; the rest of the total is waiting.",
                [
                    .always("total", Schema.tasks, "All."), .always("running", Schema.tasks, "With open attempts."),
                    .always("succeeded", Schema.tasks, "With an agreed answer, exit status 0 and all outputs."),
                    .always("failed", Schema.tasks, "Ended otherwise."),
                    .always("cancelled", Schema.tasks, "Ended with the job."),
                    .always("disagreed", Schema.tasks, "In which at least one answer differed."),
                ])
        ),
        (
            "Explanation",
            Schema.object(
                "Why a task waits, or what became of it.",
                [
                    .always(
                        "kind", Schema.choice([.notWaiting, .notNow, .neverHere] as [Explanation.Kind]),
                        "Whether it waits, and whether any node could ever run it."),
                    .always("summary", Schema.anyText, "One sentence."),
                    .always("reasons", Schema.list(reason), "One for each thing that is in the way."),
                    .maybe("suggestion", Schema.anyText, "The smallest change that would place it."),
                ])
        ),
        (
            "LogPiece",
            Schema.object(
                "A piece of what a task printed.",
                [
                    .always("task", Schema.anyText, "As `job.index`."),
                    .always("attempt", Schema.anyText, "Which one."),
                    .always("stream", Schema.choice([.stdout, .stderr] as [LogPiece.Stream]), "Which one."),
                    .always("offset", Schema.count, "Bytes from the start of the stream."),
                    .always("dropped", Schema.count, "Bytes before it that are not kept."),
                    .always("bytes", Schema.anyText, "In base64."),
                ])
        ),
        (
            "JobStatus",
            Schema.object(
                "A job's status, short.",
                [
                    .always("id", Schema.job, "Its number."),
                    .always("status", Schema.choice(JobState.allCases), "Where it is."),
                    .always(
                        "progress", ["type": "number", "minimum": 0, "maximum": 100], "Per cent of tasks that ended."),
                ])
        ),
        (
            "JobResults",
            Schema.object(
                "What came of a job.",
                [
                    .always("id", Schema.job, "Its number."),
                    .always("status", Schema.choice(JobState.allCases), "How it ended."),
                    .always(
                        "metrics", Schema.map(Schema.number), "Tasks by state, and seconds from submission to end."),
                    .maybe(
                        "hash", Schema.digest,
                        """
                        The digest of the agreed answer; of an array of up to 10,000 tasks, SHA-256 of one line \
                        `index digest` for each task that has one.
                        """),
                ])
        ),
    ]

    private static let reason = Schema.object(
        "One thing that is in the way.",
        [
            .always("field", Schema.anyText, "The field of the spec that is not met; or `nodes`, `queue`."),
            .always("message", Schema.anyText, "One sentence."),
            .always("nodes", Schema.list(Schema.anyText), "Some of the nodes that it is about."),
            .always("node_count", Schema.count, "How many nodes it is about."),
        ])
}
