public import NIOCore

/// One conversation with a peer: bytes both ways, in order, over a connection that it shares with others.
///
/// One task reads and one writes; neither need be the same. Cancelling a call resets the stream, because what was half sent
/// cannot be taken back.
public protocol PeerStream: Sendable {
    /// The peer at the other end, proven by the handshake of the connection.
    var peer: PeerID { get }

    /// The protocol that both ends agreed on, as in `/ipfs/ping/1.0.0`.
    var protocolName: String { get }

    /// What is under the stream.
    var connection: ConnectionFacts { get }

    /// The bytes that have come, at least one; nil once the peer closed its side and all was read.
    ///
    /// Reading is what makes room: a peer whose bytes are not read must stop sending.
    /// - Throws: `PeerStreamError.reset` when either end gave the stream up, `.connectionLost` when its connection ended.
    func read() async throws -> ByteBuffer?

    /// Sends bytes; comes back when they are within the peer's window and accepted by the connection.
    /// - Throws: As `read()`, and `PeerStreamError.closed` after `closeWrite()`.
    func write(_ bytes: ByteBuffer) async throws

    /// Says that no more bytes will be sent. The other direction stays open. Repeating it does nothing.
    func closeWrite() async throws

    /// Gives up both directions at once; the peer sees a reset. Never fails, and does nothing after both sides closed.
    func reset()
}

/// The connection under a stream.
public struct ConnectionFacts: Sendable, Hashable {
    /// Which end dialed.
    public enum Direction: Sendable, Hashable { case outbound, inbound }

    /// Told apart from all other connections of this host's life.
    public let id: UInt64
    public let direction: Direction
    /// The address that was dialed, or from which the peer came; it goes through a relay when `isRelayed`.
    public let remoteAddress: Multiaddr
    /// Whether a third peer forwards its bytes.
    public var isRelayed: Bool { remoteAddress.isRelayed }

    public init(id: UInt64, direction: Direction, remoteAddress: Multiaddr) {
        self.id = id
        self.direction = direction
        self.remoteAddress = remoteAddress
    }
}

/// Why a stream ended before its time.
public enum PeerStreamError: Error, Sendable, Hashable {
    /// One end gave the stream up.
    case reset
    /// The connection under it ended.
    case connectionLost
    /// This end had closed its side before.
    case closed
    /// The peer sent a message that is larger than this protocol allows, in bytes.
    case messageTooLarge(limit: Int)
    /// The peer sent what this protocol does not know, or ended in the middle of a message.
    case malformed(String)
    /// Nothing came for as long as was waited.
    case timedOut
    /// This end has as many streams open as it may have over one connection.
    case tooManyStreams(limit: Int)
}
