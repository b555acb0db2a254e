import NIOCore

@testable import LibP2P

let valueTargets: [String: @Sendable ([UInt8]) -> Void] = [
    "varint": { bytes in
        guard let decoded = try? Varint.decode(bytes) else { return }
        precondition(Varint.encode(decoded.value) == Array(bytes.prefix(decoded.length)), "a varint has one encoding")
    },
    "multibase": { bytes in
        guard let (base, value) = try? Multibase.decode(String(decoding: bytes, as: UTF8.self)) else { return }
        precondition(try! Multibase.decode(base.encode(value)).bytes == value, "text and bytes are the same value")
    },
    "cid": { bytes in
        guard let cid = try? CID(bytes: bytes) else { return }
        precondition(
            try! CID(bytes: cid.bytes) == cid && CID(parsing: cid.description) == cid, "a CID is read as written")
    },
    "multiaddr": { bytes in
        guard let address = try? Multiaddr(bytes: bytes) else { return }
        precondition(try! Multiaddr(bytes: address.bytes) == address, "an address is read as written")
        precondition(try! Multiaddr(parsing: "/" + address.description.dropFirst()) == address, "its text is the same")
    },
    "multiaddr-text": { bytes in
        guard let address = try? Multiaddr(parsing: String(decoding: bytes, as: UTF8.self)) else { return }
        precondition(try! Multiaddr(bytes: address.bytes) == address, "an address is read as written")
    },
    "peer-id": { bytes in
        guard let peer = try? PeerID(bytes: bytes) else { return }
        precondition(try! PeerID(parsing: peer.description) == peer, "a peer id is read as written")
        precondition(try! PeerID(parsing: peer.cid.description) == peer, "as a CID, too")
    },
    "public-key": { bytes in
        guard let key = try? PublicKey(encoded: bytes) else { return }
        precondition(key.encoded == bytes, "a key has one encoding")
        precondition(!key.verify(signature: [UInt8](repeating: 7, count: 64), of: bytes), "nobody signed this")
    },
    "private-key": { bytes in _ = try? KeyPair(encoded: bytes) },
    "secp256k1-signature": { bytes in
        let key = Secp256k1.Point.generator
        _ = key.affineX
        precondition(
            !Secp256k1.verify(
                signature: bytes, of: [UInt8](repeating: 1, count: 32),
                key: [2] + Base16Key.generator), "nobody signed this")
    },
    "envelope": { bytes in _ = try? SignedEnvelope(encoded: bytes, domain: "fuzz") },
    "peer-record": { bytes in _ = try? PeerRecord(signed: bytes) },
    "identify": { bytes in
        guard let said = try? Identification(encoded: bytes, from: FuzzPeers.one.peerID) else { return }
        precondition(said.protocols.count <= Identify.greatestProtocolCount, "protocols are bounded")
    },
]

private enum Base16Key {
    static let generator = try! Base16.decode(
        "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", capitals: false)
}

enum FuzzPeers {
    static let one = try! KeyPair(seed: [UInt8](repeating: 1, count: 32))
    static let two = try! KeyPair(seed: [UInt8](repeating: 2, count: 32))
}
