import ArgumentParser
import Foundation

/// Measures LibP2P on this machine, beside what it cannot be quicker than and beside another implementation.
@main struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "weft-peer-bench",
        abstract: "What a stream over Noise and Yamux costs, beside plain TCP and beside go-libp2p.",
        subcommands: [Measure.self, Bridge.self], defaultSubcommand: Measure.self)
}

struct Measure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Measure everything, which is what is done by itself.")

    @Option(help: "MiB that go there and come back.") var mebibytes = 512
    @Option(help: "How often each is measured, in turns; the median counts.") var rounds = 9
    @Option(help: "Connections whose handshakes are timed.") var handshakes = 100
    @Option(help: "Idle connections whose memory is measured.") var connections = 500
    @Option(help: "The daemon p2pd of go-libp2p, to measure beside.") var go: String?
    @Option(help: "What the daemon is, for the page.") var goVersion = "go-libp2p"
    @Flag(help: "Only send over a stream, for a profiler.") var profile = false
    @Option(help: "Write a page of documentation, too.") var markdown: String?

    /// What is written at a time.
    private static let pieceBytes = 64 * 1024

    func validate() throws {
        guard mebibytes > 0, rounds > 0, handshakes > 0, connections > 0 else {
            throw ValidationError("all numbers are at least 1")
        }
    }

    func run() async throws {
        let size = mebibytes * 1024 * 1024
        guard !profile else {
            let rate = try await HostEcho.measure(sizeBytes: size, pieceBytes: Self.pieceBytes)
            return print(
                "\(rate.perSecond / 1e6) MB/s, \(rate.processorSecondsPerByte * 1e9) processor seconds for a GB")
        }
        var figures = Figures(
            plain: [], stream: [], cipher: [], bridged: [], bridgedGo: [], handshakes: [], handshakesWithGo: [],
            bytesPerConnection: 0)
        let start = (
            ContinuousClock.now, ProcessNumbers.machineSeconds(), ProcessNumbers.processorSecondsWithChildren()
        )
        // Before all else, when there is no memory that was given back and could be used again.
        note("memory of connections")
        figures.bytesPerConnection = try await HostEcho.memoryPerConnection(connections)
        for round in 1...rounds {
            note("round \(round) of \(rounds)")
            figures.plain.append(try await PlainEcho.measure(sizeBytes: size, pieceBytes: Self.pieceBytes))
            figures.stream.append(try await HostEcho.measure(sizeBytes: size, pieceBytes: Self.pieceBytes))
            figures.cipher.append(try await Cipher.measure(sizeBytes: size))
            guard let go else { continue }
            figures.bridged.append(try await BridgedEcho.weft(sizeBytes: size, pieceBytes: Self.pieceBytes))
            figures.bridgedGo.append(try await BridgedEcho.go(go, sizeBytes: size, pieceBytes: Self.pieceBytes))
        }
        note("handshakes")
        figures.handshakes = try await HostEcho.handshakes(handshakes)
        if let go { figures.handshakesWithGo = try await BridgedEcho.handshakesWithGo(go, count: handshakes) }
        let others =
            ProcessNumbers.machineSeconds() - start.1 - ProcessNumbers.processorSecondsWithChildren() + start.2
        let there = (ContinuousClock.now - start.0).seconds * Double(ProcessInfo.processInfo.activeProcessorCount)
        figures.shareOfOthers = max(0, others / there)
        let page = PeersReport(figures: figures, bench: self)
        print(page.text)
        if let markdown { try page.page.write(toFile: markdown, atomically: true, encoding: .utf8) }
    }

    private func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}
