/// One message, as protobuf defines it (`proto/weft.proto`).
package typealias Message = Weft_Wire_V1_Message

/// An encrypted or local, ordered, reliable stream of batches of messages between a coordinator and a worker.
///
/// Promises of every adapter, held to by the conformance suite:
/// - Batches arrive in the order in which `send` was called, each message once, until the link ends. Batches may be
///   split or joined on the way, messages never.
/// - ``send(_:)`` suspends while the peer has granted no credit, so a slow reader slows its writer and memory stays
///   bounded on both sides. It returns when the link has taken the batch, not when the peer has read it.
/// - A message over the bound is refused by `send` with ``LinkError/tooLarge(bytes:limit:)``; nothing of its batch is
///   sent and the link stays whole.
/// - A `send` that is cancelled while it waits throws `CancellationError`. Messages that the link had not taken by then
///   are not sent; those it had taken arrive.
/// - ``inbound`` is read by one task. It finishes when either end closed the link in order, and throws ``LinkError``
///   when it broke; what arrived before is delivered first. Bytes that are no valid frame, or a frame over the bound,
///   break the link with an error that says so. A cancelled read throws `CancellationError` and loses nothing.
/// - ``close()`` sends what the link has taken, says goodbye, and returns when the link has ended, after a bounded
///   time even if the peer does not answer. Sends that still wait throw ``LinkError/closed``. It may be called any
///   number of times.
/// - After the end of the link `send` throws. A link that is dropped without ``close()`` is lost to its peer.
package protocol Link: Sendable {
    /// The other end's address, for people and logs.
    var remoteDescription: String { get }
    /// ``LinkRoute/direct``, where the adapter does not say.
    var route: LinkRoute { get }
    /// Bytes that both ends of this very connection share and no other connection does (empty where the transport
    /// has none). Signed when a worker proves its key, so that a proof cannot be carried over to another link.
    var channelBinding: [UInt8] { get }

    /// Throws ``LinkError``, or `CancellationError`. An empty batch sends nothing and throws only after the end.
    func send(_ messages: [Message]) async throws
    var inbound: LinkInbound { get }
    func close() async
}

extension Link {
    package var route: LinkRoute { .direct }
}

/// How a link gets to its other end.
package enum LinkRoute: Hashable, Sendable {
    /// The ends have a connection of their own.
    case direct
    /// Another peer forwards what they say, and cannot read it.
    case relayed
}

/// The batches that arrive on a link. Backed by a bounded buffer; iterating gives the peer new credit.
package struct LinkInbound: AsyncSequence, Sendable {
    package typealias Element = [Message]
    package typealias Failure = any Error

    private let next: @Sendable () async throws -> [Message]?

    /// `next` returns the next batch, nil at the orderly end, and throws when the link broke.
    package init(next: @escaping @Sendable () async throws -> [Message]?) { self.next = next }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let pull: @Sendable () async throws -> [Message]?
        package mutating func next() async throws -> [Message]? { try await pull() }
    }

    package func makeAsyncIterator() -> Iterator { Iterator(pull: next) }
}

package enum LinkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One of the ends closed the link in order.
    case closed
    /// The connection is gone or its peer is silent; a new one may work.
    case lost(String)
    /// The peer does not keep the protocol.
    case malformed(String)
    /// A message or a frame is over the bound; at the sender, or found at the receiver.
    case tooLarge(bytes: Int, limit: Int)
    /// The peer does not want this link, in its own words.
    case refused(String)

    package var description: String {
        switch self {
        case .closed: "the link is closed"
        case .lost(let why): "the link was lost: \(why)"
        case .malformed(let why): "the peer sent what the protocol does not allow: \(why)"
        case .tooLarge(let bytes, let limit):
            "\(bytes) bytes are too many for one message or frame; the limit is \(limit)"
        case .refused(let why): "the peer refused the link: \(why)"
        }
    }
}
