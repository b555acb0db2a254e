import NIOCore

/// Cuts off a peer that does not take what is sent: a channel that stays unwritable for `timeout` is closed.
/// Costs nothing while the peer keeps up.
final class StalledWriteHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny
    typealias InboundOut = NIOAny

    private let timeout: TimeAmount
    private var pending: Scheduled<Void>?

    init(timeout: TimeAmount) { self.timeout = timeout }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pending?.cancel()
        pending = nil
        if !context.channel.isWritable {
            pending = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { context.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        pending?.cancel()
        pending = nil
    }
}
