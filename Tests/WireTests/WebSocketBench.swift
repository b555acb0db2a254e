import NIOCore
import NIOPosix
import Testing
import WebSocketLink
import WeftWire

/// Servers of links on loopback, stopped when a test is over.
final class WebSocketBench: Sendable {
    let group: any EventLoopGroup

    private init(_ group: any EventLoopGroup) { self.group = group }

    static func run(_ body: (WebSocketBench) async throws -> Void) async throws {
        // Process-wide threads: starting some for each of many small tests would cost more than the tests.
        try await body(WebSocketBench(MultiThreadedEventLoopGroup.singleton))
    }

    /// Runs `body` with a server and the links that it accepts.
    func withServer<Result: Sendable>(
        timing: WebSocketLink.Timing = .init(), limits: LinkLimits = .standard,
        _ body: (WebSocketLinkServer, AsyncStream<WebSocketLink>) async throws -> Result
    ) async throws -> Result {
        let (accepted, continuation) = AsyncStream.makeStream(of: WebSocketLink.self)
        let server = try await WebSocketLinkServer.start(
            host: "127.0.0.1", port: 0, timing: timing, limits: limits, on: group
        ) { continuation.yield($0) }
        do {
            let result = try await body(server, accepted)
            continuation.finish()
            try await server.stop()
            return result
        } catch {
            continuation.finish()
            try await server.stop()
            throw error
        }
    }

    func pair(
        timing: WebSocketLink.Timing = .init(), limits: LinkLimits = .standard
    ) async throws -> (client: WebSocketLink, server: WebSocketLink) {
        try await withServer(timing: timing, limits: limits) { server, accepted in
            let client = try await WebSocketLink.connect(
                url: "ws://127.0.0.1:\(server.port)", timing: timing, limits: limits, on: group)
            var links = accepted.makeAsyncIterator()
            return (client, try #require(await links.next()))
        }
    }

    /// A link whose client is a socket in the test's hands, after the upgrade.
    func rawClient(
        timing: WebSocketLink.Timing = .init(), limits: LinkLimits = .standard
    ) async throws -> (server: WebSocketLink, client: RawSocket) {
        try await withServer(timing: timing, limits: limits) { server, accepted in
            let socket = try await RawSocket.connect(port: server.port, on: group)
            try await socket.write(Array(RawSocket.upgradeRequest().utf8))
            let answer = try await socket.readHead()
            #expect(answer.hasPrefix("HTTP/1.1 101 "))
            // The example of RFC 6455 §1.3.
            #expect(answer.lowercased().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="))
            #expect(answer.lowercased().contains("sec-websocket-protocol: weft.v1"))
            var links = accepted.makeAsyncIterator()
            return (try #require(await links.next()), socket)
        }
    }
}
