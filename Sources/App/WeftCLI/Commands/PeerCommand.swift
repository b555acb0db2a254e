import ArgumentParser
import LibP2P
import WeftFormats
import WeftModel
import WeftPeers

struct PeerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer", abstract: "See the network of peers: nodes that belong to no coordinator.",
        discussion: """
            Examples:
              weft peer list --bootstrap /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW…
              weft peer connect /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW…
              weft peer info
            """,
        subcommands: [PeerListCommand.self, PeerConnectCommand.self, PeerInfoCommand.self])
}

struct PeerListCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Look for nodes that take work, and say what they offer.")

    @Option(name: .customLong("for"), help: .init("How long to look.", valueName: "time"))
    var patience = "5s"

    @OptionGroup(title: "Peers") var peers: PeerOptions
    @OptionGroup(title: "General") var common: CommonOptions

    var overrides: [Setting: String] { peers.overrides }

    func run(in context: Context) async throws {
        guard let seconds = Quantities.seconds(patience), (1...3600).contains(seconds) else {
            throw CLIError(.usage, "--for: expected a time such as 10s, not `\(patience)`")
        }
        let stack = try PeerStack(SigningIdentity(), context, keepsTable: false)
        let found = try await stack.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { for await _ in await stack.service.nodes() {} }
                try await Task.sleep(for: .seconds(seconds))
                group.cancelAll()
            }
            return await stack.service.knownNodes()
        }
        let views = found.map(PeerView.init)
        try context.show(views) { context.render(PeerTables.list(views)) }
    }
}

struct PeerConnectCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect", abstract: "Reach one peer, and say who it is and how far away.")

    @Argument(help: .init("Its multiaddr, with its id at the end.", valueName: "address"))
    var address: String

    @OptionGroup(title: "Peers") var peers: PeerOptions
    @OptionGroup(title: "General") var common: CommonOptions

    var overrides: [Setting: String] { peers.overrides }

    func run(in context: Context) async throws {
        guard let address = try? Multiaddr(parsing: address), let peer = address.peerID else {
            throw CLIError(
                .usage, "`\(address)` is not a peer's multiaddr", hint: "/ip4/192.0.2.1/tcp/4001/p2p/12D3KooW…")
        }
        let stack = try PeerStack(SigningIdentity(), context, keepsTable: false)
        let view = try await stack.run {
            do {
                try await stack.host.connect(to: peer, addresses: [address.withoutPeerID])
            } catch let error as DialError {
                throw CLIError(
                    .unreachable, "\(peer) could not be reached",
                    details: error.attempts.map { "\($0.address): \($0.reason)" })
            }
            let time = try await stack.host.ping(peer)
            return ReachedPeer(
                peer: "\(peer)",
                addresses: await stack.host.connections(to: peer).map { "\($0.remoteAddress)" },
                protocols: await stack.host.protocols(of: peer).sorted(),
                pingMilliseconds: Double(time.microseconds) / 1000)
        }
        try context.show(view) { PeerTables.reached(view).render(style: context.console.style) }
    }
}

struct PeerInfoCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Say what this machine's worker is known as among peers.")

    @OptionGroup(title: "General") var common: CommonOptions

    var overrides: [Setting: String] { [:] }

    func run(in context: Context) async throws {
        let worker = try WorkerService(context)
        try worker.home.prepare()
        let coordinator = try CoordinatorService(context)
        let settings = context.settings
        let view = OwnPeer(
            worker: try worker.identity().nodeID.text, coordinator: try coordinator.identity().nodeID.text,
            listen: settings.list(.peerListen), bootstrap: settings.list(.peerBootstrap),
            multicast: settings.text(.peerMulticast) != "false")
        try context.show(view) { PeerTables.own(view).render(style: context.console.style) }
    }
}
