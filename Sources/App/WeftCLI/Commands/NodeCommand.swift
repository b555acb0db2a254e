import ArgumentParser
import WeftFormats
import WeftModel

struct NodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "Look at nodes, and take them out of service.",
        subcommands: [
            NodeListCommand.self, NodeShowCommand.self, NodeDrainCommand.self, NodeUndrainCommand.self,
        ])
}

/// Finds the node that somebody means.
enum NodeFinder {
    /// The one node whose id or name is `text`, or whose id ends with it. Throws ``CLIError`` for none and for several.
    static func find(_ text: String, among nodes: [NodeView]) throws -> NodeView {
        if let exact = nodes.first(where: { $0.id.text == text }) { return exact }
        let found = nodes.filter { $0.name == text || (text.utf8.count >= 4 && $0.id.text.hasSuffix(text)) }
        guard let first = found.first else {
            let near = Suggestion.nearest(to: text, in: nodes.map(\.name)).map { "did you mean `\($0)`?" }
            throw CLIError(.notFound, "no node `\(text)`", hint: near ?? "`weft node list` shows the nodes there are")
        }
        guard found.count == 1 else {
            throw CLIError(
                .usage, "\(found.count) nodes are meant by `\(text)`", hint: "give the id, or more of its end",
                details: found.prefix(10).map { "\($0.id) \($0.name)" })
        }
        return first
    }
}

struct NodeListCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the nodes that the coordinator knows.",
        discussion: """
            Examples:
              weft node list
              weft node list --output json
            """)

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            let nodes = try await api.nodes()
            try context.show(nodes) { context.render(NodeTables.list(nodes, now: context.now())) }
        }
    }
}

struct NodeShowCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one node: what it offers, enforces, and how honest it was.",
        discussion: """
            Examples:
              weft node show build-3
              weft node show 7kQfW2xY        (the end of its id)
            """)

    @Argument(help: "The node's name, id, or the end of its id.")
    var node: String

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws {
        try await context.withAPI { api in
            let found = try NodeFinder.find(node, among: try await api.nodes())
            try context.show(found) {
                NodeTables.details(found, now: context.now()).render(style: context.console.style)
            }
        }
    }
}

struct NodeDrainCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Give a node no new work; what it runs goes on.",
        discussion: """
            Examples:
              weft node drain build-3
            """)

    @Argument(help: "The node's name, id, or the end of its id.")
    var node: String

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws { try await NodeDraining.set(node, true, context) }
}

struct NodeUndrainCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "undrain", abstract: "Give a drained node work again.",
        discussion: """
            Examples:
              weft node undrain build-3
            """)

    @Argument(help: "The node's name, id, or the end of its id.")
    var node: String

    @OptionGroup var common: CommonOptions
    @OptionGroup var client: ClientOptions
    @OptionGroup var format: OutputOptions

    var overrides: [Setting: String] { client.overrides.merging(format.overrides) { $1 } }

    func run(in context: Context) async throws { try await NodeDraining.set(node, false, context) }
}

enum NodeDraining {
    static func set(_ name: String, _ draining: Bool, _ context: Context) async throws {
        try await context.withAPI { api in
            let found = try NodeFinder.find(name, among: try await api.nodes())
            let node = try await api.drain(found.id, draining)
            try context.show(node) { "\(node.name) is \(node.state.rawValue)\n" }
        }
    }
}
