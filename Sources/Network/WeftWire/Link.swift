/// One message, as protobuf defines it (`proto/weft.proto`).
package typealias Message = Weft_Wire_V1_Message

/// An encrypted or local, ordered, reliable stream of batches of messages between a coordinator and a worker.
///
/// Promises of every adapter, held to by the conformance suite:
/// - Batches arrive in the order in which `send` was called, each message once, until the link ends. Batches may be
///   split or joined on the way, messages never.
/// - ``send(_:)`` suspends while the peer has granted no credit, so a slow reader slows its writer and memory stays
///   bounded on both sides. It returns when the link has taken the batch, not when the peer has read it.
/// - ``inbound`` is read by one task. It finishes when the peer closed the link in order, and throws ``LinkError``
///   when it broke. Bytes that are no valid frame, or a frame over the bound, break the link with an error that says so.
/// - After the end of the link `send` throws. ``close()`` may be called any number of times.
package protocol Link: Sendable {
    /// The other end's address, for people and logs.
    var remoteDescription: String { get }
    /// Bytes that both ends of this very connection share and no other connection does (empty where the transport
    /// has none). Signed when a worker proves its key, so that a proof cannot be carried over to another link.
    var channelBinding: [UInt8] { get }

    func send(_ messages: [Message]) async throws
    var inbound: LinkInbound { get }
    func close() async
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
    case closed
    case lost(String)
    case malformed(String)
    case tooLarge(bytes: Int, limit: Int)
    case refused(String)

    package var description: String {
        switch self {
        case .closed: "the link is closed"
        case .lost(let why): "the link was lost: \(why)"
        case .malformed(let why): "the peer sent bytes that are no valid frame: \(why)"
        case .tooLarge(let bytes, let limit): "the peer sent a frame of \(bytes) bytes; the limit is \(limit)"
        case .refused(let why): "the peer refused the link: \(why)"
        }
    }
}

/// Bounds that both ends keep.
package enum LinkBounds {
    /// Largest encoded batch.
    package static let frameBytes = 4 << 20
    /// Encoded bytes that a receiver lets its peer have on the way.
    package static let windowBytes = 8 << 20
    /// Largest piece of a blob in one message.
    package static let blobChunkBytes = 256 << 10
    /// Largest blob that travels inside a result.
    package static let inlineBlobBytes = 16 << 10
    /// Protocol versions that this build speaks.
    package static let versions: ClosedRange<UInt32> = 1...1
}
