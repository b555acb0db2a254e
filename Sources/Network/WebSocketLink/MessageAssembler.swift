import NIOCore
import NIOWebSocket
import WeftWire

/// Puts the fragments of WebSocket messages together, within bounds.
struct MessageAssembler {
    /// More pieces than this are a way to waste a receiver's time.
    static let fragmentLimit = 1024

    private let limitBytes: Int
    private var parts: ByteBuffer?
    private var partCount = 0

    init(limitBytes: Int) { self.limitBytes = limitBytes }

    /// Takes a data frame; returns the message that it completes, unmasked.
    mutating func add(_ frame: WebSocketFrame) throws(LinkError) -> ByteBuffer? {
        guard (frame.opcode == .continuation) == (parts != nil) else {
            throw .malformed("WebSocket: fragments of a message out of order")
        }
        let sizeBytes = (parts?.readableBytes ?? 0) + frame.length
        guard sizeBytes <= limitBytes else { throw .tooLarge(bytes: sizeBytes, limit: limitBytes) }
        var data = frame.data
        if let key = frame.maskKey { Self.unmask(&data, Array(key)) }
        if parts == nil, frame.fin { return data }
        partCount += 1
        guard partCount <= Self.fragmentLimit else {
            throw .malformed("WebSocket: a message in more than \(Self.fragmentLimit) fragments")
        }
        if parts == nil { parts = data } else { parts!.writeBuffer(&data) }
        guard frame.fin else { return nil }
        defer {
            parts = nil
            partCount = 0
        }
        return parts
    }

    /// RFC 6455 §5.3, eight bytes at a time.
    private static func unmask(_ data: inout ByteBuffer, _ key: [UInt8]) {
        var word: UInt64 = 0
        for position in 0..<8 { word |= UInt64(key[position % 4]) << UInt64(position * 8) }
        data.withUnsafeMutableReadableBytes { bytes in
            var offset = 0
            while offset + 8 <= bytes.count {
                let value = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                bytes.storeBytes(of: (value ^ word).littleEndian, toByteOffset: offset, as: UInt64.self)
                offset += 8
            }
            while offset < bytes.count {
                bytes[offset] ^= key[offset % 4]
                offset += 1
            }
        }
    }
}
