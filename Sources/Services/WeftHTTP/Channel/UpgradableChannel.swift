import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL
import NIOWebSocket
import Synchronization
import WeftWire

/// What a WebSocket is for, decided before it is accepted.
enum SocketPurpose: Sendable {
    case link
    case events(EventRequest)
}

/// A connection: HTTP/1.1 to the responder, or a WebSocket.
struct UpgradableChannel: HTTPChannelHandler {
    enum Upgrade: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        case link(LinkChannel)
        case events(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, EventRequest)
        case refused
    }

    enum Decision: Sendable {
        case accept(SocketPurpose, subprotocol: String)
        case refuse(HTTPFailure, requestID: String)
    }

    struct Value: ServerChildChannelValue {
        let upgrade: EventLoopFuture<Upgrade>
        let channel: any Channel
    }

    let responder: Responder
    let limits: HTTPServer.Limits
    let tls: NIOSSLContext?
    let connections: Connections
    let decide: @Sendable (HTTPRequestHead) async -> Decision
    let serveLink: @Sendable (LinkChannel) async -> Void
    let serveEvents: @Sendable (NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, EventRequest) async -> Void

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        connections.add(channel)
        // Links and small answers want their bytes sent at once; the reply of setting it does not matter on sockets
        // that have no such option.
        return channel.setOption(.tcpOption(.tcp_nodelay), value: 1).flatMapError { _ in
            channel.eventLoop.makeSucceededVoidFuture()
        }.flatMapThrowing {
            let sync = channel.pipeline.syncOperations
            if let tls { try sync.addHandler(NIOSSLServerHandler(context: tls)) }
            try sync.addHandler(StalledWriteHandler(timeout: TimeAmount(limits.stalledWriteTimeout)))
            let upgrade = try configure(channel, logger: logger)
            let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(limits.headTimeout)) {
                channel.close(promise: nil)
            }
            upgrade.whenComplete { _ in deadline.cancel() }
            return Value(upgrade: upgrade, channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {
        do {
            switch try await value.upgrade.get() {
            case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
            case .link(let link): await serveLink(link)
            case .events(let channel, let request): await serveEvents(channel, request)
            case .refused: break
            }
        } catch {
            logger.debug("a connection ended before its first request", metadata: ["error": "\(error)"])
            // Bytes that are no HTTP were answered by the guard, which closes after its answer has gone out.
            if !(error is HTTPParserError) { value.channel.close(promise: nil) }
        }
    }

    private func configure(_ channel: any Channel, logger: Logger) throws -> EventLoopFuture<Upgrade> {
        // What `decide` said, for the two closures that NIO calls later on this channel's event loop.
        let box = DecisionBox()
        let upgrader = NIOTypedWebSocketServerUpgrader<Upgrade>(
            maxFrameSize: LinkBounds.frameBytes,
            enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, head in
                let promise = channel.eventLoop.makePromise(of: HTTPHeaders?.self)
                promise.completeWithTask {
                    let decision = await decide(head)
                    box.set(decision)
                    guard case .accept(_, let subprotocol) = decision else { return nil }
                    return ["sec-websocket-protocol": subprotocol]
                }
                return promise.futureResult
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture { try upgraded(channel, box.value) }
            })
        var configuration = NIOUpgradableHTTPServerPipelineConfiguration<Upgrade>(
            upgradeConfiguration: .init(upgraders: [upgrader]) { channel in
                // NIO drops the request's head once every upgrader has refused, so the responder would never see it
                // and the client would wait for ever: it is answered here.
                if case .refuse(let failure, let requestID) = box.value {
                    return Self.refuse(channel, failure, requestID: requestID)
                }
                return channel.eventLoop.makeCompletedFuture { try plain(channel, logger: logger) }
            })
        configuration.enablePipelining = false
        configuration.enableErrorHandling = false
        configuration.enableResponseHeaderValidation = false
        configuration.decoderConfiguration.maxHeaderFieldSize = limits.headerBytes
        configuration.decoderConfiguration.maxHeaderListSize = limits.headerBytes
        configuration.decoderConfiguration.maxHeaderFieldCount = limits.headerFields
        let sync = channel.pipeline.syncOperations
        let upgrade = try sync.configureUpgradableHTTPServerPipeline(configuration: configuration)
        let handler = try sync.handler(type: NIOTypedHTTPServerUpgradeHandler<Upgrade>.self)
        try sync.addHandlers([RequestGuard(limits: limits), FirstRequest()], position: .before(handler))
        return upgrade
    }

    private func plain(_ channel: any Channel, logger: Logger) throws -> Upgrade {
        let sync = channel.pipeline.syncOperations
        try sync.addHandler(HTTP1ToHTTPServerCodec(secure: tls != nil))
        try sync.addHandler(HTTPConnectionStateHandler(idleTimeout: limits.idleTimeout, logger: logger))
        return .http(
            try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: tls == nil)))
    }

    private func upgraded(_ channel: any Channel, _ decision: Decision?) throws -> Upgrade {
        let sync = channel.pipeline.syncOperations
        sync.removeHandler(try sync.handler(type: RequestGuard.self), promise: nil)
        switch decision {
        case .accept(.link, _):
            return .link(try LinkChannel(accepting: channel))
        case .accept(.events(let request), _):
            try sync.addHandler(
                NIOWebSocketFrameAggregator(
                    minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: 16, maxAccumulatedFrameSize: 64 << 10))
            return .events(try NIOAsyncChannel(wrappingChannelSynchronously: channel), request)
        case .refuse, nil: preconditionFailure("only accepted requests are upgraded")
        }
    }

    private static func refuse(
        _ channel: any Channel, _ failure: HTTPFailure, requestID: String
    ) -> EventLoopFuture<Upgrade> {
        let (head, body) = PlainResponse.problem(failure, requestID: requestID)
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(body)), promise: nil)
        return channel.writeAndFlush(HTTPServerResponsePart.end(nil)).flatMap { channel.close() }.map { .refused }
    }
}

/// One decision, written once by a task and read by the event loop after it.
private final class DecisionBox: Sendable {
    private let stored = Mutex<UpgradableChannel.Decision?>(nil)

    var value: UpgradableChannel.Decision? { stored.withLock { $0 } }
    func set(_ decision: UpgradableChannel.Decision) { stored.withLock { $0 = decision } }
}

/// Removes an `Upgrade` header that asks for no WebSocket (h2c, a missing key), so that the responder answers it, and
/// lets a shutdown close a connection that has not asked anything yet.
private final class FirstRequest: ChannelInboundHandler, RemovableChannelHandler {
    /// See ``RequestGuard``.
    typealias InboundIn = Any
    typealias InboundOut = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard var part = unwrapInboundIn(data) as? HTTPServerRequestPart else { return context.fireChannelRead(data) }
        if case .head(var head) = part {
            let headers = head.headers
            let isSocket =
                head.method == .GET && headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
                && headers["sec-websocket-key"].count == 1 && headers["sec-websocket-version"] == ["13"]
            if isSocket {
                hangUpTogether(context)
            } else {
                head.headers.remove(name: "upgrade")
                part = .head(head)
            }
        }
        context.fireChannelRead(wrapInboundOut(part))
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    /// A WebSocket ends by closing frames; a peer that just hangs up is gone.
    private func hangUpTogether(_ context: ChannelHandlerContext) {
        let done = context.channel.setOption(.allowRemoteHalfClosure, value: false)
        done.assumeIsolated().whenFailure { _ in context.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
