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
        var (plain, waiting) = (plain, GatheredBytes())
        waiting.append(plaintext)
        var outbound = Outbound()
        try outbound.take(&plain, &waiting, &cipher)
        #expect(plain.readableBytes == 0)
        var pieces: [ByteBuffer] = []
        while let piece = try outbound.next() { pieces.append(piece) }
        #expect(outbound.isEmpty)
        return pieces
    }

    @Test(arguments: [1, 65_005, 65_006, 65_007, 130_012, 130_013, 300_000])
    func whatIsEncryptedComesBackInOrderWhateverPiecesItComesIn(length: Int) throws {
        var sending: NoiseCipher? = NoiseCipher(key: Self.key)
        var receiving = NoiseCipher(key: Self.key)
        var decrypted = ByteBuffer()
        var buffers = BufferPool(limit: 2)
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
        let pieces = try sealed(ByteBuffer(), bytes(4 * NoiseFrames.sentPlaintextLength), &sending)
        #expect(pieces.map(\.readableBytes) == [130_048, 130_048])
        #expect(pieces.map(\.capacity) == [131_072, 131_072])
    }

    @Test func whatGoesOutAsItIsGoesFirstAndWhatIsToBeEncryptedWaitsForItsCipher() throws {
        var none: NoiseCipher?
        var (plain, plaintext) = (ByteBuffer(string: "hello"), GatheredBytes())
        plaintext.append(ByteBuffer(string: "secret"))
        var outbound = Outbound()
        try outbound.take(&plain, &plaintext, &none)
        #expect(try outbound.next() == ByteBuffer(string: "hello"))
        #expect(try outbound.next() == nil)
        var waiting = ByteBuffer()
        plaintext.read(.max, to: &waiting)
        #expect(waiting == ByteBuffer(string: "secret"))

        var cipher: NoiseCipher? = NoiseCipher(key: Self.key)
        let pieces = try sealed(ByteBuffer(string: "last"), waiting, &cipher)
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
        var buffers = BufferPool(limit: 1)
        #expect(throws: NoiseError.self) { try inbound.decrypted(in: &buffers) }
    }

    @Test func aBufferOfThePoolThatSomebodyKeepsStaysAsItIs() throws {
        var pool = BufferPool(limit: 2)
        func filled(_ byte: UInt8, _ count: Int) throws -> ByteBuffer {
            try pool.fill(count) { buffer throws(NoiseError) in buffer.writeRepeatingByte(byte, count: count) }
        }
        let kept = try (1...5).map { try filled($0, 50_000) }
        for (number, buffer) in zip(1..., kept) {
            #expect(buffer.readableBytes == 50_000 && buffer.readableBytesView.allSatisfy { $0 == number })
        }
        // What nobody has any more is filled again, and a small one has a buffer of its own.
        pool.releaseMemory()
        let addresses = try (6...9).map { byte in
            try filled(byte, 40_000).withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) }
        }
        #expect(Set(addresses).count == 1)
        #expect(try filled(10, 100).capacity < 1_000)
    }

    @Test(arguments: [1, 100, 16_384, 50_000, 1_000_000])
    func gatheredBytesComeInTheOrderInWhichTheyWereWritten(portion: Int) {
        var gathered = GatheredBytes()
        var (expected, read) = (ByteBuffer(), ByteBuffer())
        for (index, count) in [12, 40_000, 12, 16_384, 70_000, 12, 16_383, 5, 100_000, 3].enumerated() {
            let piece = bytes(count, seed: UInt64(index))
            gathered.append(piece)
            expected.writeImmutableBuffer(piece)
            // Some is taken out before all is there.
            if index == 4 { gathered.read(min(portion, 60_000), to: &read) }
        }
        while gathered.readableBytes > 0 { gathered.read(portion, to: &read) }
        #expect(read == expected)
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
