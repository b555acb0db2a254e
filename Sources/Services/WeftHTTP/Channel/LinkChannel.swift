import NIOCore
import WebSocketLink
import WeftWire

/// An upgraded channel made a link.
struct LinkChannel: Sendable {
    let channel: any Channel
    let link: any Link

    /// Runs on the channel's event loop, in the moment of the upgrade: no frame is lost.
    init(accepting channel: any Channel) throws {
        self.channel = channel
        link = try WebSocketLink.accept(channel: channel)
    }
}
