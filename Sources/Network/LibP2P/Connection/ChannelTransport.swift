import NIOCore

/// A connection over a socket: a handler at the end of a channel's pipeline.
///
/// What is sent is encrypted on the channel's event loop, all that has gathered at a time.
final class ChannelTransport: ChannelInboundHandler, ChannelOutboundHandler, ConnectionTransport {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private let connection: PeerConnection
    private let channel: any Channel
    /// Only used on the channel's event loop.
    private let state: NIOLoopBound<State>

    private final class State {
        var isReadHeld = false
        var isClosing = false
    }

    /// - Precondition: On the channel's event loop.
    init(connection: PeerConnection, channel: any Channel) {
        self.connection = connection
        self.channel = channel
        state = NIOLoopBound(State(), eventLoop: channel.eventLoop)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { connection.attach(self) }
    }

    func channelActive(context: ChannelHandlerContext) {
        connection.attach(self)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { connection.received(unwrapInboundIn(data)) }

    func read(context: ChannelHandlerContext) {
        if connection.mustPauseReading { state.value.isReadHeld = true } else { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.end(.closedByPeer)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.end(.transport("\(error)"))
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The peer sends no more: nothing that it asked for can be of use to it.
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { connection.end(.closedByPeer) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { send() }
        context.fireChannelWritabilityChanged()
    }

    // MARK: ConnectionTransport

    func wake() {
        // Even from the event loop itself: after what is being handled now, so that all of its answers go out together.
        channel.eventLoop.execute { self.send() }
    }

    func close() {
        channel.eventLoop.execute {
            guard !self.state.value.isClosing else { return }
            self.state.value.isClosing = true
            while let bytes = self.connection.takeOutput() { self.channel.write(bytes, promise: nil) }
            // What was written before goes out before the socket closes, if the peer takes it.
            let limit = self.channel.eventLoop.scheduleTask(in: .seconds(5)) { self.channel.close(promise: nil) }
            self.channel.writeAndFlush(ByteBuffer()).whenComplete { _ in
                limit.cancel()
                self.channel.close(promise: nil)
            }
        }
    }

    /// On the event loop.
    private func send() {
        var hasWritten = false
        while channel.isWritable, let bytes = connection.takeOutput() {
            channel.write(bytes, promise: nil)
            hasWritten = true
        }
        if hasWritten { channel.flush() }
        if state.value.isReadHeld, !connection.mustPauseReading {
            state.value.isReadHeld = false
            channel.read()
        }
    }
}
