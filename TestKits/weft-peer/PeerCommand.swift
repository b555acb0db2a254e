import ArgumentParser
import LibP2P
import LibP2PDiscovery
import LibP2PPubSub
import LibP2PRelay
import Logging
import NIOPosix

/// A peer that does what it is told, line by line: for trying libp2p against other implementations, and for looking at it.
/// Never part of the product.
@main
struct PeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weft-peer",
        abstract: "A libp2p peer that reads commands as lines of JSON on stdin, and answers on stdout.",
        discussion: """
            {"id": 1, "do": "info"} is answered with {"id": 1, "ok": …}, {"id": 1, "error": "…"}, or
            {"id": 1, "cannot": "…"} where there is no such command. Commands run side by side. The end of stdin ends the peer.
            Commands: \(CommandTable.names.joined(separator: ", ")).
            """)

    @Option(help: "Where to listen; port 0 takes one that is free.")
    var listen = "/ip4/127.0.0.1/tcp/0"

    @Option(help: "64 hexadecimal digits that the peer's key is made from; otherwise it has a new key.")
    var seed: String?

    @Flag(help: "Forward bytes between others.")
    var relay = false

    @Flag(help: "Announce this peer to the local network, and find others.")
    var multicast = false

    @Flag(help: "Say on stderr what happens.")
    var verbose = false

    func run() async throws {
        let logger = logger
        let host = Host(keys: try keys(), logger: logger)
        try await host.listen(on: Multiaddr(parsing: listen))
        let tool = PeerTool(host: host)
        await tool.serveDialogs()
        let table = CommandTable(tool)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await Self.report("kademlia", logger) { try await tool.kademlia.run() } }
            group.addTask { await Self.report("gossipsub", logger) { try await tool.gossipsub.run() } }
            group.addTask { await Self.report("circuits", logger) { try await tool.circuits.run() } }
            group.addTask { await tool.runBackground() }
            if relay {
                group.addTask {
                    var configuration = RelayConfiguration()
                    // Peers of go open no ordinary streams over a circuit that has limits.
                    configuration.limit = nil
                    let service = RelayService(network: host, configuration: configuration)
                    await Self.report("relay", logger) { try await service.run() }
                }
            }
            if multicast {
                group.addTask {
                    await Self.report("multicast", logger) {
                        try await tool.findNeighbours(eventLoops: MultiThreadedEventLoopGroup.singleton)
                    }
                }
            }
            await ControlLines(table).run()
            group.cancelAll()
        }
        await host.shutdown()
    }

    private var logger: Logger {
        var logger = Logger(label: "weft-peer") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = verbose ? .trace : .warning
        return logger
    }

    private func keys() throws -> KeyPair {
        guard let seed else { return KeyPair() }
        guard let bytes = [UInt8](hexadecimal: seed), bytes.count == 32 else {
            throw ValidationError("--seed has 64 hexadecimal digits")
        }
        return try KeyPair(seed: bytes)
    }

    private static func report(_ part: String, _ logger: Logger, _ work: @Sendable () async throws -> Void) async {
        do {
            try await work()
        } catch is CancellationError {
            return
        } catch {
            logger.error("\(part) ended", metadata: ["why": "\(error)"])
        }
    }
}
