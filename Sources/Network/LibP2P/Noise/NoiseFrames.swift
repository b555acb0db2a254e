import NIOCore

/// The frames of an encrypted connection: two bytes of length, then a message of at most 65,535 bytes (libp2p specification
/// "noise-libp2p", wire format).
enum NoiseFrames {
    /// Bytes that a frame adds to what is in it.
    static let overheadLength = 2 + NoiseCipher.tagLength
    /// Bytes of plaintext in one frame that is sent: almost as much as a frame may have, but not so much that pieces of memory for
    /// it begin at equal places in their pages (`ByteBuffer.clearToMidPage`).
    static let sentPlaintextLength = 65_536 - 512 - overheadLength

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

    /// How many frames so many bytes are sent in.
    static func count(ofPlaintext length: Int) -> Int { (length + sentPlaintextLength - 1) / sentPlaintextLength }

    /// Encrypts the bytes, in frames of `sentPlaintextLength` but for the last; what would be in more frames than so many is left.
    /// - Parameter scratch: Is overwritten.
    static func seal(
        _ plaintext: inout GatheredBytes, to output: inout ByteBuffer, by cipher: inout NoiseCipher, frames limit: Int,
        scratch: inout ByteBuffer
    ) throws(NoiseError) {
        var left = limit
        while plaintext.readableBytes > 0, left > 0 {
            left -= 1
            let length = min(plaintext.readableBytes, sentPlaintextLength)
            scratch.clearToMidPage(minimumCapacity: length)
            plaintext.read(length, to: &scratch)
            output.writeInteger(UInt16(length + NoiseCipher.tagLength))
            try cipher.seal(&scratch, length: length, to: &output)
        }
    }

    /// Whole frames at the beginning of a buffer: how many, and how many bytes all together.
    static func wholeFrames(in buffer: ByteBuffer) -> (count: Int, length: Int) {
        var (count, length) = (0, 0)
        while let next = buffer.getInteger(at: buffer.readerIndex + length, as: UInt16.self),
            buffer.readableBytes - length >= 2 + Int(next)
        {
            count += 1
            length += 2 + Int(next)
        }
        return (count, length)
    }

    /// Bytes that the frame at the beginning of a buffer lacks.
    static func missing(of buffer: ByteBuffer) -> Int {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt16.self) else {
            return 2 - buffer.readableBytes
        }
        return max(0, 2 + Int(length) - buffer.readableBytes)
    }

    /// Decrypts all whole frames, and leaves the beginning of one that is not whole.
    static func open(
        _ ciphertext: inout ByteBuffer, to output: inout ByteBuffer, by cipher: inout NoiseCipher
    ) throws(NoiseError) {
        var scratch = ByteBuffer()
        while let length = ciphertext.getInteger(at: ciphertext.readerIndex, as: UInt16.self),
            ciphertext.readableBytes >= 2 + Int(length)
        {
            ciphertext.moveReaderIndex(forwardBy: 2)
            try cipher.open(&ciphertext, length: Int(length), to: &output, scratch: &scratch)
        }
    }
}

extension ByteBuffer {
    /// Empties it, and begins in the middle of a page if it is to be large, where no piece of memory begins by itself.
    ///
    /// On processors of AMD's family 25 glibc's `memmove` takes twenty times as long where the destination is less than 64 bytes
    /// ahead of the source, modulo a page (its bug 30994). Large pieces of memory begin at almost equal places in their pages.
    mutating func clearToMidPage(minimumCapacity: Int) {
        let pageLength = 4096
        guard minimumCapacity >= pageLength else { return clear(minimumCapacity: minimumCapacity) }
        clear(minimumCapacity: minimumCapacity + pageLength)
        let address = withUnsafeMutableWritableBytes { Int(bitPattern: $0.baseAddress) }
        let gap = (pageLength / 2 - address) & (pageLength - 1)
        moveWriterIndex(forwardBy: gap)
        moveReaderIndex(forwardBy: gap)
    }
}
