import NIOCore

/// What is on its way out of a connection, and not yet encrypted. Only who sends has it, so that encrypting holds up nobody else.
struct Outbound: Sendable {
    /// Frames that are encrypted at a time: they are still in a processor's cache when they are sent.
    private static let framesAtATime = 2

    /// Goes out as it is, before all else.
    private var plain = ByteBuffer()
    private var plaintext = GatheredBytes()
    /// What one frame encrypts, in one piece.
    private var frame = ByteBuffer()
    private var cipher: NoiseCipher?
    /// As many as a socket takes before it has sent any.
    private var sealed = BufferPool(limit: 4)

    var isEmpty: Bool { plain.readableBytes == 0 && plaintext.readableBytes == 0 }

    /// Takes everything, and leaves an empty buffer that has grown before in place of a full one. The nonces of as many frames
    /// as it takes are taken off the cipher.
    /// - Precondition: It is empty.
    mutating func take(
        _ plain: inout ByteBuffer, _ plaintext: inout GatheredBytes, _ cipher: inout NoiseCipher?
    ) throws(NoiseError) {
        precondition(isEmpty, "what was taken before goes out first")
        self.plain = plain
        plain = ByteBuffer()
        // Before there is a cipher what is to be encrypted waits.
        guard plaintext.readableBytes > 0, cipher != nil else { return }
        self.cipher = try cipher?.reserve(NoiseFrames.count(ofPlaintext: plaintext.readableBytes))
        self.plaintext.clear()
        swap(&self.plaintext, &plaintext)
    }

    /// The next piece as it is sent; nil when that was all.
    mutating func next() throws(NoiseError) -> ByteBuffer? {
        if plain.readableBytes > 0 {
            defer { plain = ByteBuffer() }
            return plain
        }
        guard plaintext.readableBytes > 0, var cipher else { return nil }
        let length = min(plaintext.readableBytes, Self.framesAtATime * NoiseFrames.sentPlaintextLength)
        let output = try sealed.fill(length + Self.framesAtATime * NoiseFrames.overheadLength) {
            output throws(NoiseError) in
            try NoiseFrames.seal(
                &plaintext, to: &output, by: &cipher, frames: Self.framesAtATime, scratch: &frame)
        }
        self.cipher = cipher
        return output
    }

    mutating func releaseIdleMemory() {
        plaintext.releaseIdleMemory()
        frame.releaseIdleMemory()
        sealed.releaseMemory()
    }
}

/// Whole frames that came and are not yet decrypted, with the cipher that opens them.
struct Inbound: Sendable {
    private var parts: [ByteBuffer] = []
    private var cipher: NoiseCipher?

    var isEmpty: Bool { parts.isEmpty }

    /// Takes all whole frames off the bytes, and their nonces off the cipher.
    mutating func take(_ bytes: inout ByteBuffer, _ cipher: inout NoiseCipher) throws(NoiseError) {
        let (count, length) = NoiseFrames.wholeFrames(in: bytes)
        guard count > 0, let part = bytes.readSlice(length: length) else { return }
        let own = try cipher.reserve(count)
        if self.cipher == nil { self.cipher = own }
        parts.append(part)
    }

    /// What they say.
    consuming func decrypted(in buffers: inout BufferPool) throws(NoiseError) -> ByteBuffer {
        guard var cipher else { return ByteBuffer() }
        return try buffers.fill(parts.reduce(0) { $0 + $1.readableBytes }) { output throws(NoiseError) in
            for var part in parts { try NoiseFrames.open(&part, to: &output, by: &cipher) }
        }
    }
}

extension ByteBuffer {
    /// Gives back what it grew to, if it is empty: an idle connection keeps no large buffer.
    mutating func releaseIdleMemory() {
        if readableBytes == 0, capacity > 16 * 1024 { self = ByteBuffer() }
    }
}
