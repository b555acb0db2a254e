import Crypto
import Foundation
import NIOCore
import SwiftProtobuf

@testable import LibP2P

/// Inputs that decoders accept, to begin from. `weft-fuzz seeds DIRECTORY` writes them.
private let seeds: [String: [[UInt8]]] = {
    let address = try! Multiaddr(parsing: "/ip4/192.0.2.1/tcp/4001")
    let addresses = [
        "/ip4/192.0.2.1/tcp/4001", "/ip6/2001:db8::1/udp/9/quic-v1", "/dns4/example.org/tcp/443/wss",
        "/dnsaddr/a.example",
        "/ip4/1.2.3.4/tcp/1/p2p/\(FuzzPeers.one.peerID)/p2p-circuit/p2p/\(FuzzPeers.two.peerID)",
        "/ip4/1.2.3.4/tcp/443/tls/sni/example.org/ws",
    ]
    let record = PeerRecord(peer: FuzzPeers.one.peerID, sequence: 9, addresses: [address]).signed(by: FuzzPeers.one)
        .encoded
    let envelope = SignedEnvelope(payload: [1, 2], payloadType: [3], domain: "fuzz", keys: FuzzPeers.one).encoded
    let cid = CID(multihash: Multihash(sha256Of: [1]))
    let ecdsa = try! P256.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 5, count: 32))
    func lines(_ texts: String...) -> [UInt8] {
        var buffer = ByteBuffer()
        for text in texts { MultistreamMessage.write(text, to: &buffer) }
        return Array(buffer.readableBytesView)
    }
    func frames(_ headers: (YamuxHeader, [UInt8])...) -> [UInt8] {
        var buffer = ByteBuffer()
        for (header, body) in headers {
            header.write(to: &buffer)
            buffer.writeBytes(body)
        }
        return Array(buffer.readableBytesView)
    }
    let open = YamuxHeader(.windowUpdate, .synchronize, stream: 1, value: 0)
    let (first, second, third) = handshakeMessages()
    var frame = ByteBuffer()
    NoiseFrames.writeHandshakeMessage(first, to: &frame)
    let identify = Libp2p_Identify_WireIdentify.with {
        $0.publicKey = FuzzPeers.one.publicKey.encoded.data
        $0.listenAddresses = [address.bytes.data]
        $0.protocols = ["/ipfs/id/1.0.0", "/ipfs/ping/1.0.0"]
        $0.observedAddress = address.bytes.data
        $0.agentVersion = "fuzz"
        $0.signedPeerRecord = record.data
    }
    return [
        "varint": [[0], [0xAC, 0x02], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]],
        "multibase": Multibase.allCases.map { Array($0.encode([0, 1, 2, 250]).utf8) },
        "cid": [cid.bytes, cid.multihash.bytes, FuzzPeers.one.peerID.cid.bytes],
        "multiaddr": addresses.map { try! Multiaddr(parsing: $0).bytes },
        "multiaddr-text": addresses.map { Array($0.utf8) },
        "peer-id": [FuzzPeers.one.peerID.bytes, Multihash(sha256Of: [1]).bytes],
        "public-key": [
            FuzzPeers.one.publicKey.encoded, PublicKey.ecdsa(Array(ecdsa.publicKey.derRepresentation)).encoded,
            [8, 2, 0x12, 33, 2] + [UInt8](repeating: 1, count: 32),
        ],
        "private-key": [FuzzPeers.one.encoded],
        "secp256k1-signature": [[0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01]],
        "envelope": [envelope],
        "peer-record": [record],
        "identify": [try! identify.serializedBytes()],
        "multistream-listener": [
            lines("/multistream/1.0.0", "/noise"), lines("/multistream/1.0.0", "ls", "/plaintext/2.0.0"),
        ],
        "multistream-dialer": [
            lines("/multistream/1.0.0", "/noise"), lines("/multistream/1.0.0", "na", "/yamux/1.0.0"),
        ],
        "noise-message-1": [first], "noise-message-2": [second], "noise-message-3": [third],
        "noise-payload": [
            NoisePayload(
                keys: FuzzPeers.one,
                staticKey: Array(
                    try! Curve25519.KeyAgreement.PrivateKey(rawRepresentation: FuzzPeers.one.seed).publicKey
                        .rawRepresentation),
                muxers: ["/yamux/1.0.0"]
            ).encoded
        ],
        "noise-frames": [[0, 1, 2], [0, 17] + [UInt8](repeating: 1, count: 17)],
        "yamux": [
            frames((open, []), (YamuxHeader(.data, .finish, stream: 1, value: 3), [1, 2, 3])),
            frames(
                (open, []), (YamuxHeader(.windowUpdate, [], stream: 1, value: 9), []),
                (YamuxHeader(.ping, .synchronize, stream: 0, value: 1), [])),
            frames(
                (YamuxHeader(.windowUpdate, .acknowledge, stream: 2, value: 0), []),
                (YamuxHeader(.goAway, [], stream: 0, value: 0), [])),
        ],
        "connection-listener": [lines("/multistream/1.0.0", "/noise") + Array(frame.readableBytesView)],
        "connection-dialer": [lines("/multistream/1.0.0", "/noise") + [0, UInt8(second.count)] + second],
    ]
}()

/// One seed of each decoder, in a folder named like its target.
func writeSeeds(to directory: String) throws {
    for (target, inputs) in [seeds, pubSubSeeds, relaySeeds, textSeeds, signedSeeds, weftSeeds, blobSeeds].joined() {
        let folder = "\(directory)/\(target)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (number, input) in inputs.enumerated() {
            try Data(input).write(to: URL(fileURLWithPath: "\(folder)/seed-\(number)"))
        }
    }
}
