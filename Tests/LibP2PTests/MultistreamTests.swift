import NIOCore
import SeededNumbers
import Testing

@testable import LibP2P

@Suite struct MultistreamTests {
    /// Runs both ends against each other; what is agreed at each, or the error.
    private func agree(_ proposals: [String], _ supported: [String], greatestPiece: Int = 1000) throws -> (
        String?, String?
    ) {
        var dialer = MultistreamDialer(proposals)
        var listener = MultistreamListener(supporting: supported)
        var toListener = dialer.opening()
        var toDialer = ByteBuffer()
        var agreed: (String?, String?) = (nil, nil)
        for _ in 0..<200 {
            if agreed.1 == nil {
                switch try listener.receive(&toListener) {
                case .more: break
                case .send(var reply): toDialer.writeBuffer(&reply)
                case .agreed(let name, var reply):
                    agreed.1 = name
                    toDialer.writeBuffer(&reply)
                }
            }
            switch try dialer.receive(&toDialer) {
            case .more: break
            case .send(var next): toListener.writeBuffer(&next)
            case .agreed(let name):
                agreed.0 = name
                return agreed
            }
        }
        return agreed
    }

    @Test func theFirstProposalThatIsSpokenIsTaken() throws {
        #expect(try agree(["/a"], ["/b", "/a"]) == ("/a", "/a"))
        #expect(try agree(["/c", "/a", "/b"], ["/b", "/a"]) == ("/a", "/a"))
        #expect(throws: MultistreamError.refused) { try agree(["/c", "/d"], ["/b", "/a"]) }
    }

    @Test func theBytesAfterTheAgreementBelongToTheProtocol() throws {
        var dialer = MultistreamDialer(["/a"])
        var bytes = ByteBuffer()
        MultistreamMessage.write(MultistreamMessage.header, to: &bytes)
        MultistreamMessage.write("/a", to: &bytes)
        bytes.writeString("payload")
        #expect(try dialer.receive(&bytes) == .agreed("/a"))
        #expect(String(buffer: bytes) == "payload")
    }

    @Test func aListenerThatIsAskedListsWhatItSpeaks() throws {
        var listener = MultistreamListener(supporting: ["/a", "/bc"])
        var bytes = ByteBuffer()
        MultistreamMessage.write(MultistreamMessage.header, to: &bytes)
        MultistreamMessage.write("ls", to: &bytes)
        guard case .send(var reply) = try listener.receive(&bytes) else {
            Issue.record("no answer")
            return
        }
        #expect(try MultistreamMessage.read(from: &reply) == MultistreamMessage.header)
        #expect(
            reply.readBytes(length: reply.readableBytes) == [10, 3] + Array("/a\n".utf8) + [4] + Array("/bc\n".utf8) + [
                10
            ])
    }

    @Test func aLineThatIsTooLongIsRefusedBeforeItCame() {
        for bytes: [UInt8] in [[0xFF, 0xFF, 0x7F], [0xFF, 0xFF, 0xFF], [0x81, 0x08], [0]] {
            var listener = MultistreamListener(supporting: ["/a"])
            var buffer = ByteBuffer(bytes: bytes)
            #expect(throws: MultistreamError.badLength) { try listener.receive(&buffer) }
        }
    }

    @Test func whoAsksForeverIsLeft() {
        var listener = MultistreamListener(supporting: ["/a"])
        var buffer = ByteBuffer()
        MultistreamMessage.write(MultistreamMessage.header, to: &buffer)
        for _ in 0..<65 { MultistreamMessage.write("ls", to: &buffer) }
        #expect(throws: MultistreamError.tooManyAttempts(limit: 64)) { try listener.receive(&buffer) }
    }

    @Test func anotherVersionIsRefused() {
        var listener = MultistreamListener(supporting: ["/a"])
        var buffer = ByteBuffer()
        MultistreamMessage.write("/multistream/2.0.0", to: &buffer)
        #expect(throws: MultistreamError.self) { try listener.receive(&buffer) }
        var noNewline = ByteBuffer(bytes: [3, 0x2F, 0x61, 0x62])
        #expect(throws: MultistreamError.self) { try listener.receive(&noNewline) }
    }

    @Test func garbageNeverTraps() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<2000 {
            var listener = MultistreamListener(supporting: ["/a"])
            var dialer = MultistreamDialer(["/a", "/b"])
            let bytes = (0..<random.below(60)).map { _ in UInt8(truncatingIfNeeded: random.next() & 0x7F) }
            var one = ByteBuffer(bytes: bytes)
            var other = ByteBuffer(bytes: bytes)
            _ = try? listener.receive(&one)
            _ = try? dialer.receive(&other)
        }
    }
}
