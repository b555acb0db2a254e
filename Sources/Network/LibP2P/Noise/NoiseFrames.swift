import NIOCore

/// The frames of an encrypted connection: two bytes of length, then a message of at most 65,535 bytes (libp2p specification
/// "noise-libp2p", wire format).
struct NoiseFrames: Sendable {
    /// Bytes of plaintext in one frame at most.
    static let greatestPlaintextLength = 65_535 - NoiseCipher.tagLength
    /// Bytes of plaintext in one frame that is sent: with its length and tag 64 KiB, so that buffers of frames are filled.
    static let sentPlaintextLength = 65_536 - 2 - NoiseCipher.tagLength

    private var sending: NoiseCipher
    private var receiving: NoiseCipher

    init(sending: NoiseCipher, receiving: NoiseCipher) {
        self.sending = sending
        self.receiving = receiving
    }

    /// The next whole message of a handshake; nil when it has not come yet.
    static func readHandshakeMessage(from buffer: inout ByteBuffer) throws(NoiseError) -> [UInt8]? {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt16.self) else { return nil }
        guard Int(length) <= NoiseHandshake.greatestMessageLength else {
            throw .malformed("a message of \(length) bytes")
        }
        guard buffer.readableBytes >= 2 + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 2)
        return buffer.readBytes(length: Int(length))
    }

    static func writeHandshakeMessage(_ message: [UInt8], to buffer: inout ByteBuffer) {
        precondition(message.count <= 65_535, "a frame has 16 bits of length")
        buffer.writeInteger(UInt16(message.count))
        buffer.writeBytes(message)
    }

    /// Encrypts the bytes, in frames of `sentPlaintextLength` but for the last; what would be in more frames than so many is left.
    mutating func seal(
        _ plaintext: inout ByteBuffer, to output: inout ByteBuffer, frames limit: Int = .max
    ) throws(NoiseError) {
        var left = limit
        while plaintext.readableBytes > 0, left > 0 {
            left -= 1
            let length = min(plaintext.readableBytes, Self.sentPlaintextLength)
            output.writeInteger(UInt16(length + NoiseCipher.tagLength))
            try sending.seal(&plaintext, length: length, to: &output)
        }
    }

    /// Bytes that the frame at the beginning of a buffer lacks; at least one.
    static func missing(of buffer: ByteBuffer) -> Int {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt16.self) else {
            return 2 - buffer.readableBytes
        }
        return max(1, 2 + Int(length) - buffer.readableBytes)
    }

    /// Decrypts all whole frames, and leaves the beginning of one that is not whole.
    mutating func open(_ ciphertext: inout ByteBuffer, to output: inout ByteBuffer) throws(NoiseError) {
        while let length = ciphertext.getInteger(at: ciphertext.readerIndex, as: UInt16.self),
            ciphertext.readableBytes >= 2 + Int(length)
        {
            ciphertext.moveReaderIndex(forwardBy: 2)
            try receiving.open(&ciphertext, length: Int(length), to: &output)
        }
    }
}
