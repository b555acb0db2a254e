import LibP2P
import LibP2PRelay
import SeededNumbers
import Testing

@Suite struct RelayCodecTests {
    private let keys = KeyPair()

    private func samples() throws -> [[UInt8]] {
        let address = try Multiaddr(parsing: "/ip4/192.0.2.1/tcp/4001").with(keys.peerID)
        return [
            CircuitCodec.encode(HopRequest.reserve), CircuitCodec.encode(HopRequest.connect(keys.peerID)),
            CircuitCodec.encode(
                HopAnswer(
                    status: .ok, reservation: .init(expires: 9, addresses: [address], voucher: [1]),
                    limit: CircuitLimit(seconds: 120, byteCount: 1 << 17))),
            CircuitCodec.encode(StopRequest(source: keys.peerID, limit: nil)), CircuitCodec.encode(CircuitStatus.ok),
            AutoNATCodec.encode(DialBackRequest(peer: keys.peerID, addresses: [address])),
            AutoNATCodec.encode(DialBackAnswer(status: .ok, text: "yes", address: address)),
        ]
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let address = try Multiaddr(parsing: "/ip6/2001:db8::1/tcp/4001").with(keys.peerID)
        for request in [HopRequest.reserve, .connect(keys.peerID)] {
            #expect(try CircuitCodec.hopRequest(from: CircuitCodec.encode(request)) == request)
        }
        for status in CircuitStatus.allCases {
            let answer = HopAnswer(
                status: status, reservation: .init(expires: .max, addresses: [address], voucher: nil),
                limit: CircuitLimit(seconds: nil, byteCount: 7))
            #expect(try CircuitCodec.hopAnswer(from: CircuitCodec.encode(answer)) == answer)
            #expect(try CircuitCodec.stopAnswer(from: CircuitCodec.encode(status)) == status)
        }
        let stop = StopRequest(source: keys.peerID, limit: CircuitLimit(seconds: 1, byteCount: 2))
        #expect(try CircuitCodec.stopRequest(from: CircuitCodec.encode(stop)) == stop)
        for status in DialBackStatus.allCases {
            let answer = DialBackAnswer(status: status, text: "words", address: address)
            #expect(try AutoNATCodec.answer(from: AutoNATCodec.encode(answer)) == answer)
        }
    }

    /// The bytes of the specification's own messages, written by hand.
    @Test func theNumbersAreThoseOfTheSpecification() {
        #expect(CircuitCodec.encode(HopRequest.reserve) == [0x08, 0])
        #expect(CircuitCodec.encode(CircuitStatus.ok) == [0x08, 1, 0x20, 100])
        #expect(CircuitCodec.encode(HopAnswer(status: .noReservation)) == [0x08, 2, 0x28, 0xCC, 1])
        #expect(AutoNATCodec.encode(DialBackAnswer(status: .dialError)) == [0x08, 1, 0x1A, 2, 0x08, 100])
    }

    @Test func aVoucherIsBelievedOnlyFromTheRelayThatItNames() throws {
        let peer = KeyPair().peerID
        let voucher = CircuitVoucher(relay: keys.peerID, peer: peer, expires: 1_800_000_000)
        let signed = voucher.signed(by: keys)
        #expect(try CircuitVoucher(signed: signed) == voucher)
        var forged = signed
        forged[forged.count - 1] ^= 1
        #expect(throws: RecordError.badSignature) { try CircuitVoucher(signed: forged) }
        let record = PeerRecord(peer: keys.peerID, sequence: 1, addresses: []).signed(by: keys).encoded
        #expect(throws: RecordError.badSignature) { try CircuitVoucher(signed: record) }
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func garbageIsReadToAnEndOrATypedError(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let samples = try samples()
        for _ in 0..<4_000 {
            var bytes = samples[random.below(samples.count)]
            for _ in 0..<1 + random.below(5) {
                switch random.below(3) {
                case 0: bytes.append(UInt8(random.below(256)))
                case 1 where !bytes.isEmpty: bytes[random.below(bytes.count)] = UInt8(random.below(256))
                case 2 where !bytes.isEmpty: bytes.removeLast(random.below(bytes.count))
                default: break
                }
            }
            _ = try? CircuitCodec.hopRequest(from: bytes)
            _ = try? CircuitCodec.hopAnswer(from: bytes)
            _ = try? CircuitCodec.stopRequest(from: bytes)
            _ = try? CircuitCodec.stopAnswer(from: bytes)
            _ = try? AutoNATCodec.request(from: bytes)
            _ = try? AutoNATCodec.answer(from: bytes)
            _ = try? CircuitVoucher(signed: bytes)
        }
        #expect(throws: PeerStreamError.messageTooLarge(limit: 4_096)) {
            try CircuitCodec.hopRequest(from: [UInt8](repeating: 0, count: 4_097))
        }
    }
}
