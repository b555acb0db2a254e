import LibP2P

@testable import LibP2PRelay

private let address = Multiaddr(.v4(0xC000_0201), tcp: 4_001)

let relayTargets: [String: ([UInt8]) -> Void] = [
    "circuit-hop": { bytes in
        if let request = try? CircuitCodec.hopRequest(from: bytes) {
            precondition((try? CircuitCodec.hopRequest(from: CircuitCodec.encode(request))) == request)
        }
        if let answer = try? CircuitCodec.hopAnswer(from: bytes) {
            precondition((try? CircuitCodec.hopAnswer(from: CircuitCodec.encode(answer))) == answer)
        }
    },
    "circuit-stop": { bytes in
        if let request = try? CircuitCodec.stopRequest(from: bytes) {
            precondition((try? CircuitCodec.stopRequest(from: CircuitCodec.encode(request))) == request)
        }
        _ = try? CircuitCodec.stopAnswer(from: bytes)
    },
    "circuit-voucher": { bytes in
        guard let voucher = try? CircuitVoucher(signed: bytes) else { return }
        precondition(voucher.relay == FuzzPeers.one.peerID, "only who has the key can sign")
    },
    "autonat": { bytes in
        if let request = try? AutoNATCodec.request(from: bytes) {
            var policy = DialBackPolicy(limits: AutoNATLimits())
            let dialed = (try? policy.begin(request, from: FuzzPeers.one.peerID, at: address, now: .zero)) ?? []
            precondition(
                dialed.allSatisfy { $0.ipAddress == address.ipAddress && !$0.isRelayed }, "nobody else is dialed")
        }
        _ = try? AutoNATCodec.answer(from: bytes)
    },
]

let relaySeeds: [String: [[UInt8]]] = {
    let peer = FuzzPeers.one.peerID
    let voucher = CircuitVoucher(relay: peer, peer: FuzzPeers.two.peerID, expires: 9).signed(by: FuzzPeers.one)
    return [
        "circuit-hop": [
            CircuitCodec.encode(HopRequest.reserve), CircuitCodec.encode(HopRequest.connect(peer)),
            CircuitCodec.encode(
                HopAnswer(
                    status: .ok, reservation: .init(expires: 9, addresses: [address.with(peer)], voucher: voucher),
                    limit: CircuitLimit(seconds: 120, byteCount: 1 << 17))),
        ],
        "circuit-stop": [
            CircuitCodec.encode(StopRequest(source: peer, limit: CircuitLimit(seconds: 1, byteCount: 1))),
            CircuitCodec.encode(CircuitStatus.ok),
        ],
        "circuit-voucher": [voucher],
        "autonat": [
            AutoNATCodec.encode(DialBackRequest(peer: peer, addresses: [address, address.with(peer)])),
            AutoNATCodec.encode(DialBackAnswer(status: .ok, text: "yes", address: address)),
        ],
    ]
}()
