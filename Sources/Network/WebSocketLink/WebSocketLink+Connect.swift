package import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
package import WeftWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension WebSocketLink {
    /// Whom a `wss://` client trusts.
    package struct TLS: Hashable, Sendable {
        /// A PEM file of certificate authorities; nil for the system's.
        package var trustRootsFile: String?
        /// A PEM file of certificates, one of which the server must present itself. Nothing else is asked of it then:
        /// neither an authority's signature nor a name, so that a self-signed certificate can be trusted.
        package var pinnedCertificateFile: String?

        package init(trustRootsFile: String? = nil, pinnedCertificateFile: String? = nil) {
            self.trustRootsFile = trustRootsFile
            self.pinnedCertificateFile = pinnedCertificateFile
        }
    }

    private enum Upgrade: Sendable {
        case link(WebSocketLink)
        case refused(EventLoopFuture<LinkError>)
    }

    /// Dials `url` (`ws://` or `wss://`; ``path`` when it has no path of its own).
    ///
    /// `headers` are added to the upgrade's request. Throws ``LinkError/refused(_:)`` when the server answers with
    /// something else than a link, with its status and the beginning of its words, and when its certificate is not
    /// trusted; ``LinkError/lost(_:)`` when it cannot be reached or is silent; ``LinkError/malformed(_:)`` for a URL
    /// that is none of these.
    package static func connect(
        url: String, tls: TLS = TLS(), headers: [(name: String, value: String)] = [], timing: Timing = Timing(),
        limits: LinkLimits = .standard, on group: any EventLoopGroup
    ) async throws -> WebSocketLink {
        let target = try Target(url)
        let makeTLSHandler = target.isSecure ? try tlsHandlerFactory(for: target.host, tls) : nil
        let loop = group.next()
        let promise = loop.makePromise(of: Upgrade.self)
        let request = target.request(headers: headers)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(timing.handshake))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                loop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let makeTLSHandler { try pipeline.addHandler(try makeTLSHandler()) }
                    try upgradePipeline(pipeline, request: request, timing: timing, limits: limits)
                        .cascade(to: promise)
                    try pipeline.addHandler(FirstErrorHandler { promise.fail($0) })
                }
            }
        let overdue = loop.scheduleTask(in: TimeAmount(timing.handshake)) {
            promise.fail(LinkError.lost("no link within \(timing.handshake)"))
        }
        let connecting = bootstrap.connect(host: target.host, port: target.port)
        connecting.cascadeFailure(to: promise)
        do {
            let result = try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                promise.fail(CancellationError())
            }
            overdue.cancel()
            switch result {
            case .link(let link): return link
            case .refused(let error): throw try await error.get()
            }
        } catch {
            overdue.cancel()
            connecting.whenSuccess { $0.close(mode: .all, promise: nil) }
            throw linkError(error, target)
        }
    }

    private static func upgradePipeline(
        _ pipeline: ChannelPipeline.SynchronousOperations, request: HTTPRequestHead, timing: Timing,
        limits: LinkLimits
    ) throws -> EventLoopFuture<Upgrade> {
        let upgrader = NIOTypedWebSocketClientUpgrader<Upgrade>(
            maxFrameSize: limits.frameBytes, enableAutomaticErrorHandling: false
        ) { channel, response in
            channel.eventLoop.makeCompletedFuture {
                guard response.headers["sec-websocket-protocol"] == [subprotocol] else {
                    throw LinkError.refused("the server does not speak \(subprotocol)")
                }
                return .link(try make(channel: channel, side: .client, timing: timing, limits: limits))
            }
        }
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: request, upgraders: [upgrader]
            ) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let answer = channel.eventLoop.makePromise(of: LinkError.self)
                    try channel.pipeline.syncOperations.addHandler(RefusalReader(answer))
                    return .refused(answer.futureResult)
                }
            })
        // The first frames may come in one packet with the upgrade's answer.
        configuration.leftOverBytesStrategy = .forwardBytes
        return try pipeline.configureUpgradableHTTPClientPipeline(configuration: configuration)
    }

    private static func tlsHandlerFactory(
        for host: String, _ tls: TLS
    ) throws -> @Sendable () throws -> NIOSSLClientHandler {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let file = tls.trustRootsFile { configuration.trustRoots = .file(file) }
        var pinned: [NIOSSLCertificate]?
        if let file = tls.pinnedCertificateFile { pinned = try NIOSSLCertificate.fromPEMFile(file) }
        let context = try NIOSSLContext(configuration: configuration)
        // Server names are never addresses (RFC 6066 §3); NIOSSL then checks the certificate against the address.
        let name = (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
        return { [pinned] in
            guard let pinned else { return try NIOSSLClientHandler(context: context, serverHostname: name) }
            return try NIOSSLClientHandler(
                context: context, serverHostname: name,
                customVerificationCallback: { presented, verdict in
                    let isPinned = presented.first.map(pinned.contains) ?? false
                    verdict.succeed(isPinned ? .certificateVerified : .failed)
                })
        }
    }

    private static func linkError(_ error: any Error, _ target: Target) -> any Error {
        switch error {
        case is LinkError, is CancellationError: error
        case NIOSSLError.handshakeFailed, is NIOSSLExtraError:
            LinkError.refused("the server's certificate is not trusted, or it does not speak TLS: \(error)")
        case is NIOHTTPClientUpgradeError, is HTTPParserError:
            LinkError.refused("the server does not speak WebSocket: \(error)")
        case ChannelError.inappropriateOperationForState, ChannelError.eof, ChannelError.alreadyClosed,
            NIOSSLError.uncleanShutdown:
            LinkError.lost("\(target.host):\(target.port) ended the connection during the handshake")
        default: LinkError.lost("cannot reach \(target.host):\(target.port): \(error)")
        }
    }
}

/// The parts of a link's URL.
private struct Target: Sendable {
    let isSecure: Bool
    let host: String
    let port: Int
    let uri: String

    init(_ url: String) throws(LinkError) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            scheme == "ws" || scheme == "wss", let host = parts.host, !host.isEmpty
        else { throw .malformed("`\(url)` is no ws:// or wss:// URL") }
        isSecure = scheme == "wss"
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        port = parts.port ?? (isSecure ? 443 : 80)
        let path = parts.percentEncodedPath
        uri =
            (path.isEmpty || path == "/" ? WebSocketLink.path : path)
            + (parts.percentEncodedQuery.map { "?\($0)" } ?? "")
    }

    func request(headers: [(name: String, value: String)]) -> HTTPRequestHead {
        var fields = HTTPHeaders([
            ("host", (host.contains(":") ? "[\(host)]" : host) + (port == (isSecure ? 443 : 80) ? "" : ":\(port)")),
            ("sec-websocket-protocol", WebSocketLink.subprotocol),
            ("content-length", "0"),
        ])
        for header in headers { fields.add(name: header.name, value: header.value) }
        return HTTPRequestHead(version: .http1_1, method: .GET, uri: uri, headers: fields)
    }
}

/// Reports the first error of a handshake, which the upgrade would hide behind a closed channel.
private final class FirstErrorHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    private let report: (any Error) -> Void

    init(_ report: @escaping (any Error) -> Void) { self.report = report }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        report(error)
        context.fireErrorCaught(error)
    }
}

/// Reads an answer that is no upgrade, for the words in it.
private final class RefusalReader: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let answer: EventLoopPromise<LinkError>
    private var status = "no status"
    private var body = ""

    init(_ answer: EventLoopPromise<LinkError>) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = "HTTP \(head.status.code) \(head.status.reasonPhrase)"
        case .body(let bytes):
            let room = max(0, 1024 - body.utf8.count)
            body += String(decoding: bytes.readableBytesView.prefix(room), as: UTF8.self)
        case .end: context.close(promise: nil)
        }
        if body.utf8.count >= 1024 { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { finish() }

    private func finish() { answer.succeed(.refused(body.isEmpty ? status : "\(status): \(body)")) }
}
