import LibP2P

@testable import LibP2PPubSub
@testable import LibP2PRelay

private func signed(_ payload: [UInt8], _ type: [UInt8], _ domain: String) -> [UInt8] {
    SignedEnvelope(payload: payload, payloadType: type, domain: domain, keys: FuzzPeers.one).encoded
}

/// What lies behind a signature that is right: somebody has signed whatever the bytes are. By chance a fuzzer never gets there.
let signedTargets: [String: @Sendable ([UInt8]) -> Void] = [
    "peer-record-payload": { bytes in
        guard let record = try? PeerRecord(signed: signed(bytes, PeerRecord.payloadType, PeerRecord.domain)) else {
            return
        }
        precondition(record.peer == FuzzPeers.one.peerID, "nobody speaks of another")
        precondition(record.addresses.count <= PeerRecord.greatestAddressCount, "addresses are bounded")
        precondition(
            (try? PeerRecord(signed: record.signed(by: FuzzPeers.one).encoded)) == record, "it is read as written")
    },
    "circuit-voucher-payload": { bytes in
        let bytes = signed(bytes, CircuitVoucher.payloadType, CircuitVoucher.domain)
        guard let voucher = try? CircuitVoucher(signed: bytes) else { return }
        precondition(voucher.relay == FuzzPeers.one.peerID, "nobody vouches for another")
    },
    "gossip-payload": { bytes in
        let message = SignedMessage(topic: "a", bytes: bytes, sequence: 7, keys: FuzzPeers.one)
        guard let read = try? SignedMessage(encoded: message.encoded) else {
            preconditionFailure("what is signed here can be read")
        }
        precondition(read.isAuthentic && read.encoded == message.encoded, "it is read as written")
    },
]

let signedSeeds: [String: [[UInt8]]] = {
    let address = Multiaddr(.v4(0xC000_0201), tcp: 4_001)
    let (one, two) = (FuzzPeers.one, FuzzPeers.two)
    let record = PeerRecord(peer: one.peerID, sequence: 9, addresses: [address]).signed(by: one)
    let voucher = CircuitVoucher(relay: one.peerID, peer: two.peerID, expires: 9).signed(by: one)
    let envelope = try? SignedEnvelope(encoded: voucher, domain: CircuitVoucher.domain)
    return [
        "peer-record-payload": [record.payload], "circuit-voucher-payload": [envelope?.payload].compactMap(\.self),
        "gossip-payload": [[1, 2, 3]],
    ]
}()
