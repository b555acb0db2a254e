import ArgumentParser
import Dispatch
import Logging
import NIOPosix
import WebSocketLink
import WeftDrivers
import WeftModel
import WeftWorker

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A worker that lies: for testing what verification is worth. Never part of the product.
@main
struct SaboteurCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weft-saboteur",
        abstract: "A worker that gives wrong answers, properly signed, at a given rate.")

    @Option(help: "The coordinator, for example ws://127.0.0.1:8080 (http and https mean ws and wss).")
    var coordinator: String

    @Option(help: "A file that holds the join token; otherwise WEFT_JOIN_TOKEN.")
    var tokenFile: String?

    @Option(help: "Where the worker keeps its key and scratch.")
    var dataDir: String

    @Option(help: "For people.")
    var name = "saboteur"

    @Option(help: "Nodes of one owner never check each other's answers.")
    var owner = ""

    @Option(help: "How many of all answers are wrong, 0 to 1.")
    var rate = 0.5

    @Option(help: "Which answers, and how: the same seed lies the same way about the same attempt.")
    var seed: UInt64 = 1

    @Option(help: "Whether saboteurs of one seed agree on the wrong answer: 1 colludes, 0 does not.")
    var collude = 0

    @Option(help: "process or none.")
    var isolation = "process"

    @Option(help: "Processors to offer, in thousandths; all if not given.")
    var cpuMillis: Int64?

    func validate() throws {
        guard (0...1).contains(rate) else { throw ValidationError("--rate is from 0 to 1") }
        guard Isolation(rawValue: isolation) != nil else { throw ValidationError("--isolation is process or none") }
    }

    func run() async throws {
        var logger = Logger(label: "weft-saboteur")
        logger.logLevel = .notice
        let liar = Liar(seed: seed, rate: rate, colludes: collude != 0)
        let configuration = WorkerConfiguration(
            name: name, owner: owner, cpuMillis: cpuMillis, isolation: Isolation(rawValue: isolation) ?? .process,
            joinToken: try token(), version: "saboteur")
        let url = Self.linkURL(coordinator)
        let worker = try await Worker.open(
            configuration, in: try DataDirectory(path: dataDir), logger: logger,
            tamper: { attempt, completion, content in try await liar.tamper(attempt, &completion, &content) },
            connect: { try await WebSocketLink.connect(url: url, on: MultiThreadedEventLoopGroup.singleton) })
        print("saboteur \(worker.id)")
        signal(SIGTERM, SIG_IGN)
        let terminations = DispatchSource.makeSignalSource(signal: SIGTERM)
        terminations.setEventHandler { Task { await worker.drain(grace: .seconds(5)) } }
        terminations.activate()
        defer { terminations.cancel() }
        try await worker.run()
    }

    private func token() throws -> String {
        guard let tokenFile else { return ProcessInfo.processInfo.environment["WEFT_JOIN_TOKEN"] ?? "" }
        let text = try String(contentsOfFile: tokenFile, encoding: .utf8)
        return String(text.prefix { !$0.isNewline })
    }

    private static func linkURL(_ address: String) -> String {
        if address.hasPrefix("http://") { return "ws://" + address.dropFirst("http://".count) }
        if address.hasPrefix("https://") { return "wss://" + address.dropFirst("https://".count) }
        return address
    }
}
