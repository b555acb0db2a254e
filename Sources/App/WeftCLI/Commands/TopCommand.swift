import ArgumentParser
import WeftFormats
import WeftModel

struct TopCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Jobs, nodes and rates on the whole terminal, as they change.",
        discussion: """
            Keys: arrows choose, l follows what a job prints, e explains why it waits, c cancels, Tab goes to the nodes, d drains
            one, / filters, ? shows all, q quits. Without a terminal, or with --once, the state is printed once.

            Examples:
              weft top
              weft top --interval 5
              weft top --once --output json | jq .stats.tasks_waiting
            """)

    @Option(help: .init("Seconds between two looks, 0.2 to 60.", valueName: "seconds"))
    var interval = 1.0

    @Flag(help: "Print the state once and end.")
    var once = false

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func validate() throws {
        guard (0.2...60).contains(interval) else { throw ValidationError("--interval is 0.2 to 60 seconds") }
    }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            guard !once, context.console.terminal.outputIsTerminal, context.console.format == .table else {
                return try context.showOnce(try await TopSnapshot.take(from: api, now: context.now()))
            }
            // What is wrong with address or token is said before the screen is taken.
            _ = try await api.stats()
            let terminal: ScreenTerminal
            do {
                terminal = try ScreenTerminal()
            } catch {
                throw CLIError(.usage, "\(error)", hint: "use --once where nobody can press keys")
            }
            defer { terminal.restore() }
            try await TopSession(
                api: api, terminal: terminal, interval: .milliseconds(Int(interval * 1000)),
                style: context.console.style, now: context.now
            ).run()
        }
    }
}

extension Context {
    fileprivate func showOnce(_ snapshot: TopSnapshot) throws {
        try show(snapshot) {
            NodeTables.stats(snapshot.stats).render(style: console.style) + "\n"
                + render(JobTables.list(snapshot.jobs, now: now())) + "\n"
                + render(NodeTables.list(snapshot.nodes, now: now()))
        }
    }
}
