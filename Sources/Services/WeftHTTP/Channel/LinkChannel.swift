import NIOCore
import WeftWire

/// An upgraded channel made a link.
struct LinkChannel: Sendable {
    let channel: any Channel
    let link: any Link

    /// Runs on the channel's event loop, in the moment of the upgrade: no frame is lost.
    static func prepare(_ channel: any Channel) throws -> LinkChannel { fatalError() }
}
