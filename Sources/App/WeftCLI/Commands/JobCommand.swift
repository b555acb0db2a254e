import ArgumentParser
import Glibc
import WeftFormats
import WeftModel

struct JobCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Submit jobs, look at them, and get what they made.",
        subcommands: [
            JobSubmitCommand.self, JobListCommand.self, JobShowCommand.self, JobTasksCommand.self, JobLogsCommand.self,
            JobWaitCommand.self, JobCancelCommand.self, JobResultsCommand.self, JobReceiptCommand.self,
            JobExplainCommand.self,
        ])
}

struct JobSubmitCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Submit a job file (YAML or JSON).",
        discussion: """
            Prints the job's number. Every mistake in the file is told with the field that it is about.

            Examples:
              weft job submit job.yaml
              weft job submit - < job.json
              weft job submit render.yaml --wait && weft job results $JOB --download frames
              weft job submit job.yaml --signature job.yaml.sig
            """)

    @Argument(help: "The job file, or - for standard input.")
    var file: String

    @Flag(help: "Wait for the end; ends with 6 if the job fails.")
    var wait = false

    @Flag(help: "Run everything, also what has a verified answer already.")
    var noCache = false

    @OptionGroup var signatures: SignatureOptions
    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] {
        client.overrides.merging(format.overrides) { $1 }.merging(signatures.overrides) { $1 }
    }

    func run(in context: Context) async throws {
        var job = try JobFile.read(file)
        try signatures.apply(to: &job, in: context)
        if noCache { job.usesCache = false }
        try await context.withAPI { [spec = job] api in
            let (job, created) = try await api.submit(spec)
            if !created { try context.console.note("weft: job \(job.id) was submitted with this key before") }
            guard wait else { return try context.show(job) { "\(job.id)\n" } }
            if context.console.format == .table { try context.console.write("\(job.id)\n") }
            try await JobWaiting.finish(job.id, api, context)
        }
    }
}

/// Waiting for a job as `job wait` and `job submit --wait` do it.
enum JobWaiting {
    static func finish(_ id: JobID, _ api: any CoordinatorAPI, _ context: Context) async throws {
        let console = context.console
        let job = try await JobWatch(
            api: api, console: console, id: id, showsProgress: console.terminal.errorIsTerminal && !console.isQuiet
        ).untilEnd()
        if console.format != .table { try context.show(job) { "" } }
        let outcome = RunOutcome.whole(job)
        guard outcome.code != 0 else { return }
        var message = outcome.message ?? "the job failed"
        // Of a single task there is more to say than that it failed.
        if job.state == .failed, job.counts.total == 1,
            let task = try await api.tasks(id, TaskFilter(limit: 1)).items.first
        {
            let status = task.completion.map { "exit status \($0.exitStatus)" }
            if let reason = task.reason ?? status { message = "job \(id) failed: \(reason)" }
        }
        throw CLIError(.jobFailed, message)
    }
}

struct JobListCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List jobs, newest first.",
        discussion: """
            Examples:
              weft job list
              weft job list --state running --state waiting
              weft job list --label project=fold --limit 500 --output json
            """)

    @Option(parsing: .singleValue, help: .init("Only jobs in this state; may be repeated.", valueName: "state"))
    var state: [JobState] = []

    @Option(help: .init("Only jobs of this submitter.", valueName: "name"))
    var submitter: String?

    @Option(
        name: .shortAndLong, parsing: .singleValue,
        help: .init("Only jobs with this label.", valueName: "name=value"))
    var label: [String] = []

    @Option(help: "How many at most (1 to 1000).")
    var limit = 50

    @Option(help: .init("Go on after the page that named this cursor.", valueName: "cursor"))
    var cursor: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func validate() throws {
        try PageLimit.check(limit)
    }

    func run(in context: Context) async throws {
        var filter = JobFilter(limit: limit)
        filter.states = state
        filter.submitter = submitter
        filter.cursor = cursor
        for text in label {
            guard let pair = Pair.parse(text) else {
                throw CLIError(.usage, "--label: expected name=value, not `\(text)`")
            }
            filter.labels[pair.name] = pair.value
        }
        try await context.withAPI { api in
            let page = try await api.jobs(filter)
            try context.show(page) { context.render(JobTables.list(page.items, now: context.now())) }
            if let next = page.next, context.console.format == .table {
                try context.console.note("more: --cursor \(next)")
            }
        }
    }
}

struct JobShowCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a job, or one task with its attempts.",
        discussion: """
            Examples:
              weft job show 42
              weft job show 42.7
              weft job show 42 --spec > job.json
            """)

    @Argument(help: "A job (42) or a task (42.7).")
    var id: JobOrTaskArgument

    @Flag(help: "Write the job's spec, as canonical JSON, instead.")
    var spec = false

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            if spec {
                try context.console.write(bytes: try await api.spec(of: id.job) + [UInt8(ascii: "\n")])
            } else if id.index != nil {
                let task = try await api.task(id.task())
                try context.show(task) {
                    context.render(JobTables.tasks([task], now: context.now()))
                        + "\n" + context.render(JobTables.attempts(task.attempts ?? []))
                }
            } else {
                let job = try await api.job(id.job, wait: nil)
                try context.show(job) {
                    JobTables.details(job, now: context.now()).render(style: context.console.style)
                }
            }
        }
    }
}

struct JobTasksCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "tasks", abstract: "List a job's tasks.",
        discussion: """
            Examples:
              weft job tasks 42
              weft job tasks 42 --state failed
              weft job tasks 42 --disagreed --output json
            """)

    @Argument(help: "The job.")
    var job: JobArgument

    @Option(parsing: .singleValue, help: .init("Only tasks in this state; may be repeated.", valueName: "state"))
    var state: [TaskState] = []

    @Flag(help: "Only tasks in which answers differed.")
    var disagreed = false

    @Option(help: "How many at most (1 to 10000).")
    var limit = 100

    @Option(help: .init("Go on after the page that named this cursor.", valueName: "cursor"))
    var cursor: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit: expected 1 to 10000, not \(limit)") }
    }

    func run(in context: Context) async throws {
        var filter = TaskFilter(limit: limit)
        filter.states = state
        filter.onlyDisagreed = disagreed
        filter.withAttempts = true
        filter.cursor = cursor
        try await context.withAPI { api in
            let page = try await api.tasks(job.id, filter)
            try context.show(page) { context.render(JobTables.tasks(page.items, now: context.now())) }
            if let next = page.next, context.console.format == .table {
                try context.console.note("more: --cursor \(next)")
            }
        }
    }
}

struct JobWaitCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait for a job to end; ends with 6 if it fails.",
        discussion: """
            Examples:
              weft job wait 42
              weft job wait 42 --quiet && echo done
            """)

    @Argument(help: "The job.")
    var job: JobArgument

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { try await JobWaiting.finish(job.id, $0, context) }
    }
}

struct JobCancelCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Cancel jobs. Tasks that have ended keep their results.",
        discussion: """
            Examples:
              weft job cancel 42
              weft job cancel 42 43 44
            """)

    @Argument(help: "The jobs.")
    var jobs: [JobArgument]

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            for job in jobs {
                let cancelled = try await api.cancel(job.id)
                try context.show(cancelled) { "job \(cancelled.id) \(cancelled.state.rawValue)\n" }
            }
        }
    }
}
