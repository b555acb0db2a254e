import NIOCore

/// Sends messages over a stream, each after its length as a varint.
public struct MessageWriter: Sendable {
    private let stream: any PeerStream

    public init(_ stream: any PeerStream) { self.stream = stream }

    /// - Throws: As `PeerStream.write`.
    public func write(_ message: [UInt8]) async throws {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(message.count + Varint.greatestLength)
        bytes.writeBytes(Varint.encode(UInt64(message.count)))
        bytes.writeBytes(message)
        try await stream.write(bytes)
    }
}
