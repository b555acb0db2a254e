import LibP2P

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// What people and documents write: names and addresses as text.
let textTargets: [String: @Sendable ([UInt8]) -> Void] = [
    "base58": { bytes in
        guard let value = try? Base58.decode(text(bytes)) else { return }
        precondition(Base58.encode(value) == text(bytes), "a value has one text")
    },
    "cid-text": { bytes in
        guard let cid = try? CID(parsing: text(bytes)) else { return }
        precondition((try? CID(parsing: cid.description)) == cid, "a CID is read as written")
    },
    "peer-id-text": { bytes in
        guard let peer = try? PeerID(parsing: text(bytes)) else { return }
        precondition((try? PeerID(parsing: peer.description)) == peer, "a peer id is read as written")
    },
    "ip-text": { bytes in
        guard let address = try? IPAddress(parsing: text(bytes)) else { return }
        precondition((try? IPAddress(parsing: address.description)) == address, "an address is read as written")
    },
]

let textSeeds: [String: [[UInt8]]] = {
    func bytes(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }
    let (peer, other) = (FuzzPeers.one.peerID, FuzzPeers.two.peerID)
    return [
        "base58": bytes(["", "1112", "StV1DL6CwTryKyV", peer.description]),
        "cid-text": bytes([peer.cid.description, "QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"]),
        "peer-id-text": bytes([peer.description, other.cid.description]),
        "ip-text": bytes(["192.0.2.1", "2001:db8::1", "::", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8"]),
    ]
}()
