import Crypto
import NIOCore
import SeededNumbers
import Testing

@testable import LibP2P

@Suite struct UpgradeTests {
    @Test(arguments: [1, 3, 70, 5000]) func twoPeersProveThemselvesHoweverTheirBytesAreCut(_ greatestPiece: Int) throws
    {
        var pair = MachinePair(seed: UInt64(greatestPiece))
        try pair.run(greatestPiece: greatestPiece)
        #expect(pair.dialer.isOpen && pair.listener.isOpen)
        #expect(pair.dialerPeer == pair.listenerKeys.peerID)
        #expect(pair.listenerPeer == pair.dialerKeys.peerID)
    }

    @Test func aPeerThatNamesNoMuxerInTheHandshakeNegotiatesIt() throws {
        var pair = MachinePair(dialerMuxers: [])
        try pair.run(greatestPiece: 7)
        #expect(pair.dialer.isOpen && pair.listener.isOpen)
    }

    @Test func anotherPeerThanTheExpectedOneIsRefused() throws {
        var pair = MachinePair(expectedPeer: KeyPair().peerID)
        let other = pair.listenerKeys.peerID
        #expect(throws: ConnectionError.noise(.wrongPeer(other))) { try pair.run() }
    }

    @Test func aHandshakeWhoseBytesWereChangedFailsAtEveryByte() throws {
        // What the listener answers to a dialer: the agreement on Noise, then message 2.
        for index in stride(from: 27, to: 230, by: 3) {
            var pair = MachinePair()
            let opening = try #require(try pair.dialer.takeOutput())
            _ = try pair.listener.receive(opening, at: .zero)
            _ = try pair.dialer.receive(try #require(try pair.listener.takeOutput()), at: .zero)
            _ = try pair.listener.receive(try #require(try pair.dialer.takeOutput()), at: .zero)
            var answer = try #require(try pair.listener.takeOutput())
            guard index < answer.readableBytes else { continue }
            let byte = try #require(answer.getInteger(at: answer.readerIndex + index, as: UInt8.self))
            answer.setInteger(byte ^ 0x20, at: answer.readerIndex + index)
            #expect(throws: ConnectionError.self, "byte \(index)") { _ = try pair.dialer.receive(answer, at: .zero) }
        }
    }

    @Test func aSignatureOfAnotherKeyIsRefused() throws {
        let keys = KeyPair()
        let mallory = KeyPair()
        let staticKey = Array(Curve25519.KeyAgreement.PrivateKey().publicKey.rawRepresentation)
        let good = NoisePayload(keys: keys, staticKey: staticKey, muxers: [])
        #expect(try NoisePayload(encoded: good.encoded, staticKey: staticKey).identity == keys.publicKey)
        // The payload of one handshake, shown in another.
        let another = Array(Curve25519.KeyAgreement.PrivateKey().publicKey.rawRepresentation)
        #expect(throws: NoiseError.badSignature) { try NoisePayload(encoded: good.encoded, staticKey: another) }
        // Mallory's signature under the name of another.
        let forged = NoisePayload(keys: mallory, staticKey: staticKey, muxers: []).encoded
        let bytes = [0x0A, 36] + keys.publicKey.encoded + forged.dropFirst(38)
        #expect(throws: NoiseError.badSignature) { try NoisePayload(encoded: bytes, staticKey: staticKey) }
        #expect(throws: NoiseError.self) { try NoisePayload(encoded: [], staticKey: staticKey) }
        #expect(throws: NoiseError.self) {
            try NoisePayload(encoded: [UInt8](repeating: 0x0A, count: 10_000), staticKey: staticKey)
        }
    }

    @Test func aHandshakeMessageThatIsTooLongIsRefusedBeforeItCame() throws {
        var listener = MachinePair().listener
        var bytes = MultistreamDialer(["/noise"]).opening()
        bytes.writeInteger(UInt16(60_000))
        #expect(throws: ConnectionError.self) { try listener.receive(bytes, at: .zero) }
    }

    @Test func aPeerThatOffersPlaintextIsToldNo() throws {
        var listener = MachinePair().listener
        _ = try listener.receive(MultistreamDialer(["/plaintext/2.0.0"]).opening(), at: .zero)
        var answer = try #require(try listener.takeOutput())
        #expect(try MultistreamMessage.read(from: &answer) == MultistreamMessage.header)
        #expect(try MultistreamMessage.read(from: &answer) == "na")
        #expect(!listener.isOpen)
    }

    @Test func aListenerThatSpeaksPlaintextOnlyIsLeft() throws {
        var dialer = MachinePair().dialer
        var bytes = ByteBuffer()
        MultistreamMessage.write(MultistreamMessage.header, to: &bytes)
        MultistreamMessage.write("na", to: &bytes)
        #expect(throws: ConnectionError.multistream(.refused)) { try dialer.receive(bytes, at: .zero) }
        var other = MachinePair().dialer
        var wrong = ByteBuffer()
        MultistreamMessage.write(MultistreamMessage.header, to: &wrong)
        MultistreamMessage.write("/plaintext/2.0.0", to: &wrong)
        #expect(throws: ConnectionError.self) { try other.receive(wrong, at: .zero) }
    }

    @Test func garbageEndsAHandshakeAndNeverTraps() {
        var random = SeededRandom(seed: 8)
        for _ in 0..<300 {
            var pair = MachinePair()
            var bytes = random.chance(permille: 500) ? MultistreamDialer(["/noise"]).opening() : ByteBuffer()
            bytes.writeBytes((0..<random.below(400)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
            _ = try? pair.listener.receive(bytes, at: .zero)
            #expect(!pair.listener.isOpen)
            var answer = ByteBuffer()
            MultistreamMessage.write(MultistreamMessage.header, to: &answer)
            MultistreamMessage.write("/noise", to: &answer)
            answer.writeBytes((0..<random.below(400)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
            _ = try? pair.dialer.receive(answer, at: .zero)
            #expect(!pair.dialer.isOpen)
        }
    }

    @Test func aFrameWhoseTagIsWrongEndsTheConnection() throws {
        var pair = MachinePair()
        try pair.run()
        pair.dialer.session.ping(at: .zero)
        var bytes = try #require(try pair.dialer.takeOutput())
        let last = bytes.writerIndex - 1
        bytes.setInteger(UInt8(0xFF) ^ (bytes.getInteger(at: last, as: UInt8.self) ?? 0), at: last)
        #expect(throws: ConnectionError.noise(.badCiphertext)) { try pair.listener.receive(bytes, at: .zero) }
    }

    @Test func aFrameThatIsRepeatedEndsTheConnection() throws {
        var pair = MachinePair()
        try pair.run()
        pair.dialer.session.ping(at: .zero)
        let bytes = try #require(try pair.dialer.takeOutput())
        _ = try pair.listener.receive(bytes, at: .zero)
        #expect(throws: ConnectionError.noise(.badCiphertext)) { try pair.listener.receive(bytes, at: .zero) }
    }
}
