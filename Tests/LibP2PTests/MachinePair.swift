import Crypto
import NIOCore
import SeededNumbers

@testable import LibP2P

extension ConnectionMachine {
    /// All that is to be sent, encrypted as it must be.
    mutating func takeOutput() throws -> ByteBuffer? {
        var outbound = Outbound()
        try takeOutput(&outbound)
        var output: ByteBuffer?
        while let next = try outbound.next() { output.setOrWriteImmutableBuffer(next) }
        return output
    }

    /// Takes bytes as they came, and decrypts what must be.
    mutating func receive(_ bytes: ByteBuffer, at now: Duration) throws -> [Event] {
        let (events, sealed) = try receive(bytes)
        guard let sealed else { return events }
        let decrypted: ByteBuffer
        var buffers = BufferPool(limit: 1)
        do { decrypted = try sealed.decrypted(in: &buffers) } catch { throw ConnectionError.noise(error) }
        return events + (try receive(decrypted: decrypted, at: now))
    }
}

/// Two connection machines whose bytes go from one to the other, in pieces of any size.
struct MachinePair {
    let dialerKeys = KeyPair()
    let listenerKeys = KeyPair()
    var dialer: ConnectionMachine
    var listener: ConnectionMachine
    var dialerEvents: [ConnectionMachine.Event] = []
    var listenerEvents: [ConnectionMachine.Event] = []
    private var random: SeededRandom

    init(
        seed: UInt64 = 1, limits: YamuxSession.Limits = .init(), expectedPeer: PeerID? = nil,
        dialerMuxers: [String] = [ConnectionMachine.muxer]
    ) {
        random = SeededRandom(seed: seed)
        dialer = ConnectionMachine(
            role: .dialer,
            identity: NoiseIdentity(keys: dialerKeys, key: Curve25519.KeyAgreement.PrivateKey(), muxers: dialerMuxers),
            expectedPeer: expectedPeer, limits: limits)
        listener = ConnectionMachine(
            role: .listener,
            identity: NoiseIdentity(
                keys: listenerKeys, key: Curve25519.KeyAgreement.PrivateKey(), muxers: [ConnectionMachine.muxer]),
            expectedPeer: nil, limits: limits)
    }

    /// Moves bytes until neither has more.
    mutating func run(greatestPiece: Int = .max) throws {
        while true {
            let there = try dialer.takeOutput()
            let back = try listener.takeOutput()
            if there == nil, back == nil { return }
            if let there {
                for piece in pieces(of: there, greatestPiece) {
                    listenerEvents += try listener.receive(piece, at: .zero)
                }
            }
            if let back {
                for piece in pieces(of: back, greatestPiece) { dialerEvents += try dialer.receive(piece, at: .zero) }
            }
        }
    }

    private mutating func pieces(of bytes: ByteBuffer, _ greatest: Int) -> [ByteBuffer] {
        var bytes = bytes
        var pieces: [ByteBuffer] = []
        while bytes.readableBytes > 0 {
            let count = greatest == .max ? bytes.readableBytes : min(bytes.readableBytes, 1 + random.below(greatest))
            if let piece = bytes.readSlice(length: count) { pieces.append(piece) }
        }
        return pieces
    }

    var listenerPeer: PeerID? {
        for case .established(let peer) in listenerEvents { return peer }
        return nil
    }

    var dialerPeer: PeerID? {
        for case .established(let peer) in dialerEvents { return peer }
        return nil
    }
}
