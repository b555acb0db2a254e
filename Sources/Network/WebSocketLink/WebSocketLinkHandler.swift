import NIOCore
import NIOWebSocket
import WeftWire

/// Between a channel's WebSocket frames and a link's core. Lives on the channel's event loop.
final class WebSocketLinkHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let core: LinkCore
    private let side: WebSocketLink.Side
    private let timing: WebSocketLink.Timing
    private let liveness: Liveness
    private var assembler: MessageAssembler
    /// Decoded in this turn and not yet handed over.
    private var arrived: [Frame] = []
    private var hasWork = false
    private var saidGoodbye = false
    private var heardGoodbye = false
    private var unansweredPing: ByteBuffer?
    private var pingTimer: RepeatedTask?
    private var closeTimer: Scheduled<Void>?

    init(core: LinkCore, side: WebSocketLink.Side, timing: WebSocketLink.Timing, liveness: Liveness) {
        self.core = core
        self.side = side
        self.timing = timing
        self.liveness = liveness
        assembler = MessageAssembler(limitBytes: core.limits.frameBytes)
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        let loopBound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        core.attach {
            loop.execute {
                let (handler, context) = loopBound.value
                handler.hasWork = true
                handler.pump(context)
            }
        }
        pingTimer = loop.scheduleRepeatedTask(
            initialDelay: TimeAmount(timing.ping), delay: TimeAmount(timing.ping)
        ) { _ in
            let (handler, context) = loopBound.value
            handler.checkLiveness(context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        pingTimer?.cancel()
        closeTimer?.cancel()
        core.end(.lost("the connection is gone"))
        core.detach()
    }

    func channelInactive(context: ChannelHandlerContext) {
        handOver()
        core.end(heardGoodbye ? .closed : .lost("the connection ended without a goodbye"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        handOver()
        switch error {
        case NIOWebSocketError.invalidFrameLength:
            violated(context, .malformed("a WebSocket frame of more than \(core.limits.frameBytes) bytes"))
        case let error as NIOWebSocketError: violated(context, .malformed("WebSocket: \(error)"))
        case let error as LinkError: violated(context, error)
        default:
            core.end(.lost("\(error)"))
            context.close(promise: nil)
        }
    }

    /// The server is shutting down.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            core.startClosing()
            closeLater(context)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func checkLiveness(_ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        let silence = now - liveness.lastHeard
        if liveness.pingSent != nil, silence >= TimeAmount(timing.silence) {
            core.end(.lost("nothing heard from the peer for \(silence.nanoseconds / 1_000_000) ms"))
            context.close(promise: nil)
        } else if silence >= TimeAmount(timing.ping), !saidGoodbye {
            liveness.sentPing()
            if context.channel.isWritable { write(context, .ping, ByteBuffer(), flush: true) }
        }
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        // After the end only the peer's goodbye is of interest.
        guard !heardGoodbye, core.ending == nil || frame.opcode == .connectionClose else { return }
        do throws(LinkError) {
            guard (frame.maskKey != nil) == (side == .server) else {
                throw .malformed("WebSocket: clients mask what they send, servers do not")
            }
            guard !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
                throw .malformed("WebSocket: an extension that was not agreed on")
            }
            switch frame.opcode {
            case .binary, .continuation:
                if let message = try assembler.add(frame) {
                    arrived.append(try Self.decode(message, limits: core.limits))
                }
            case .ping:
                // Only the latest needs an answer (RFC 6455 §5.5.3), so a flood of pings cannot pile up pongs.
                unansweredPing = frame.unmaskedData
                answerPing(context)
            case .pong: break
            case .connectionClose: goodbyeArrived(context, frame.unmaskedData)
            case .text: throw .malformed("WebSocket: text where binary messages were agreed on")
            default: throw .malformed("WebSocket: a frame of unknown kind")
            }
        } catch {
            handOver()
            violated(context, error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        handOver()
        if let error = core.ending, error != .closed, !saidGoodbye { violated(context, error) }
        context.fireChannelReadComplete()
    }

    private static func decode(_ message: ByteBuffer, limits: LinkLimits) throws(LinkError) -> Frame {
        let result: Result<Frame, LinkError> = message.withUnsafeReadableBytes { bytes in
            Result { () throws(LinkError) in try Frame(decoding: bytes.bytes, limits: limits) }
        }
        return try result.get()
    }

    private func handOver() {
        guard !arrived.isEmpty else { return }
        core.receive(arrived)
        arrived.removeAll(keepingCapacity: true)
    }

    private func goodbyeArrived(_ context: ChannelHandlerContext, _ body: ByteBuffer) {
        heardGoodbye = true
        handOver()
        var body = body
        let code = body.readInteger(as: UInt16.self)
        let reason = String(decoding: body.readableBytesView.prefix(123), as: UTF8.self)
        switch code {
        // Normal, going away, and none given (RFC 6455 §7.4.1).
        case nil, 1000, 1001: core.end(.closed)
        case .some(let code): core.end(.refused(reason.isEmpty ? "WebSocket code \(code)" : reason))
        }
        if !saidGoodbye { sayGoodbye(context, .normalClosure, "") }
        context.close(promise: nil)
    }

    /// The peer broke the rules: say so, and end.
    private func violated(_ context: ChannelHandlerContext, _ error: LinkError) {
        core.end(error)
        guard context.channel.isActive else { return }
        if !saidGoodbye {
            if case .tooLarge = error {
                sayGoodbye(context, .messageTooLarge, "\(error)")
            } else {
                sayGoodbye(context, .protocolError, "\(error)")
            }
        }
        // Closing now, with bytes of the peer's unread, would reset the connection before it reads the reason.
        closeLater(context)
    }

    // MARK: Writing

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            answerPing(context)
            if hasWork { pump(context) }
        }
        context.fireChannelWritabilityChanged()
    }

    /// Writes what the core has, as long as the channel takes it, and flushes once.
    private func pump(_ context: ChannelHandlerContext) {
        guard hasWork, context.channel.isActive else { return }
        var wrote = false
        while context.channel.isWritable {
            switch core.takeOutbound() {
            case .frame(let bytes):
                write(context, .binary, ByteBuffer(bytes: bytes), flush: false)
                wrote = true
                continue
            case .goodbye:
                if !saidGoodbye { sayGoodbye(context, .normalClosure, "") }
                closeLater(context)
                continue
            case .nothing: hasWork = false
            }
            break
        }
        if wrote { context.flush() }
    }

    private func answerPing(_ context: ChannelHandlerContext) {
        guard let data = unansweredPing, context.channel.isWritable, !saidGoodbye else { return }
        unansweredPing = nil
        write(context, .pong, data, flush: true)
    }

    private func sayGoodbye(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode, _ reason: String) {
        saidGoodbye = true
        var body = ByteBuffer()
        body.write(webSocketErrorCode: code)
        // A control frame holds 125 bytes, two of which are the code. Cut between characters.
        var room = 123
        body.writeString(
            String(
                reason.prefix { character in
                    room -= character.utf8.count
                    return room >= 0
                }))
        write(context, .connectionClose, body, flush: true)
    }

    /// The peer has this long to answer a goodbye.
    private func closeLater(_ context: ChannelHandlerContext) {
        guard closeTimer == nil else { return }
        closeTimer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(timing.close)) {
            context.close(promise: nil)
        }
    }

    private func write(_ context: ChannelHandlerContext, _ opcode: WebSocketOpcode, _ data: ByteBuffer, flush: Bool) {
        let mask = side == .client ? WebSocketMaskingKey.random() : nil
        context.write(
            wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, maskKey: mask, data: data)), promise: nil)
        if flush { context.flush() }
    }
}
