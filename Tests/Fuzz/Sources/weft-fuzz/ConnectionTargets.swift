import Crypto
import NIOCore

@testable import LibP2P

private func identity(_ keys: KeyPair) -> NoiseIdentity {
    NoiseIdentity(
        keys: keys, key: try! Curve25519.KeyAgreement.PrivateKey(rawRepresentation: keys.seed),
        muxers: [ConnectionMachine.muxer])
}

private let one = identity(FuzzPeers.one)
private let two = identity(FuzzPeers.two)

private func handshake(_ role: NoiseHandshake.Role, _ identity: NoiseIdentity) -> NoiseHandshake {
    NoiseHandshake(role: role, identity: identity, ephemeral: identity.key, expectedPeer: nil)
}

/// The three messages between the two peers, as their targets expect them.
func handshakeMessages() -> ([UInt8], [UInt8], [UInt8]) {
    var initiator = handshake(.initiator, one)
    var responder = handshake(.responder, two)
    let first = try! initiator.opening()
    guard case .send(let second) = try! responder.receive(first),
        case .sendAndFinish(let third, _) = try! initiator.receive(second)
    else { preconditionFailure("a handshake has three messages") }
    return (first, second, third)
}

/// Feeds a connection in two pieces, so that what is half there is tried, too.
private func feed(_ machine: inout ConnectionMachine, _ bytes: [UInt8]) {
    let half = bytes.count / 2
    var buffers = BufferPool(limit: 1)
    do {
        for part in [bytes[..<half], bytes[half...]] {
            guard let sealed = try machine.receive(ByteBuffer(bytes: part)).sealed else { continue }
            _ = try machine.receive(decrypted: sealed.decrypted(in: &buffers), at: .zero)
        }
        var outbound = Outbound()
        try machine.takeOutput(&outbound)
        while try outbound.next() != nil {}
    } catch {}
}

let connectionTargets: [String: @Sendable ([UInt8]) -> Void] = [
    "multistream-listener": { bytes in
        var listener = MultistreamListener(supporting: ["/noise", "/yamux/1.0.0"])
        var buffer = ByteBuffer(bytes: bytes)
        _ = try? listener.receive(&buffer)
    },
    "multistream-dialer": { bytes in
        var dialer = MultistreamDialer(["/noise", "/yamux/1.0.0"])
        var buffer = ByteBuffer(bytes: bytes)
        while case .send? = try? dialer.receive(&buffer) {}
    },
    "noise-message-1": { bytes in
        var responder = handshake(.responder, two)
        _ = try? responder.receive(bytes)
    },
    "noise-message-2": { bytes in
        var initiator = handshake(.initiator, one)
        _ = try? initiator.opening()
        _ = try? initiator.receive(bytes)
    },
    "noise-message-3": { bytes in
        var initiator = handshake(.initiator, one)
        var responder = handshake(.responder, two)
        guard let opening = try? initiator.opening() else { return }
        _ = try? responder.receive(opening)
        _ = try? responder.receive(bytes)
    },
    "noise-payload": { bytes in _ = try? NoisePayload(encoded: bytes, staticKey: one.publicKey) },
    "noise-frames": { bytes in
        let key = [UInt8](repeating: 3, count: 32)
        // First as they are, then encrypted, which must give them back.
        var cipher = NoiseCipher(key: key)
        var raw = ByteBuffer(bytes: bytes)
        var inbound = Inbound()
        try! inbound.take(&raw, &cipher)
        var buffers = BufferPool(limit: 1)
        _ = try? inbound.decrypted(in: &buffers)
        var sending: NoiseCipher? = NoiseCipher(key: key)
        var outbound = Outbound()
        var (plain, plaintext) = (ByteBuffer(), GatheredBytes())
        plaintext.append(ByteBuffer(bytes: bytes))
        try! outbound.take(&plain, &plaintext, &sending)
        var sealed = ByteBuffer()
        while let next = try! outbound.next() { sealed.writeImmutableBuffer(next) }
        var receiving = NoiseCipher(key: key)
        var opened = Inbound()
        try! opened.take(&sealed, &receiving)
        let decrypted = try! opened.decrypted(in: &buffers)
        precondition(decrypted.readableBytesView.elementsEqual(bytes), "what was encrypted is decrypted")
    },
    "yamux": { bytes in
        var limits = YamuxSession.Limits()
        limits.inboundStreams = 8
        var session = YamuxSession(role: .listener, limits: limits)
        _ = session.open(at: .zero)
        var buffer = ByteBuffer(bytes: bytes)
        guard let events = try? session.receive(&buffer, at: .zero) else { return }
        for case .data(let id, let data) in events where session.streams[id] != nil {
            session.consumed(data.readableBytes, of: id, at: .zero)
        }
        precondition(session.streams.count <= 9, "streams are bounded")
        precondition(session.streams.values.allSatisfy { $0.receiveWindow >= 0 && $0.unread == 0 }, "windows hold")
        precondition(
            session.output.readableBytes <= 12 * (bytes.count / 6 + 2), "answers are not longer than questions")
    },
    "connection-listener": { bytes in
        var machine = ConnectionMachine(role: .listener, identity: two, expectedPeer: nil, limits: .init())
        feed(&machine, bytes)
        precondition(!machine.isOpen, "nobody proves itself by chance")
    },
    "connection-dialer": { bytes in
        var machine = ConnectionMachine(role: .dialer, identity: one, expectedPeer: nil, limits: .init())
        feed(&machine, bytes)
        precondition(!machine.isOpen, "nobody proves itself by chance")
    },
]
