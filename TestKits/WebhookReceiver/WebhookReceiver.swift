import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server on this machine that keeps what it is sent, and answers as it is told.
package final class WebhookReceiver: Sendable {
    package struct Delivery: Hashable, Sendable {
        /// Names in lower case.
        package var headers: [String: String]
        package var body: [UInt8]
        package var path: String
    }

    package enum Reaction: Sendable {
        case answer(UInt, headers: [(String, String)] = [], bodyBytes: Int = 0)
        /// None, ever.
        case silence
        case closing
    }

    package let port: Int
    private let channel: any Channel
    private let box: Box

    /// - Parameter react: gets how many came before this one, and the one.
    package init(
        port: Int = 0, react: @escaping @Sendable (Int, Delivery) -> Reaction = { _, _ in .answer(204) }
    ) async throws {
        let box = Box()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    try channel.pipeline.syncOperations.addHandler(Handler(box: box, react: react))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        self.port = channel.localAddress?.port ?? 0
        self.box = box
    }

    package var deliveries: [Delivery] { box.deliveries.withLock { $0 } }

    package func stop() async throws { try await channel.close() }

    private final class Box: Sendable {
        let deliveries = Mutex<[Delivery]>([])
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let box: Box
        private let react: @Sendable (Int, Delivery) -> Reaction
        private var delivery = Delivery(headers: [:], body: [], path: "")

        init(box: Box, react: @escaping @Sendable (Int, Delivery) -> Reaction) {
            self.box = box
            self.react = react
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                delivery = Delivery(
                    headers: Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { $1 }, body: [],
                    path: head.uri)
            case .body(let piece): delivery.body += Array(piece.readableBytesView)
            case .end:
                let delivery = delivery
                let count = box.deliveries.withLock { deliveries in
                    deliveries.append(delivery)
                    return deliveries.count - 1
                }
                answer(react(count, delivery), context)
            }
        }

        private func answer(_ reaction: Reaction, _ context: ChannelHandlerContext) {
            switch reaction {
            case .silence: break
            case .closing: context.close(promise: nil)
            case .answer(let status, let headers, let bodyBytes):
                var fields = HTTPHeaders(headers)
                fields.add(name: "content-length", value: String(bodyBytes))
                let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: Int(status)), headers: fields)
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                var left = bodyBytes
                while left > 0 {
                    let count = min(left, 64 << 10)
                    let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: count)
                    context.write(wrapOutboundOut(.body(.byteBuffer(piece))), promise: nil)
                    left -= count
                }
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
