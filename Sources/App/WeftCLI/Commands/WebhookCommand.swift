import ArgumentParser
import WeftFormats
import WeftModel

struct WebhookCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook", abstract: "Have events sent to a server of yours.",
        subcommands: [
            WebhookCreateCommand.self, WebhookListCommand.self, WebhookShowCommand.self, WebhookDeleteCommand.self,
            WebhookTestCommand.self,
        ])
}

struct WebhookCreateCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a webhook. Its secret is shown this once.",
        discussion: """
            Events come as CloudEvents, signed with the secret (docs/webhooks.md). The host has to be one that the \
            coordinator's operator allows: --webhook-host, or coordinator.webhook_hosts.

            Examples:
              weft webhook create https://hooks.example.org/weft
              weft webhook create https://hooks.example.org/weft --job 7 --secret-file hook.secret
              weft webhook create http://127.0.0.1:9000/ --kind job.ended --kind disagreement
            """)

    @Argument(help: "Where events are sent, by https or http.")
    var url: String

    @Option(
        parsing: .singleValue,
        help: .init("One more kind of event; job.ended by default.", valueName: "kind"),
        completion: .list(WebhookKind.all))
    var kind: [String] = []

    @Option(help: .init("Events of this job alone.", valueName: "job"))
    var job: JobArgument?

    @Option(help: .init("A name, for people.", valueName: "text"))
    var name: String?

    @Option(
        help: .init("Write the secret to this file (mode 0600) instead.", valueName: "file"), completion: .file())
    var secretFile: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        let request = WebhookRequest(url: url, kinds: kind.isEmpty ? nil : kind, job: job?.id, name: name)
        try await context.withAPI { api in
            var webhook = try await api.createWebhook(request)
            guard let secret = webhook.secret else {
                throw CLIError(.failure, "the coordinator made the webhook and did not send its secret")
            }
            guard let secretFile else {
                return try context.show(webhook) { "\(webhook.id)\n\(secret)\n" }
            }
            try DataHome.writeSecret(secret, to: secretFile)
            webhook.secret = nil
            try context.show(webhook) { "\(webhook.id)\n" }
            try context.console.note("weft: the secret is in \(secretFile)")
        }
    }
}

struct WebhookListCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List webhooks and how their deliveries go.",
        discussion: """
            Examples:
              weft webhook list
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            let webhooks = try await api.webhooks()
            try context.show(webhooks) { context.render(WebhookTables.list(webhooks, now: context.now())) }
        }
    }
}

struct WebhookShowCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a webhook: what waits, what failed, and why.",
        discussion: """
            Examples:
              weft webhook show wh_00000000000000ff
            """)

    @Argument(help: "The webhook's id.")
    var webhook: String

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            let view = try await api.webhook(webhook)
            try context.show(view) {
                WebhookTables.details(view, now: context.now()).render(style: context.console.style)
            }
        }
    }
}

struct WebhookDeleteCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a webhook. What waits for it is not delivered.",
        discussion: """
            Examples:
              weft webhook delete wh_00000000000000ff
            """)

    @Argument(help: "The webhook's id.")
    var webhook: String

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions

    var overrides: [Setting: String] { client.overrides }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            try await api.deleteWebhook(webhook)
            try context.console.note("weft: \(webhook) is deleted")
        }
    }
}

struct WebhookTestCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Send a webhook a test, and say what became of it.",
        discussion: """
            A test that arrives makes a disabled webhook work again. Exits with 1 if it does not arrive.

            Examples:
              weft webhook test wh_00000000000000ff
            """)

    @Argument(help: "The webhook's id.")
    var webhook: String

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            let test = try await api.testWebhook(webhook)
            try context.show(test) { WebhookTables.line(test) + "\n" }
            if !test.delivered {
                throw CLIError(.failure, "the test did not arrive: \(test.error ?? "nobody knows why")")
            }
        }
    }
}
