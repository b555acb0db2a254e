import HTTPTypes
import NIOCore
import NIOHTTP1
import WeftFormats

/// Stands next to the HTTP decoder and keeps what a client may do to a connection within bounds:
/// - bytes that are no HTTP get a problem document and the end of the connection;
/// - a body has to come at some speed (``HTTPServer/Limits/bodyTimeout``);
/// - what is left of a body after its response is thrown away up to a bound, past it the connection ends;
/// - a header section has to be complete in time.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    /// `HTTPServerRequestPart`; but a decoder that stops at an upgrade hands on the raw bytes behind it, too.
    typealias InboundIn = Any
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let limits: HTTPServer.Limits
    private var isReadingBody = false
    /// Requests whose response has not ended.
    private var unanswered = 0
    private var hasStartedResponse = false
    private var hasFailed = false
    /// Bytes that are no HTTP came behind requests whose answers have to go out first.
    private var refusalToCome: HTTPFailure?
    private var bodyBytes = 0
    private var discardedBytes = 0
    private var bodyStart = NIODeadline.now()
    private var bodyCheck: Scheduled<Void>?

    init(limits: HTTPServer.Limits) { self.limits = limits }

    func handlerRemoved(context: ChannelHandlerContext) { stopBodyCheck() }

    func channelInactive(context: ChannelHandlerContext) {
        stopBodyCheck()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasFailed else { return }
        guard let part = unwrapInboundIn(data) as? HTTPServerRequestPart else { return context.fireChannelRead(data) }
        switch part {
        case .head(let head):
            isReadingBody = true
            unanswered += 1
            bodyBytes = 0
            discardedBytes = 0
            if head.headers.contains(name: "transfer-encoding")
                || (head.headers.first(name: "content-length") ?? "0") != "0"
            {
                bodyStart = .now()
                scheduleBodyCheck(context, after: limits.bodyTimeout)
            }
            context.fireChannelRead(data)
        case .body(let buffer):
            bodyBytes += buffer.readableBytes
            if unanswered == 0 {
                discardedBytes += buffer.readableBytes
                if discardedBytes > limits.discardedBodyBytes { end(context) }
            } else {
                context.fireChannelRead(data)
            }
        case .end:
            isReadingBody = false
            stopBodyCheck()
            context.fireChannelRead(data)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head): hasStartedResponse = head.status.code >= 200
        case .body: break
        case .end:
            hasStartedResponse = false
            unanswered = max(0, unanswered - 1)
            if unanswered == 0, let failure = refusalToCome {
                context.write(data, promise: promise)
                return refuse(context, failure)
            }
            if unanswered == 0, isReadingBody { linger(context) }
        }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        guard !hasFailed else { return }
        let failure: HTTPFailure =
            switch error {
            case .headerOverflow:
                HTTPFailure(
                    status: .requestHeaderFieldsTooLarge, kind: "headers-too-large",
                    title: "The header fields are too large",
                    detail: "at most \(limits.headerFields) fields of \(limits.headerBytes) bytes in all are read")
            default: .badRequest("these bytes are no HTTP/1.1 request")
            }
        if unanswered > 0, !isReadingBody {
            refusalToCome = failure
        } else {
            refuse(context, failure)
            context.fireErrorCaught(error)
        }
    }

    /// Answers and closes, unless a response is being sent: then the connection just ends.
    private func refuse(_ context: ChannelHandlerContext, _ failure: HTTPFailure) {
        guard !hasStartedResponse, unanswered <= (isReadingBody ? 1 : 0), context.channel.isActive else {
            return end(context)
        }
        hasFailed = true
        stopBodyCheck()
        let (head, body) = PlainResponse.problem(failure, requestID: RequestIdentity.make())
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }

    private func end(_ context: ChannelHandlerContext) {
        hasFailed = true
        stopBodyCheck()
        context.close(promise: nil)
    }

    private func scheduleBodyCheck(_ context: ChannelHandlerContext, after delay: Duration) {
        bodyCheck = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) { [self] in
            bodyCheck = nil
            let allowed = limits.bodyTimeout + .milliseconds(bodyBytes / 16)
            let passed = Duration.nanoseconds((NIODeadline.now() - bodyStart).nanoseconds)
            if passed < allowed {
                scheduleBodyCheck(context, after: allowed - passed)
            } else {
                refuse(
                    context,
                    HTTPFailure(
                        status: .requestTimeout, kind: "too-slow", title: "The body came too slowly",
                        detail: "a body may take \(limits.bodyTimeout) and one second for every 16 KiB"))
            }
        }
    }

    /// The answer is out and nobody wants the rest of the body. Closing now could overtake the answer; waiting long
    /// would be for nothing.
    private func linger(_ context: ChannelHandlerContext) {
        stopBodyCheck()
        bodyCheck = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limits.lingerTimeout)) { [self] in
            end(context)
        }
    }

    private func stopBodyCheck() {
        bodyCheck?.cancel()
        bodyCheck = nil
    }
}

/// Responses that are written before or beside the request loop.
enum PlainResponse {
    static func problem(_ failure: HTTPFailure, requestID: String) -> (HTTPResponseHead, ByteBuffer) {
        let body = JSON.orEmpty(failure.document(requestID: requestID))
        var headers = HTTPHeaders()
        headers.add(name: "content-type", value: "application/problem+json")
        headers.add(name: "content-length", value: String(body.readableBytes))
        headers.add(name: "connection", value: "close")
        headers.add(name: "cache-control", value: "no-store")
        headers.add(name: "x-content-type-options", value: "nosniff")
        headers.add(name: "x-request-id", value: requestID)
        for field in failure.headers { headers.add(name: field.name.rawName, value: field.value) }
        let status = HTTPResponseStatus(
            statusCode: failure.status.code, reasonPhrase: failure.status.reasonPhrase)
        return (HTTPResponseHead(version: .http1_1, status: status, headers: headers), body)
    }
}
