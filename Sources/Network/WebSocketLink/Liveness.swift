import NIOCore

/// When the peer was last heard of. Used on one event loop only.
final class Liveness {
    private(set) var lastHeard = NIODeadline.now()
    /// When a ping was sent that nothing was heard after.
    private(set) var pingSent: NIODeadline?

    func heard() {
        lastHeard = .now()
        pingSent = nil
    }

    func sentPing() { if pingSent == nil { pingSent = .now() } }
}

/// Notes every arrival of bytes, before they make a whole frame: a large frame over a slow line is a sign of life.
final class LivenessHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let liveness: Liveness

    init(_ liveness: Liveness) { self.liveness = liveness }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        liveness.heard()
        context.fireChannelRead(data)
    }
}
