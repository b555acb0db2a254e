import NIOCore
import SeededNumbers
import Testing

@testable import LibP2P

/// Bytes of a connection between its machine and its socket: encrypted and decrypted apart from both.
@Suite struct ConnectionBytesTests {
    private static let key = [UInt8](repeating: 3, count: 32)
    /// Bytes that one frame carries.
    private static let frame = NoiseFrames.sentPlaintextLength

    private func bytes(_ count: Int, seed: UInt64 = 1) -> ByteBuffer {
        var random = SeededRandom(seed: seed)
        return ByteBuffer(bytes: (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }

    /// Takes both buffers out and encrypts them.
    private func sealed(
        _ plain: ByteBuffer, _ plaintext: ByteBuffer, _ cipher: inout NoiseCipher?
    ) throws -> [ByteBuffer] {
        var (plain, plaintext) = (plain, plaintext)
        var outbound = Outbound()
        try outbound.take(&plain, &plaintext, &cipher)
        #expect(plain.readableBytes == 0)
        var pieces: [ByteBuffer] = []
        while let piece = try outbound.next() { pieces.append(piece) }
        #expect(outbound.isEmpty)
        return pieces
    }

    @Test(arguments: [1, frame - 1, frame, frame + 1, 2 * frame, 2 * frame + 1, 300_000])
    func whatIsEncryptedComesBackInOrderWhateverPiecesItComesIn(length: Int) throws {
        var sending: NoiseCipher? = NoiseCipher(key: Self.key)
        var receiving = NoiseCipher(key: Self.key)
        var decrypted = ByteBuffer()
        var buffers = BufferRing(count: 2)
        let messages = [bytes(length, seed: 1), bytes(20, seed: 2), bytes(length, seed: 3)]
        for message in messages {
            var waiting = ByteBuffer()
            for var piece in try sealed(ByteBuffer(), message, &sending) {
                while let part = piece.readSlice(length: min(piece.readableBytes, 40_001)), part.readableBytes > 0 {
                    waiting.writeImmutableBuffer(part)
                    var inbound = Inbound()
                    try inbound.take(&waiting, &receiving)
                    decrypted.writeImmutableBuffer(try inbound.decrypted(in: &buffers))
                }
            }
            #expect(waiting.readableBytes == 0)
        }
        #expect(decrypted.readableBytesView.elementsEqual(messages.flatMap(\.readableBytesView)))
    }

    @Test func piecesAreOfTwoFramesAndFillTheirBuffers() throws {
        var sending: NoiseCipher? = NoiseCipher(key: Self.key)
        let pieces = try sealed(ByteBuffer(), bytes(4 * Self.frame), &sending)
        let length = 2 * (Self.frame + NoiseFrames.overheadLength)
        #expect(pieces.map(\.readableBytes) == [length, length])
        #expect(pieces.allSatisfy { $0.capacity == 128 * 1024 })
    }

    @Test func whatGoesOutAsItIsGoesFirstAndWhatIsToBeEncryptedWaitsForItsCipher() throws {
        var none: NoiseCipher?
        var (plain, plaintext) = (ByteBuffer(string: "hello"), ByteBuffer(string: "secret"))
        var outbound = Outbound()
        try outbound.take(&plain, &plaintext, &none)
        #expect(try outbound.next() == ByteBuffer(string: "hello"))
        #expect(try outbound.next() == nil)
        #expect(plaintext == ByteBuffer(string: "secret"))

        var cipher: NoiseCipher? = NoiseCipher(key: Self.key)
        let pieces = try sealed(ByteBuffer(string: "last"), plaintext, &cipher)
        #expect(pieces.first == ByteBuffer(string: "last"))
        #expect(pieces.dropFirst().map(\.readableBytes) == [NoiseFrames.overheadLength + 6])
    }

    @Test func aFrameThatWasChangedEndsTheDecrypting() throws {
        var sending: NoiseCipher? = NoiseCipher(key: Self.key)
        var receiving = NoiseCipher(key: Self.key)
        var piece = try #require(try sealed(ByteBuffer(), bytes(100_000), &sending).first)
        let byte = try #require(piece.getInteger(at: 70_000, as: UInt8.self))
        piece.setInteger(byte ^ 1, at: 70_000)
        var inbound = Inbound()
        try inbound.take(&piece, &receiving)
        var buffers = BufferRing(count: 1)
        #expect(throws: NoiseError.self) { try inbound.decrypted(in: &buffers) }
    }

    @Test func aBufferOfTheRingThatSomebodyKeepsStaysAsItIs() throws {
        var ring = BufferRing(count: 2)
        func filled(_ byte: UInt8, _ count: Int) throws -> ByteBuffer {
            try ring.fill(count) { buffer throws(NoiseError) in buffer.writeRepeatingByte(byte, count: count) }
        }
        let kept = try (1...5).map { try filled($0, 50_000) }
        for (number, buffer) in zip(1..., kept) {
            #expect(buffer.readableBytes == 50_000 && buffer.readableBytesView.allSatisfy { $0 == number })
        }
        // What nobody has any more is filled again, and a small one has a buffer of its own.
        let addresses = try (6...9).map { byte in
            try filled(byte, 40_000).withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) }
        }
        #expect(addresses[0] == addresses[2] && addresses[1] == addresses[3] && addresses[0] != addresses[1])
        #expect(try filled(10, 100).capacity < 1_000)
    }

    @Test func anIdleConnectionGivesLargeBuffersBack() {
        var (large, small, full) = (ByteBuffer(), ByteBuffer(), bytes(100_000))
        large.reserveCapacity(100_000)
        small.reserveCapacity(1_000)
        large.releaseIdleMemory()
        small.releaseIdleMemory()
        full.releaseIdleMemory()
        #expect(large.capacity == 0)
        #expect(small.capacity >= 1_000)
        #expect(full.readableBytes == 100_000)
    }
}
