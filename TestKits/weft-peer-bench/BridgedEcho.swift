import Foundation
import LibP2P
import NIOCore

/// Two programs with a stream between them, each with a socket of ours at its other side: what go's daemon can be measured by.
enum BridgedEcho {
    /// Two of Weft's, each a process of its own.
    static func weft(sizeBytes: Int, pieceBytes: Int) async throws -> Rate {
        let program = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().path
        return try await EchoServer.run { server in
            let listener = try ChildProcess.start(program, ["bridge", "--target", "\(server.port)"])
            defer { listener.stop() }
            let dialer = try ChildProcess.start(program, ["bridge", "--to", listener.firstLine()])
            defer { dialer.stop() }
            guard let port = Int(try dialer.firstLine()) else { throw BenchError("the bridge says no port") }
            return try await Plain.connect(to: port).executeThenClose { input, output in
                var input = input.makeAsyncIterator()
                return try await measure(bytes: sizeBytes, [listener.id, dialer.id]) {
                    try await Plain.pump(sizeBytes: sizeBytes, pieceBytes: pieceBytes, &input, output)
                }
            }
        }
    }

    /// Two daemons of go.
    static func go(_ program: String, sizeBytes: Int, pieceBytes: Int) async throws -> Rate {
        try await EchoServer.run(skipsPreface: true) { server in
            let listener = try await GoDaemon.start(program)
            defer { listener.stop() }
            let dialer = try await GoDaemon.start(program)
            defer { dialer.stop() }
            try await listener.handle(HostEcho.name, at: server.port)
            let (peer, address) = try await listener.identify()
            try await dialer.connect(to: peer, at: address)
            return try await Plain.connect(to: dialer.port).executeThenClose { input, output in
                var input = input.makeAsyncIterator()
                try await dialer.openStream(to: peer, HostEcho.name, &input, output)
                return try await measure(bytes: sizeBytes, [listener.process, dialer.process]) {
                    try await Plain.pump(sizeBytes: sizeBytes, pieceBytes: pieceBytes, &input, output)
                }
            }
        }
    }

    /// Seconds that dialing one daemon of go takes Weft, for each of `count` connections.
    static func handshakesWithGo(_ program: String, count: Int) async throws -> [Double] {
        let daemon = try await GoDaemon.start(program)
        defer { daemon.stop() }
        let (peer, address) = try await daemon.identify()
        return try await HostEcho.handshakes(count, with: peer, at: address)
    }

    private static func measure(bytes: Int, _ processes: [Int32], _ work: () async throws -> Void) async rethrows
        -> Rate
    {
        try await Rate.measure(
            bytes: bytes, used: { processes.reduce(0) { $0 + ProcessNumbers.processorSeconds(of: $1) } }, work)
    }
}
