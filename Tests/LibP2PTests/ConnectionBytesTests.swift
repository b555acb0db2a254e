import NIOCore
import SeededNumbers
import Testing

@testable import LibP2P

/// Bytes of a connection between its machine and its socket: encrypted and decrypted apart from both.
@Suite struct ConnectionBytesTests {
    private static let key = [UInt8](repeating: 3, count: 32)

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

    @Test(arguments: [1, 65_517, 65_518, 65_519, 131_036, 131_037, 300_000])
    func whatIsEncryptedComesBackInOrderWhateverPiecesItComesIn(length: Int) throws {
        var sending: NoiseCipher? = NoiseCipher(key: Self.key)
        var receiving = NoiseCipher(key: Self.key)
        var decrypted = ByteBuffer()
        let messages = [bytes(length, seed: 1), bytes(20, seed: 2), bytes(length, seed: 3)]
        for message in messages {
            var waiting = ByteBuffer()
            for var piece in try sealed(ByteBuffer(), message, &sending) {
                while let part = piece.readSlice(length: min(piece.readableBytes, 40_001)), part.readableBytes > 0 {
                    waiting.writeImmutableBuffer(part)
                    var inbound = Inbound()
                    try inbound.take(&waiting, &receiving)
                    decrypted.writeImmutableBuffer(try inbound.decrypted())
                }
            }
            #expect(waiting.readableBytes == 0)
        }
        #expect(decrypted.readableBytesView.elementsEqual(messages.flatMap(\.readableBytesView)))
    }

    @Test func piecesAreOfTwoFramesAndFillTheirBuffers() throws {
        var sending: NoiseCipher? = NoiseCipher(key: Self.key)
        let pieces = try sealed(ByteBuffer(), bytes(4 * NoiseFrames.sentPlaintextLength), &sending)
        #expect(pieces.map(\.readableBytes) == [131_072, 131_072])
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
        let piece = try #require(try sealed(ByteBuffer(string: "last"), plaintext, &cipher).first)
        #expect(piece.readableBytes == 4 + NoiseFrames.overheadLength + 6)
        #expect(piece.readableBytesView.starts(with: "last".utf8))
    }

    @Test func aFrameThatWasChangedEndsTheDecrypting() throws {
        var sending: NoiseCipher? = NoiseCipher(key: Self.key)
        var receiving = NoiseCipher(key: Self.key)
        var piece = try #require(try sealed(ByteBuffer(), bytes(100_000), &sending).first)
        let byte = try #require(piece.getInteger(at: 70_000, as: UInt8.self))
        piece.setInteger(byte ^ 1, at: 70_000)
        var inbound = Inbound()
        try inbound.take(&piece, &receiving)
        #expect(throws: NoiseError.self) { try inbound.decrypted() }
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
