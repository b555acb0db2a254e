import WeftCoordinator
import WeftFormats
import WeftModel

extension Schemas {
    static let credits: [(name: String, schema: Document)] = [
        (
            "Account",
            Schema.object(
                "What an account has.",
                [
                    .always("account", Schema.account, "Which one."),
                    .always("balance", Schema.amount, "What is in it."),
                    .maybe("reserved", Schema.amount, "Of a submitter: set aside for jobs that have not ended."),
                ])
        ),
        ("Accounts", Schema.page(of: "Account", "Accounts with something in them, by their names.")),
        (
            "Movement",
            Schema.object(
                "Credits that went from one account to another.",
                [
                    .always("sequence", Schema.count, "Counts up."), .always("at", Schema.moment, "When."),
                    .always("kind", Schema.choice(MovementView.Kind.allCases), "What for."),
                    .always("from", Schema.account, "Out of which."), .always("to", Schema.account, "Into which."),
                    .always("amount", Schema.amount, "How much."),
                    .maybe("shortfall", Schema.amount, "What was to be moved, too, and was not there."),
                    .maybe("job", Schema.job, "The job it is about."),
                    .maybe("task", Schema.anyText, "The task that was paid, as `job.index`."),
                    .maybe("receipt", Schema.anyText, "The path of the receipt that it was paid for."),
                    .maybe("payment", Schema.count, "The number of the payment that is taken back."),
                    .maybe("reason", Schema.anyText, "One sentence."), .maybe("by", Schema.anyText, "Who granted it."),
                    .maybe("key", Schema.anyText, "A grant with this key is made once."),
                ])
        ),
        (
            "Statement",
            Schema.object(
                "A page of what happened on an account, oldest first.",
                [
                    .always("account", Schema.account, "Which one."),
                    .always("opening", Schema.amount, "What was in it before the first line."),
                    .always("items", Schema.list(line), "The lines."),
                    .maybe("next", Schema.anyText, "The cursor of the page after; none at the end."),
                ])
        ),
        (
            "GrantRequest",
            Schema.object(
                "Credits to give to a submitter.",
                [
                    .always(
                        "submitter", Schema.tokenName,
                        "The name of a token that may submit jobs."),
                    .always("amount", Schema.text(1...20, pattern: Bounds.grantPattern), "Above 0, as `12.5`."),
                    .always(
                        "reason", Schema.text(1...Coordinator.maxReasonBytes),
                        "Why, in at most \(Coordinator.maxReasonBytes) bytes."),
                ], isClosed: true)
        ),
    ]

    static let jobCredits = Schema.object(
        "What a job costs its submitter.",
        [
            .always("reserved", Schema.amount, "Set aside: the most that it can cost."),
            .always("spent", Schema.amount, "Paid to nodes so far."),
            .maybe("refunded", Schema.amount, "Gone back; not there until nothing of the job is left to happen."),
        ])

    static let creditStats = Schema.object(
        "All grants, and counters since the coordinator started.",
        [
            .always("granted", Schema.amount, "To submitters, ever."), .always("paid", Schema.amount, "To nodes."),
            .always("reversed", Schema.amount, "Taken back from nodes that lied."),
            .always("refunded", Schema.amount, "Given back to submitters."),
            .always("open_escrows", Schema.count, "Jobs for which something is set aside."),
        ])

    private static let line = Schema.object(
        "A movement as one account sees it.",
        [
            .always("movement", Schema.named("Movement"), "What happened."),
            .always("change", Schema.amount, "Below 0 for what went out."),
            .always("balance", Schema.amount, "After it."),
        ])
}

extension Schema {
    /// An exact amount, as text.
    static let amount = text(1...21, pattern: Bounds.amountPattern)
    static let account = text(6...139, pattern: Bounds.accountPattern)
}
