import ArgumentParser
import Glibc
import Logging
import NIOCore
import NIOPosix
import WeftModel
import WeftWorker

struct UpCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Start a coordinator and a worker on this machine.",
        discussion: """
            Everything in one process and one directory; Ctrl-C stops it in order. Other commands on this machine find \
            it by themselves.

            Examples:
              weft up
              weft up --bind 127.0.0.1:0 --data-dir /tmp/weft
              weft up --bind 0.0.0.0:8080 --allowed-host weft.example
            """)
    static var isDaemon: Bool { true }

    @OptionGroup(title: "Coordinator") var serve: ServeOptions
    @OptionGroup(title: "Worker") var offer: OfferOptions
    @OptionGroup(title: "General") var common: CommonOptions

    var overrides: [Setting: String] { serve.overrides.merging(offer.overrides) { $1 } }

    func run(in context: Context) async throws {
        let service = try CoordinatorService(context, usuallyRunsPrograms: true)
        let workers = try WorkerService(context)
        let signals = SignalStream([SIGINT, SIGTERM])
        try await service.run { ready in
            let links = LocalLinks()
            let worker = try await workers.open(joinToken: ready.joinToken, connect: links.connect)
            try context.console.write(DaemonWords.up(ready, service.home, context.console.style))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await links.serve(ready.coordinator) }
                group.addTask { try await workers.run(worker, until: signals) }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
    }
}

struct CoordinatorCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator", abstract: "Serve jobs; workers join over the network.",
        discussion: """
            Examples:
              weft coordinator
              weft coordinator --bind 0.0.0.0 --tls-certificate chain.pem --tls-key key.pem
              weft coordinator --bind 127.0.0.1:0 --port-file port
            """)
    static var isDaemon: Bool { true }

    @OptionGroup(title: "Coordinator") var serve: ServeOptions
    @OptionGroup(title: "General") var common: CommonOptions

    var overrides: [Setting: String] { serve.overrides }

    func run(in context: Context) async throws {
        let service = try CoordinatorService(context)
        let signals = SignalStream([SIGINT, SIGTERM])
        try await service.run { ready in
            try context.console.write(DaemonWords.coordinator(ready, service.home, context.console.style))
            for await _ in signals { return context.logger.notice("stopping") }
        }
    }
}

struct WorkerCommand: ContextCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Make this machine available to a coordinator.",
        discussion: """
            The coordinator's operator gives you a join token (its data directory's join.token, or `weft token create \
            NAME --role worker`). SIGTERM lets what runs finish for 20 seconds; a second one ends it at once.

            Examples:
              weft worker --coordinator https://weft.example --token-file join.token
              weft worker --cpus 4 --memory 8GiB --owner ann --label zone=b
              weft worker --p2p --bootstrap /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW…
              weft worker pause 2h

            With --p2p it belongs to no coordinator: whoever finds it among peers, and is let in by its owner's rules, has it, \
            one at a time.
            """,
        subcommands: [WorkerPauseCommand.self, WorkerResumeCommand.self, WorkerRulesCommand.self])
    static var isDaemon: Bool { true }

    @Option(help: .init("The coordinator's address.", valueName: "url"))
    var coordinator: String?

    @Option(help: .init("File that holds the join token.", valueName: "file"))
    var tokenFile: String?

    @Option(help: .init("PEM file with the certificates to trust.", valueName: "file"))
    var caFile: String?

    @Flag(name: .customLong("p2p"), help: "Offer this machine to peers instead of a coordinator.")
    var isPeer = false

    @OptionGroup(title: "Worker") var offer: OfferOptions
    @OptionGroup(title: "Peers") var peers: PeerOptions
    @OptionGroup(title: "General") var common: CommonOptions

    func validate() throws {
        if isPeer, coordinator != nil { throw ValidationError("--p2p and --coordinator exclude each other") }
    }

    var overrides: [Setting: String] {
        var values = offer.overrides.merging(peers.overrides) { $1 }
        values[.workerCoordinator] = coordinator
        values[.workerTokenFile] = tokenFile
        values[.caFile] = caFile
        return values
    }

    func run(in context: Context) async throws {
        let service = try WorkerService(context)
        if isPeer {
            return try await PeerWorker(context: context, service: service).run(
                until: SignalStream([SIGINT, SIGTERM]))
        }
        let home = service.home
        let local = try DataHome.line(in: home.coordinatorURL)
        guard let url = context.settings.text(.workerCoordinator) ?? local else {
            throw CLIError(.usage, "which coordinator?", hint: "say so with --coordinator URL or WEFT_COORDINATOR")
        }
        let connect = try WorkerService.dial(
            url, caFile: context.settings.path(.caFile),
            on: context.loops?.group ?? MultiThreadedEventLoopGroup.singleton)
        let signals = SignalStream([SIGINT, SIGTERM])
        let opened = try await service.open(
            joinToken: joinToken(context, home, isLocal: url == local), connect: connect)
        context.logger.info("worker started", metadata: ["node": "\(opened.worker.id)", "coordinator": "\(url)"])
        try await service.run(opened, until: signals)
    }

    /// A node that the coordinator knows needs none, so that none is no error here.
    private func joinToken(_ context: Context, _ home: DataHome, isLocal: Bool) throws -> String {
        let settings = context.settings
        if case .flag = settings[.workerTokenFile].origin, let path = settings.path(.workerTokenFile) {
            return try DataHome.token(in: path)
        }
        if let token = settings.text(.workerToken) { return token }
        if let path = settings.path(.workerTokenFile) { return try DataHome.token(in: path) }
        return isLocal ? try DataHome.line(in: home.joinToken) ?? "" : ""
    }
}

/// What a daemon says when it is ready.
enum DaemonWords {
    static func up(_ ready: CoordinatorService.Ready, _ home: DataHome, _ style: Style) -> String {
        """
        \(style("Weft is up", .strong)) at \(style(ready.url, .active))

          Run something   weft run -- echo hello
          Look at it      weft job list, or \(ready.url) in a browser (log in with what is in the token's file)
          Data            \(home.path)
          Token           \(home.adminToken)

        Ctrl-C stops it.

        """
    }

    static func coordinator(_ ready: CoordinatorService.Ready, _ home: DataHome, _ style: Style) -> String {
        """
        \(style("The coordinator serves", .strong)) at \(style(ready.url, .active))

          Add a machine   weft worker --coordinator \(ready.url) --token-file \(home.joinToken)
          Run something   weft run -- echo hello
          Data            \(home.path)
          Token           \(home.adminToken)

        """
    }
}
