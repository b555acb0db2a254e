import NIOCore

/// The frames of an encrypted connection: two bytes of length, then a message of at most 65,535 bytes (libp2p specification
/// "noise-libp2p", wire format).
struct NoiseFrames: Sendable {
    /// Bytes of plaintext in one frame at most.
    static let greatestPlaintextLength = 65_535 - NoiseCipher.tagLength

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

    /// Encrypts all of the bytes, in frames as large as they may be.
    mutating func seal(_ plaintext: inout ByteBuffer, to output: inout ByteBuffer) throws(NoiseError) {
        while plaintext.readableBytes > 0 {
            let length = min(plaintext.readableBytes, Self.greatestPlaintextLength)
            output.writeInteger(UInt16(length + NoiseCipher.tagLength))
            try sending.seal(&plaintext, length: length, to: &output)
        }
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
