import WeftFormats
import WeftModel

extension Schemas {
    static let system: [(name: String, schema: Document)] = [
        (
            "Token",
            Schema.object(
                "A token.",
                [
                    .always("name", Schema.anyText, "Unique."),
                    .always("role", Schema.choice(Role.allCases), "What its bearer may do."),
                    .always("created_at", Schema.moment, "When it was made."),
                    .maybe("revoked_at", Schema.moment, "When it was revoked."),
                    .maybe("secret", Schema.anyText, "Only in the answer to its making."),
                ])
        ),
        ("Tokens", Schema.page(of: "Token", "Tokens in force.")),
        (
            "Identity",
            Schema.object(
                "Who a token stands for.",
                [
                    .always("name", Schema.anyText, "The token's name."),
                    .always("role", Schema.choice(Role.allCases), "What it may do."),
                ])
        ),
        (
            "Version",
            Schema.object(
                "Versions.",
                [
                    .always("version", Schema.anyText, "Of the coordinator."),
                    .always("api", Schema.list(Schema.anyText), "Of the API."),
                    .always("coordinator", Schema.anyText, "Its peer id."),
                ])
        ),
        (
            "Log",
            Schema.object(
                "The log of receipts.",
                [
                    .always("size", Schema.integer(0...Int64.max), "How many entries it has."),
                    .always(
                        "minimum_index", Schema.integer(0...Int64.max), "The first that was not pruned."),
                ])
        ),
        ("Stats", stats),
        ("Event", event),
        ("Events", Schema.page(of: "Event", "Events, oldest first; `next` is the `after` of the page after.")),
        (
            "Problem",
            Schema.object(
                "What went wrong (RFC 9457).",
                [
                    .always("type", Schema.text(1...100), "A path below `/problems/`."),
                    .always("title", Schema.anyText, "The kind of problem in words."),
                    .always("status", Schema.integer(400...599), "The status of the answer."),
                    .maybe("detail", Schema.anyText, "What went wrong here, and what would be right."),
                    .maybe("errors", Schema.list(wrongField), "Every field that is wrong."),
                    .maybe("available", Schema.amount, "Of 402: what the submitter has."),
                    .maybe("needed", Schema.amount, "Of 402: what the job can cost."),
                    .maybe("missing", Schema.amount, "Of 402: the difference."),
                    .maybe("request_id", Schema.anyText, "Under which the coordinator's log has it."),
                ])
        ),
    ]

    private static let wrongField = Schema.object(
        "A field that is wrong.",
        [
            .always("field", Schema.anyText, "As `inputs[2].blob`; empty for the whole."),
            .always("message", Schema.anyText, "What would be right."),
        ])

    private static let stats = Schema.object(
        "What is going on, and counters since the coordinator started.",
        [
            .always("coordinator", Schema.anyText, "Its peer id."), .always("version", Schema.anyText, "Of Weft."),
            .always("started_at", Schema.moment, "When it started."),
            .always("uptime_seconds", Schema.number, "Since then."),
            .always("jobs_unfinished", Schema.count, "Waiting or running."),
            .always("tasks_waiting", Schema.count, "Of these jobs."),
            .always("attempts_running", Schema.count, "Assigned or running."),
            .always("tasks_ended", Schema.count, "Since the start."),
            .always("attempts_ended", Schema.count, "Since the start."),
            .always("attempts_lost", Schema.count, "With their nodes."),
            .always("backups", Schema.count, "Second attempts of tasks whose first ones took long."),
            .maybe("tasks_held", Schema.count, "Answered, until the nodes that answered were checked."),
            .always("disagreements", Schema.count, "Answers that differed."),
            .always("nodes_connected", Schema.count, "With an open link."),
            .always("nodes_known", Schema.count, "In all."),
            .always("subscribers", Schema.count, "Open streams of events."),
            .always("commits", Schema.count, "Transactions of the journal."),
            .always("committed_changes", Schema.count, "What they held."),
            .maybe("tasks_failed", Schema.count, "Of the tasks that ended."),
            .maybe("commit_seconds", ["type": "number", "minimum": 0], "How long all commits together took."),
            .maybe("credits", Schemas.creditStats, "Where jobs cost something."),
            .maybe("webhooks", Schemas.webhookStats, "Where there are some."),
            .maybe("cache_hits", Schema.count, "Tasks that were given verified answers of earlier ones."),
            .maybe("cache_misses", Schema.count, "Tasks that were looked up and had to be run."),
            .maybe("cache_refused", Schema.count, "Kept answers that were not what they claimed to be."),
            .maybe("cache_entries", Schema.count, "Answers that are kept."),
            .maybe("log", Schema.named("Log"), "How much there is of it."),
        ])

    private static let event = Schema.object(
        "Something that happened.",
        [
            .always("id", Schema.anyText, "Counts up; where to go on after a break."),
            .always("at", Schema.moment, "When."),
            .always("kind", Schema.choice(EventView.Kind.allCases), "What."),
            .maybe("job", Schema.job, "The job it is about."), .maybe("task", Schema.anyText, "As `job.index`."),
            .maybe("attempt", Schema.anyText, "As `job.index.replica@lease`."),
            .maybe("node", Schema.anyText, "The node it is about."),
            .maybe("name", Schema.anyText, "Of the job or node."), .maybe("state", Schema.anyText, "The new one."),
            .maybe("verdict", Schema.choice(Verdict.allCases), "Of the task."),
            .maybe("counts", Schema.named("TaskCounts"), "Of the job."),
            .maybe("reason", Schema.anyText, "One sentence."),
            .maybe("score", Schema.integer(0...100), "The node's."),
            .maybe("missed", Schema.count, "How many events are no longer kept."),
            .maybe("submitter", Schema.anyText, "Whose job it is, or whose credits."),
            .maybe("from", Schema.anyText, "The account that credits came from; `state` is the kind of movement."),
            .maybe("to", Schema.anyText, "The account that they went to."),
            .maybe("amount", Schema.amount, "How many."),
        ])
}
