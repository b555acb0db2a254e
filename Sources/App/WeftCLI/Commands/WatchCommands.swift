import ArgumentParser
import WeftFormats
import WeftModel

struct StatsCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "Show the coordinator's counters.",
        discussion: """
            Examples:
              weft stats
              weft stats --output json
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            let stats = try await api.stats()
            try context.show(stats) { NodeTables.stats(stats).render(style: context.console.style) }
        }
    }
}

struct EventsCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Follow what happens, until Ctrl-C.",
        discussion: """
            With --output json, one event per line. A connection that breaks is made again where it stopped.

            Examples:
              weft events
              weft events --job 42
              weft events --output json | jq 'select(.kind == "disagreement")'
            """)

    @Option(help: .init("Only events of this job.", valueName: "job"))
    var job: JobArgument?

    @Option(help: .init("Start after the event with this id.", valueName: "id"))
    var after: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            var last = after
            while true {
                do {
                    let events = try await JobWatch.retrying(context.console) {
                        try await api.events(after: last, job: job?.id)
                    }
                    for try await event in events {
                        last = event.id
                        switch context.console.format {
                        case .table:
                            try context.console.write(NodeTables.event(event, style: context.console.style))
                        case .json: try context.console.write(bytes: Representation.line(of: event))
                        case .yaml:
                            try context.console.write("---\n" + YAMLWriter.write(Representation.document(of: event)))
                        }
                    }
                } catch {
                    guard ErrorWords.describe(error).status == .unreachable else { throw error }
                }
                // It ended in order: the coordinator is stopping, perhaps to start again.
                try await Task.sleep(for: .milliseconds(500))
            }
        }
    }
}
