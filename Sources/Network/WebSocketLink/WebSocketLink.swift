package import NIOCore
import NIOWebSocket
package import WeftWire

/// A link over a WebSocket (RFC 6455), as binary messages of subprotocol `weft.v1`: one message is one frame of
/// `proto/weft.proto`. Workers dial with ``connect(url:tls:headers:timing:limits:on:)``; whoever accepts the upgrade
/// calls ``accept(channel:timing:limits:)``, or lets ``WebSocketLinkServer`` do all of it.
///
/// Bytes are decoded and encoded on the channel's event loop and handed over in batches: one hop for all messages of
/// a turn. There is no channel binding: the TLS library gives no keying material to derive one from, so
/// ``channelBinding`` is empty, and a worker's proof is bound to the nonces of both ends alone.
package final class WebSocketLink: Link {
    /// Where coordinators serve links.
    package static let path = "/api/v1/link"
    package static let subprotocol = "weft.v1"

    /// How long this end is patient.
    package struct Timing: Hashable, Sendable {
        /// Connecting, TLS and the upgrade together.
        package var handshake: Duration
        /// A ping is sent when nothing was heard for this long.
        package var ping: Duration
        /// The link is lost when nothing was heard for this long, a ping notwithstanding.
        package var silence: Duration
        /// How long an orderly close waits for the peer.
        package var close: Duration

        package init(
            handshake: Duration = .seconds(10), ping: Duration = .seconds(3), silence: Duration = .seconds(10),
            close: Duration = .seconds(3)
        ) {
            self.handshake = handshake
            self.ping = ping
            self.silence = silence
            self.close = close
        }
    }

    enum Side: Sendable { case client, server }

    private let core: LinkCore
    private let channel: any Channel
    private let timing: Timing
    package let remoteDescription: String
    package var channelBinding: [UInt8] { [] }

    private init(core: LinkCore, channel: any Channel, timing: Timing) {
        self.core = core
        self.channel = channel
        self.timing = timing
        remoteDescription = channel.remoteAddress.map(Self.describe) ?? "unknown"
    }

    deinit { channel.close(mode: .all, promise: nil) }

    /// Turns the server's end of an upgraded channel into a link. To be called on the channel's event loop in the
    /// upgrade's pipeline handler, before any bytes after the upgrade are read. The upgrader's `maxFrameSize` must be
    /// ``LinkBounds/frameBytes`` and its automatic error handling off: the link says itself what was wrong.
    package static func accept(
        channel: any Channel, timing: Timing = Timing(), limits: LinkLimits = .standard
    ) throws -> WebSocketLink {
        try make(channel: channel, side: .server, timing: timing, limits: limits)
    }

    static func make(
        channel: any Channel, side: Side, timing: Timing, limits: LinkLimits
    ) throws -> WebSocketLink {
        channel.eventLoop.preconditionInEventLoop()
        let core = LinkCore(limits: limits)
        let liveness = Liveness()
        let handler = WebSocketLinkHandler(core: core, side: side, timing: timing, liveness: liveness)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(
            LivenessHandler(liveness),
            position: .before(try pipeline.handler(type: ByteToMessageHandler<WebSocketFrameDecoder>.self)))
        try pipeline.addHandler(handler)
        return WebSocketLink(core: core, channel: channel, timing: timing)
    }

    package func send(_ messages: [Message]) async throws { try await core.send(messages) }
    package var inbound: LinkInbound { LinkInbound { [self] in try await core.next() } }

    package func close() async {
        // The goodbye waits for its turn behind what is staged, which a peer that does not read can hold up for ever.
        let overdue = channel.eventLoop.scheduleTask(in: TimeAmount(timing.close)) { [channel] in
            channel.close(mode: .all, promise: nil)
        }
        await core.close()
        overdue.cancel()
    }

    /// Bytes held for the transport and for the reader, for tests of the bounds.
    package var heldBytes: Int { core.heldBytes }

    private static func describe(_ address: SocketAddress) -> String {
        guard let ip = address.ipAddress, let port = address.port else { return "\(address)" }
        return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }
}
