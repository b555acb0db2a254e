package import NIOCore
package import NIOHTTP1
import NIOPosix
package import NIOSSL
import NIOWebSocket
package import WeftWire

extension WebSocketLink {
    /// What a server answers to a request for an upgrade to a link, besides what the upgrader adds; nil when the
    /// request is for another path or does not offer ``subprotocol``.
    package static func upgradeHeaders(for request: HTTPRequestHead) -> HTTPHeaders? {
        let path = request.uri.prefix { $0 != "?" }
        let offered = request.headers[canonicalForm: "sec-websocket-protocol"]
        guard path == Self.path, offered.contains(Self.subprotocol[...]) else { return nil }
        return ["sec-websocket-protocol": Self.subprotocol]
    }
}

/// A server of links and nothing else. A coordinator serves links on its HTTP port instead; this is for ports that
/// carry links alone, and for tests.
package struct WebSocketLinkServer: Sendable {
    private let channel: any Channel

    /// The port that it listens on.
    package var port: Int { channel.localAddress?.port ?? 0 }

    /// Listens on `host` and `port` (0: any free one) and gives each new link to `onLink`, on an event loop.
    /// A connection that is no link within `timing.handshake` is closed.
    package static func start(
        host: String, port: Int, tls: NIOSSLContext? = nil, timing: WebSocketLink.Timing = .init(),
        limits: LinkLimits = .standard, on group: any EventLoopGroup,
        onLink: @escaping @Sendable (WebSocketLink) -> Void
    ) async throws -> WebSocketLinkServer {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try configure(channel, timing: timing, limits: limits, onLink: onLink)
                }
            }
        return WebSocketLinkServer(channel: try await bootstrap.bind(host: host, port: port).get())
    }

    /// Stops listening. Links that are open stay so.
    package func stop() async throws { try await channel.close() }

    private static func configure(
        _ channel: any Channel, timing: WebSocketLink.Timing, limits: LinkLimits,
        onLink: @escaping @Sendable (WebSocketLink) -> Void
    ) throws {
        let upgrader = NIOTypedWebSocketServerUpgrader<WebSocketLink?>(
            maxFrameSize: limits.frameBytes, enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, request in
                let headers = WebSocketLink.upgradeHeaders(for: request)
                // The upgrade handler forgets a request that it refuses, so the answer has to be given here.
                if headers == nil { refuse(channel, .notFound) }
                return channel.eventLoop.makeSucceededFuture(headers)
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try WebSocketLink.accept(channel: channel, timing: timing, limits: limits)
                }
            })
        var configuration = NIOUpgradableHTTPServerPipelineConfiguration<WebSocketLink?>(
            upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(upgraders: [upgrader]) { channel in
                refuse(channel, .upgradeRequired)
                return channel.eventLoop.makeSucceededFuture(nil)
            })
        configuration.enablePipelining = false
        let overdue = channel.eventLoop.scheduleTask(in: TimeAmount(timing.handshake)) {
            channel.close(mode: .all, promise: nil)
        }
        try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(configuration: configuration)
            .whenComplete { result in
                overdue.cancel()
                switch result {
                case .success(let link?): onLink(link)
                case .success(nil): break
                case .failure: channel.close(mode: .all, promise: nil)
                }
            }
    }

    private static func refuse(_ channel: any Channel, _ status: HTTPResponseStatus) {
        guard channel.isActive else { return }
        let head = HTTPResponseHead(
            version: .http1_1, status: status, headers: ["content-length": "0", "connection": "close"])
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in
            channel.close(mode: .all, promise: nil)
        }
    }
}
