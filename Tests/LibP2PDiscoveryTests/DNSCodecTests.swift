import LibP2PDiscovery
import SeededNumbers
import Testing

@Suite struct DNSCodecTests {
    private let service = DNSName("_p2p._udp.local")!
    private var message: DNSMessage {
        let instance = DNSName("abc._p2p._udp.local")!
        let host = DNSName("abc.local")!
        return DNSMessage(
            isResponse: true, questions: [.init(name: service, kind: DNSRecordKind.pointer)],
            answers: [.init(name: service, data: .pointer(instance), timeToLiveSeconds: 120)],
            additional: [
                .init(
                    name: instance, data: .text([Array("dnsaddr=/x".utf8), []]), timeToLiveSeconds: 120,
                    flushesCache: true),
                .init(name: instance, data: .service(port: 4001, host: host), timeToLiveSeconds: 0),
                .init(name: host, data: .a([192, 0, 2, 1]), timeToLiveSeconds: .max),
                .init(name: host, data: .aaaa([UInt8](repeating: 9, count: 16)), timeToLiveSeconds: 1),
            ])
    }

    private func header(flags: UInt16 = 0, questions: Int = 0, answers: Int = 0) -> [UInt8] {
        [0, 0, UInt8(flags >> 8), UInt8(flags & 255), 0, UInt8(questions), 0, UInt8(answers), 0, 0, 0, 0]
    }

    @Test func messagesComeBackAsTheyWere() throws {
        let bytes = try #require(DNSEncoder.encode(message))
        #expect(try DNSDecoder.decode(bytes) == message)
        // Names that end alike are written once.
        #expect(bytes.count < 190)
    }

    @Test func aQuestionIsWrittenAsTheStandardSays() {
        let query = DNSMessage(isResponse: false, questions: [.init(name: service, kind: DNSRecordKind.pointer)])
        #expect(
            DNSEncoder.encode(query) == header(questions: 1) + [4] + Array("_p2p".utf8) + [4] + Array("_udp".utf8)
                + [5] + Array("local".utf8) + [0, 0, 12, 0, 1])
    }

    @Test func namesAreAlikeWhateverTheCase() {
        #expect(DNSName("_P2P._udp.LOCAL") == service)
        #expect(Set([DNSName("_P2P._udp.LOCAL"), service]).count == 1)
        #expect(DNSName("a..b") == nil && DNSName("") == nil)
        #expect(DNSName(String(repeating: "a", count: 64)) == nil)
        #expect(DNSName(Array(repeating: String(repeating: "a", count: 49), count: 6).joined(separator: ".")) == nil)
    }

    @Test(
        arguments: [
            // To itself, to behind itself, to each other, and to a label that leads back.
            [0xC0, 12], [0xC0, 14], [0xC0, 200], [1, 0x61, 0xC0, 12], [0xC0, 14, 0xC0, 12], [1, 0x61, 0xC0, 14],
            // Label types that do not exist.
            [0x40, 1], [0x80, 1],
        ] as [[UInt8]])
    func pointersThatDoNotLeadBackAreRefused(name: [UInt8]) {
        #expect(throws: DNSError.self) { try DNSDecoder.decode(header(questions: 1) + name + [0, 12, 0, 1]) }
    }

    @Test func aNameIsNeverLongerThanItMayBe() {
        // Each pointer leads to a label and the name before it: 100 names, the last of which would have 200 labels.
        var bytes = header(questions: 100)
        var last = 0
        for number in 0..<100 {
            let place = bytes.count
            bytes += [2, 0x61, 0x61] + (number == 0 ? [0] : [0xC0 | UInt8(last >> 8), UInt8(last & 255)])
            bytes += [0, 12, 0, 1]
            last = place
        }
        #expect(throws: DNSError.badName) { try DNSDecoder.decode(bytes) }
    }

    @Test func moreEntriesThanThereCanBeAreRefusedAtOnce() {
        #expect(throws: DNSError.tooMany) {
            try DNSDecoder.decode([0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255])
        }
        #expect(throws: DNSError.tooLarge) { try DNSDecoder.decode([UInt8](repeating: 0, count: 9_001)) }
        #expect(throws: DNSError.truncated) { try DNSDecoder.decode([]) }
        #expect(throws: DNSError.unsupported) { try DNSDecoder.decode(header(flags: 0x8403)) }
    }

    @Test func aRecordThatSaysAnotherLengthThanItHasIsRefused() {
        for (length, error) in [(3, DNSError.badRecord), (5, .badRecord), (100, .truncated)] {
            let record: [UInt8] = [1, 0x61, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, UInt8(length), 1, 2, 3, 4, 5]
            #expect(throws: error) { try DNSDecoder.decode(header(flags: 0x8400, answers: 1) + record) }
        }
        // A string that goes on behind its record.
        let text: [UInt8] = [1, 0x61, 0, 0, 16, 0, 1, 0, 0, 0, 1, 0, 2, 5, 1, 1, 1, 1, 1]
        #expect(throws: DNSError.badRecord) { try DNSDecoder.decode(header(flags: 0x8400, answers: 1) + text) }
    }

    @Test func whatIsCutOffIsRefused() throws {
        let bytes = try #require(DNSEncoder.encode(message))
        for length in 0..<bytes.count {
            #expect(throws: DNSError.self) { try DNSDecoder.decode(Array(bytes.prefix(length))) }
        }
    }

    @Test func garbageIsReadOrRefused() throws {
        var random = SeededRandom(seed: 14)
        let valid = try #require(DNSEncoder.encode(message))
        for _ in 0..<10_000 {
            var bytes = valid
            for _ in 0..<1 + random.below(6) {
                bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            guard let read = try? DNSDecoder.decode(bytes) else { continue }
            // What was read can be written.
            _ = DNSEncoder.encode(read)
        }
    }

    @Test func whatDoesNotFitIsNotWritten() {
        let long = DNSMessage(
            isResponse: true,
            answers: [.init(name: service, data: .text([[UInt8](repeating: 0, count: 256)]), timeToLiveSeconds: 1)])
        #expect(DNSEncoder.encode(long) == nil)
        let many = DNSMessage(
            isResponse: true,
            answers: (0..<50).map { _ in
                .init(name: service, data: .text([[UInt8](repeating: 0, count: 255)]), timeToLiveSeconds: 1)
            })
        #expect(DNSEncoder.encode(many) == nil)
    }
}
