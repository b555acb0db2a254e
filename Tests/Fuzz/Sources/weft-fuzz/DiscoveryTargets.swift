import LibP2P

@testable import LibP2PDiscovery

private let ownPeer = FuzzPeers.one.peerID
private let otherPeer = FuzzPeers.two.peerID

/// One peer's answer to whatever the bytes are, as another would get it.
private func answer(_ bytes: [UInt8]) {
    guard let request = try? KademliaCodec.request(from: bytes) else { return }
    var node = KademliaNode(of: ownPeer, configuration: KademliaConfiguration())
    let address = Multiaddr(.v4(0x0B00_0001), tcp: 4001)
    _ = node.table.heard(otherPeer, addresses: [address], subnet: nil, at: .zero)
    guard let answer = try? node.answer(request, from: otherPeer, at: address, target: nil, now: .zero) else { return }
    let sent = KademliaCodec.encode(answer, to: request)
    precondition((try? KademliaCodec.answer(from: sent, to: request)) == answer, "an answer is read as written")
}

let discoveryTargets: [String: @Sendable ([UInt8]) -> Void] = [
    "kademlia-request": { bytes in
        guard let request = try? KademliaCodec.request(from: bytes) else { return }
        precondition(
            (try? KademliaCodec.request(from: KademliaCodec.encode(request))) == request, "it is read as written")
    },
    "kademlia-answer": { bytes in
        let limits = KademliaMessageLimits()
        for request in [KademliaRequest.findNode(ownPeer.bytes), .getValue([1]), .getProviders([0, 1, 1])] {
            guard let answer = try? KademliaCodec.answer(from: bytes, to: request) else { continue }
            precondition(
                answer.closer.count <= limits.peers && answer.providers.count <= limits.peers, "lists are bounded")
        }
    },
    "kademlia-node": answer,
    "dns": { bytes in
        guard let message = try? DNSDecoder.decode(bytes) else { return }
        // Contents of kinds that are not understood are not kept, so only messages without them come back.
        let records = message.answers + message.additional
        guard !records.contains(where: { if case .other = $0.data { true } else { false } }),
            let written = DNSEncoder.encode(message)
        else { return }
        precondition((try? DNSDecoder.decode(written)) == message, "it is read as written")
    },
    "multicast-service": { bytes in
        guard let message = try? DNSDecoder.decode(bytes),
            let own = ServiceRecords(service: "_p2p._udp.local", label: "own", peer: ownPeer)
        else { return }
        var machine = ServiceMachine(own: own, at: .zero)
        var random = SystemRandomNumberGenerator()
        for second in 0..<4 {
            let now = Duration.seconds(second)
            _ = machine.received(message, isOfThisMachine: second % 2 == 0, at: now, using: &random)
            for case .send(let sent) in machine.tick(at: now) {
                precondition(DNSEncoder.encode(sent).map { $0.count <= 9_000 } == true, "what is said can be sent")
            }
            precondition(machine.peers.count <= 256, "a message names no more peers than it has records")
        }
    },
]
