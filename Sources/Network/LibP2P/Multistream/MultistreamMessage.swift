import NIOCore

/// Why two ends could not agree on a protocol.
public enum MultistreamError: Error, Sendable, Hashable {
    /// A message longer than `MultistreamMessage.greatestLength`, or a length that is no varint.
    case badLength
    /// Text that is not what the negotiation knows.
    case unexpected(String)
    /// The listener speaks none of the protocols that were offered.
    case refused
    /// More attempts than anybody needs.
    case tooManyAttempts(limit: Int)
}

/// One line of a negotiation: its length as a varint, the text, a newline (libp2p specification "connections", multistream-select
/// 1.0).
enum MultistreamMessage {
    static let header = "/multistream/1.0.0"
    static let notAvailable = "na"
    static let list = "ls"
    /// Bytes of a line at most, the newline among them.
    static let greatestLength = 1024
    /// Protocols that are tried on one stream at most.
    static let greatestAttemptCount = 64

    static func write(_ text: String, to buffer: inout ByteBuffer) {
        buffer.writeBytes(Varint.encode(UInt64(text.utf8.count + 1)))
        buffer.writeString(text)
        buffer.writeInteger(UInt8(ascii: "\n"))
    }

    /// The answer to `ls`: lines within a line.
    static func writeList(of names: [String], to buffer: inout ByteBuffer) {
        var lines = ByteBuffer()
        for name in names { write(name, to: &lines) }
        lines.writeInteger(UInt8(ascii: "\n"))
        buffer.writeBytes(Varint.encode(UInt64(lines.readableBytes)))
        buffer.writeBuffer(&lines)
    }

    /// The next line without its newline; nil when it has not come whole.
    static func read(from buffer: inout ByteBuffer) throws(MultistreamError) -> String? {
        let length: (value: UInt64, length: Int)?
        do {
            length = try Varint.decode(buffer.readableBytesView.prefix(3))
        } catch {
            throw .badLength
        }
        guard let length else {
            guard buffer.readableBytes < 3 else { throw .badLength }
            return nil
        }
        guard (1...UInt64(greatestLength)).contains(length.value) else { throw .badLength }
        guard buffer.readableBytes >= length.length + Int(length.value) else { return nil }
        buffer.moveReaderIndex(forwardBy: length.length)
        guard let bytes = buffer.readBytes(length: Int(length.value)) else {
            preconditionFailure("the bytes are there")
        }
        guard bytes.last == UInt8(ascii: "\n"), let text = String(validating: bytes.dropLast(), as: UTF8.self) else {
            throw .unexpected("a line without its newline, or not UTF-8")
        }
        return text
    }
}
