import ArgumentParser
import WeftFormats
import WeftModel

struct CreditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credit", abstract: "Show and grant credits.",
        discussion: """
            A coordinator with prices (`weft coordinator --price-cpu 0.01`) sets aside what a job can cost when it is \
            submitted, pays nodes for answers that were verified, and gives the rest back.
            """,
        subcommands: [CreditBalanceCommand.self, CreditStatementCommand.self, CreditGrantCommand.self])
}

/// An account by its text; a name alone is a submitter's.
struct AccountArgument: ExpressibleByArgument {
    var account: Account

    init?(argument: String) {
        if let account = Account(text: argument) {
            self.account = account
        } else if !argument.isEmpty, !argument.contains(":"), !argument.contains("/") {
            account = .submitter(argument)
        } else {
            return nil
        }
    }
}

struct CreditBalanceCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "balance", abstract: "Show what an account has, or all accounts that you may see.",
        discussion: """
            Accounts are submitter:NAME (or the name alone), node:ID, escrow:JOB and issuance. An administrator sees all \
            of them, a submitter its own and those of its jobs.

            Examples:
              weft credit balance
              weft credit balance anna
              weft credit balance escrow:42 --output json
            """)

    @Argument(help: "The account; all by default.")
    var account: AccountArgument?

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            if let account = account?.account {
                let view = try await api.account(account)
                try context.show(view) { CreditTables.details(view).render(style: context.console.style) }
            } else {
                let accounts = try await api.accounts()
                try context.show(accounts) { context.render(CreditTables.accounts(accounts)) }
            }
        }
    }
}

struct CreditStatementCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "statement", abstract: "Show what happened on an account, oldest first.",
        discussion: """
            Each line has the balance after it. A payment names its task; its receipt is what `weft job receipt TASK` gets.

            Examples:
              weft credit statement anna
              weft credit statement node:12D3KooW… --from 2026-01-01 --to 2026-02-01
              weft credit statement escrow:42 --limit 1000 --output json
            """)

    @Argument(help: "The account: submitter:NAME (or the name alone), node:ID, escrow:JOB or issuance.")
    var account: AccountArgument

    @Option(
        help: .init("Leave out what was before this UTC time (2026-01-31, or 2026-01-31T12:00:00Z).", valueName: "time")
    )
    var from: TimeArgument?

    @Option(help: .init("Leave out what was at this UTC time or later.", valueName: "time"))
    var to: TimeArgument?

    @Option(help: .init("How many lines at most, 1 to 1000.", valueName: "n"))
    var limit = 100

    @Option(help: .init("Go on where a page ended: its next.", valueName: "cursor"))
    var cursor: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func validate() throws {
        try PageLimit.check(limit)
    }

    func run(in context: Context) async throws {
        var filter = StatementFilter(limit: limit)
        filter.from = from?.time
        filter.to = to?.time
        filter.cursor = cursor
        try await context.withAPI { [filter] api in
            let statement = try await api.statement(account.account, filter)
            try context.show(statement) { context.render(CreditTables.statement(statement)) }
            if let next = statement.next {
                try context.console.note("weft: there is more; go on with --cursor \(next)")
            }
        }
    }
}

/// A UTC time, to the microsecond or only the day.
struct TimeArgument: ExpressibleByArgument {
    var time: Timestamp

    init?(argument: String) {
        guard let time = Timestamp(lenient: argument) else { return nil }
        self.time = time
    }
}

struct CreditGrantCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: "Give credits to a submitter.",
        discussion: """
            Needs an administrator's token. With a key the grant is made once, however often the command is run.

            Examples:
              weft credit grant anna 1000 --reason "budget of May"
              weft credit grant anna 12.5 --reason "sorry for the outage" --key outage-7
            """)

    @Argument(help: "The name of the submitter's token.")
    var submitter: String

    @Argument(help: "How much: digits, and at most six after the point.")
    var amount: AmountArgument

    @Option(help: .init("Why; it stands in the statement.", valueName: "text"))
    var reason: String

    @Option(help: .init("Makes the grant once, however often it is asked for.", valueName: "key"))
    var key: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            let request = GrantRequest(submitter: submitter, amount: amount.amount, reason: reason)
            let movement = try await api.grant(request, key: key)
            try context.show(movement) { "\(movement.amount) credits went to \(movement.to)\n" }
        }
    }
}

struct AmountArgument: ExpressibleByArgument {
    var amount: Amount

    init?(argument: String) {
        guard let credits = Credits(text: argument), credits > .zero else { return nil }
        amount = Amount(credits)
    }
}
