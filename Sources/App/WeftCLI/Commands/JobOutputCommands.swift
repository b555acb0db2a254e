import ArgumentParser
import WeftFormats
import WeftModel

struct JobLogsCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what tasks write to standard output and standard error.",
        discussion: """
            Standard output goes to standard output, standard error to standard error. Lines of an array's tasks are \
            preceded by their task unless --raw is given.

            Examples:
              weft job logs 42
              weft job logs 42.7 --follow
              weft job logs 42 --output json | jq .
            """)

    @Argument(help: "A job (42) or a task (42.7).")
    var id: JobOrTaskArgument

    @Flag(name: .shortAndLong, help: "Go on until it ends.")
    var follow = false

    @Flag(help: "Bytes as they are, without the task before each line.")
    var raw = false

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            let tasks = id.index == nil ? try await api.job(id.job, wait: nil).counts.total : 1
            var lines = LogLines(isPrefixed: tasks > 1 && !raw)
            for try await piece in try await api.logs(id.job, task: id.index, follow: follow) {
                guard context.console.format == .table else {
                    try context.console.write(bytes: Representation.line(of: piece))
                    continue
                }
                let bytes = lines.take(piece.task, try LogPrinter.bytes(of: piece), isError: piece.stream == .stderr)
                switch piece.stream {
                case .stdout: try context.console.write(bytes: bytes)
                case .stderr: try context.console.writeError(bytes: bytes)
                }
            }
            for (bytes, isError) in lines.rest() {
                try isError ? context.console.writeError(bytes: bytes) : context.console.write(bytes: bytes)
            }
        }
    }
}

struct JobResultsCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "results", abstract: "List or download what a job's tasks left behind.",
        discussion: """
            Only answers that a quorum agreed on are results. Downloads go to DIR/INDEX/stdout, DIR/INDEX/stderr and \
            DIR/INDEX/outputs/….

            Examples:
              weft job results 42
              weft job results 42 --download results
              weft job results 42.7 --output json
            """)

    @Argument(help: "A job (42) or a task (42.7).")
    var id: JobOrTaskArgument

    @Option(name: .shortAndLong, help: .init("Save everything below this directory.", valueName: "dir"))
    var download: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            let files = ResultFiles(api: api)
            var count = 0
            let handle = { (task: TaskView) async throws in
                if let download {
                    guard let completion = task.completion else { return }
                    count += try await files.saveAll(of: completion, below: "\(download)/\(task.index)").count
                } else if context.console.format == .table {
                    try context.console.write(context.render(JobTables.outputs(task)))
                } else {
                    try context.console.write(bytes: Representation.line(of: task))
                }
            }
            if id.index != nil {
                try await handle(api.task(id.task()))
            } else {
                try await files.forEachTask(of: id.job, states: [.succeeded, .failed]) { try await handle($0) }
            }
            if let download {
                try context.console.note("weft: \(Humanize.count(Int64(count))) files are in \(download)")
            }
        }
    }
}

struct JobReceiptCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "Get the signed evidence of a task's verdict.",
        discussion: """
            The receipt can be checked without a coordinator: `weft receipt verify`.

            Examples:
              weft job receipt 42 > receipt.json
              weft job receipt 42.7 --file receipt-42.7.json
            """)

    @Argument(help: "A task (42.7); of a job alone, its first task.")
    var id: JobOrTaskArgument

    @Option(name: [.customShort("o"), .long], help: .init("Write to this file.", valueName: "file"))
    var file: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions

    var overrides: [Setting: String] { client.overrides }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            try context.write(try await api.receipt(id.task(asking: api)), to: file)
        }
    }
}

struct JobExplainCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say why a job or task waits, and what would let it run.",
        discussion: """
            Examples:
              weft job explain 42
              weft job explain 42.7 --output json
            """)

    @Argument(help: "A job (42) or a task (42.7).")
    var id: JobOrTaskArgument

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            let explanation = try await api.explain(id.job, task: id.index)
            try context.show(explanation) { NodeTables.explanation(explanation, style: context.console.style) }
        }
    }
}
