import LibP2P
import LibP2PDiscovery
import SeededNumbers
import Testing

@Suite struct KademliaCodecTests {
    private var random = SeededRandom(seed: 12)
    private let peer: PeerID
    private let multihash = Multihash(sha256Of: [1, 2, 3]).bytes

    init() { peer = PeerID.random(&random) }

    private var requests: [KademliaRequest] {
        [
            .ping, .findNode(peer.bytes), .getProviders(multihash), .getValue(Array("/pk/x".utf8)),
            .addProvider(
                multihash, [PeerAddresses(peer: peer, addresses: [.inNetwork(1), .inNetwork(2)])]),
            .putValue(key: Array("/pk/x".utf8), value: [0, 255]),
        ]
    }

    @Test func requestsComeBackAsTheyWere() throws {
        for request in requests {
            #expect(try KademliaCodec.request(from: KademliaCodec.encode(request)) == request)
        }
    }

    @Test mutating func answersComeBackAsTheyWere() throws {
        let answer = KademliaAnswer(
            closer: (0..<20).map { PeerAddresses(peer: .random(&random), addresses: [.inNetwork($0)]) },
            providers: [PeerAddresses(peer: peer, addresses: [])], value: [7])
        let request = KademliaRequest.getValue(Array("/pk/x".utf8))
        let bytes = KademliaCodec.encode(answer, to: request)
        #expect(try KademliaCodec.answer(from: bytes, to: request) == answer)
        #expect(throws: PeerStreamError.self) { try KademliaCodec.answer(from: bytes, to: .findNode(peer.bytes)) }
        #expect(throws: PeerStreamError.self) { try KademliaCodec.answer(from: bytes, to: .getValue([1])) }
    }

    @Test func theNumbersAreThoseOfTheSpecification() {
        // FIND_NODE is kind 4 in field 1, the key is field 2.
        #expect(KademliaCodec.encode(.findNode([9])) == [0x08, 4, 0x12, 1, 9])
        // PUT_VALUE is kind 0; the record of field 3 has its key in 1 and its value in 2.
        #expect(
            KademliaCodec.encode(.putValue(key: [9], value: [8]))
                == [0x08, 0, 0x12, 1, 9, 0x1A, 6, 0x0A, 1, 9, 0x12, 1, 8])
    }

    @Test func aWholeNameOfContentStandsForItsDigest() throws {
        let cid = CID(multihash: Multihash(sha256Of: [1, 2, 3]))
        #expect(
            try KademliaCodec.request(from: [0x08, 3, 0x12, UInt8(cid.bytes.count)] + cid.bytes)
                == .getProviders(multihash))
    }

    @Test func thePeersOwnNameIsTakenOffItsAddresses() throws {
        let named = Multiaddr.inNetwork(1).with(peer)
        let ofAnother = Multiaddr.inNetwork(2).with(KeyPair().peerID)
        let request = KademliaRequest.addProvider(
            multihash, [PeerAddresses(peer: peer, addresses: [named, ofAnother])])
        #expect(
            try KademliaCodec.request(from: KademliaCodec.encode(request))
                == .addProvider(
                    multihash, [PeerAddresses(peer: peer, addresses: [.inNetwork(1)])]))
    }

    @Test func whatIsTooLargeIsRefused() {
        let limits = KademliaMessageLimits()
        for request: KademliaRequest in [
            .findNode([UInt8](repeating: 1, count: 81)), .getProviders([UInt8](repeating: 1, count: 81)),
            .getValue([UInt8](repeating: 1, count: 1_025)),
            .putValue(key: [1], value: [UInt8](repeating: 1, count: limits.valueBytes + 1)),
            .putValue(key: [1], value: [UInt8](repeating: 1, count: limits.requestBytes)),
        ] {
            #expect(throws: PeerStreamError.self) { try KademliaCodec.request(from: KademliaCodec.encode(request)) }
        }
        for request: KademliaRequest in [.findNode([]), .getProviders([]), .getValue([]), .getProviders([1, 2, 3])] {
            #expect(throws: PeerStreamError.self) { try KademliaCodec.request(from: KademliaCodec.encode(request)) }
        }
    }

    @Test mutating func longListsAreCut() throws {
        let limits = KademliaMessageLimits()
        let many = (0..<500).map { _ in PeerAddresses(peer: .random(&random), addresses: []) }
        let addresses = (0..<100).map { Multiaddr.inNetwork($0) }
        let request = KademliaRequest.findNode(peer.bytes)
        let bytes = KademliaCodec.encode(
            KademliaAnswer(closer: [PeerAddresses(peer: peer, addresses: addresses)] + many), to: request)
        let answer = try KademliaCodec.answer(from: bytes, to: request)
        #expect(answer.closer.count == limits.peers)
        #expect(answer.closer[0].addresses.count == limits.addresses)
    }

    @Test func whatIsCutOffIsNeverTakenForTheWhole() {
        for request in requests where request != .ping {
            let bytes = KademliaCodec.encode(request)
            for length in 0..<bytes.count {
                // Whatever a beginning is taken for, it is not the request; and it is no crash.
                #expect((try? KademliaCodec.request(from: Array(bytes.prefix(length)))) != request)
            }
        }
    }

    @Test mutating func garbageIsReadOrRefused() {
        for round in 0..<5_000 {
            var bytes = KademliaCodec.encode(requests[round % requests.count])
            for _ in 0..<random.below(4) {
                bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next())
            }
            bytes += (0..<random.below(8)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            _ = try? KademliaCodec.request(from: bytes)
            _ = try? KademliaCodec.answer(from: bytes, to: .getValue([1]))
        }
    }
}
