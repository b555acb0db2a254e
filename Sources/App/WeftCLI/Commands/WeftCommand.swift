import ArgumentParser

/// The root of the command tree.
struct WeftCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weft",
        abstract: "Turns machines that do not trust each other into one computer whose answers can be trusted.",
        discussion: """
            Start here:
              weft up                               a coordinator and a worker here
              weft run -- echo hello                run something
              weft run --replicas 3 -- ./simulate   on three nodes, answers compared

            Settings come from flags, WEFT_… variables and a file: `weft config show`.
            Completion scripts: weft --generate-completion-script bash|zsh|fish
            """,
        version: Version.text,
        groupedSubcommands: [
            CommandGroup(
                name: "Run", subcommands: [UpCommand.self, RunCommand.self, KernelCommand.self, JobCommand.self]),
            CommandGroup(
                name: "Operate",
                subcommands: [
                    CoordinatorCommand.self, WorkerCommand.self, NodeCommand.self, TokenCommand.self,
                    CreditCommand.self, WebhookCommand.self, PeerCommand.self,
                    TopCommand.self, StatsCommand.self, EventsCommand.self,
                ]),
            CommandGroup(
                name: "Data and evidence",
                subcommands: [BlobCommand.self, ReceiptCommand.self, LogCommand.self, SignCommand.self]),
            CommandGroup(
                name: "This installation",
                subcommands: [
                    DoctorCommand.self, HardwareCommand.self, ConfigCommand.self, VersionCommand.self,
                ]),
        ])
}
