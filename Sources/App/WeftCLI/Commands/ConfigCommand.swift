import ArgumentParser
import WeftModel

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Look at the settings.", subcommands: [ConfigShowCommand.self])
}

struct ConfigShowCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show every setting, its value and where that came from.",
        discussion: """
            A flag wins over an environment variable, that over the configuration file, that over the default.

            Examples:
              weft config show
              WEFT_URL=https://weft.example weft config show --output json
              weft config show --markdown
            """)

    @Flag(help: "Write the reference table of docs/configuration.md instead.")
    var markdown = false

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        if markdown {
            try context.console.write(SettingsReference.markdown())
        } else {
            let rows = SettingsReference.rows(context.settings)
            try context.show(rows) { context.render(SettingsReference.table(rows)) }
        }
    }
}
