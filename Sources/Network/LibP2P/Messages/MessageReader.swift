public import NIOCore

/// Reads what protocols send over a stream: messages after their length as a varint, or a known number of bytes.
public struct MessageReader: Sendable {
    private let stream: any PeerStream
    private var unread = ByteBuffer()

    public init(_ stream: any PeerStream) { self.stream = stream }

    /// The next message; nil when the peer closed its side between two messages.
    /// - Parameter limit: Bytes of a message at most; a longer one is refused before it is read.
    /// - Throws: `PeerStreamError`, `.messageTooLarge` and `.malformed` among them.
    public mutating func read(limit: Int) async throws -> [UInt8]? {
        while true {
            let length: (value: UInt64, length: Int)?
            do {
                length = try Varint.decode(unread.readableBytesView)
            } catch {
                throw PeerStreamError.malformed("a length that is not a varint")
            }
            if let length {
                guard length.value <= UInt64(limit) else { throw PeerStreamError.messageTooLarge(limit: limit) }
                unread.moveReaderIndex(forwardBy: length.length)
                return try await readExactly(Int(length.value))
            }
            guard try await more() else {
                guard unread.readableBytes == 0 else {
                    throw PeerStreamError.malformed("the stream ends within a length")
                }
                return nil
            }
        }
    }

    /// The same within a time, after which the reader is of no use any more.
    /// - Throws: Also `PeerStreamError.timedOut`.
    public mutating func read(limit: Int, within time: Duration, by clock: ProtocolClock) async throws -> [UInt8]? {
        let (bytes, rest) = try await clock.withLimit(time) { [self] in
            var reader = self
            let bytes = try await reader.read(limit: limit)
            return (bytes, reader)
        }
        self = rest
        return bytes
    }

    /// So many bytes, whatever they mean.
    public mutating func readExactly(_ count: Int) async throws -> [UInt8] {
        while unread.readableBytes < count {
            guard try await more() else { throw PeerStreamError.malformed("the stream ends within a message") }
        }
        guard let bytes = unread.readBytes(length: count) else { preconditionFailure("the bytes are there") }
        return bytes
    }

    /// What has come and was not yet asked for as a message, or else what comes next; nil at the end of the stream.
    public mutating func readAny() async throws -> ByteBuffer? {
        guard unread.readableBytes == 0 else {
            defer { unread = ByteBuffer() }
            return unread
        }
        return try await stream.read()
    }

    /// What has come and was not yet asked for; a stream that becomes something else after its messages begins with it.
    public var leftover: ByteBuffer { unread }

    private mutating func more() async throws -> Bool {
        guard var bytes = try await stream.read() else { return false }
        if unread.readableBytes == 0 {
            unread = bytes
        } else {
            unread.discardReadBytes()
            unread.writeBuffer(&bytes)
        }
        return true
    }
}
