import ArgumentParser
import WeftFormats
import WeftModel

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make, list and revoke API tokens.",
        subcommands: [TokenCreateCommand.self, TokenListCommand.self, TokenRevokeCommand.self])
}

struct TokenCreateCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a token. Its secret is shown this once.",
        discussion: """
            Roles: viewer reads, submitter submits jobs and cancels its own, admin does everything, worker admits a \
            machine as a node and does nothing else.

            Examples:
              weft token create alice --role submitter --file alice.token
              weft token create rack-7 --role worker > join.token
            """)

    @Argument(help: "A name: what jobs show as their submitter.")
    var name: String

    @Option(help: "viewer, submitter, admin or worker.")
    var role: Role = .submitter

    @Option(help: .init("Write the secret to this file (mode 0600) instead.", valueName: "file"))
    var file: String?

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            var token = try await api.createToken(name: name, role: role)
            guard let secret = token.secret else {
                throw CLIError(.failure, "the coordinator made the token and did not send its secret")
            }
            if let file {
                try DataHome.writeSecret(secret, to: file)
                token.secret = nil
                try context.show(token) { "" }
                try context.console.note("weft: the secret is in \(file)")
            } else {
                try context.show(token) { secret + "\n" }
            }
        }
    }
}

struct TokenListCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List tokens by name; secrets are not kept anywhere.",
        discussion: """
            Examples:
              weft token list
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            let tokens = try await api.tokens()
            try context.show(tokens) { context.render(NodeTables.tokens(tokens, now: context.now())) }
        }
    }
}

struct TokenRevokeCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Make a token worthless, now and for good.",
        discussion: """
            Examples:
              weft token revoke alice
            """)

    @Argument(help: "The token's name.")
    var name: String

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions

    var overrides: [Setting: String] { client.overrides }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            try await api.revokeToken(name: name)
            try context.console.note("weft: \(name) is revoked")
        }
    }
}
