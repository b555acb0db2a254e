import NIOCore
import Synchronization

/// One stream of a connection, whose protocol is agreed on.
final class YamuxStream: PeerStream {
    let peer: PeerID
    let protocolName: String
    var connection: ConnectionFacts { owner.facts }
    private let owner: PeerConnection
    private let id: UInt32
    /// What came along with the negotiation.
    private let leftover: Mutex<ByteBuffer?>

    init(owner: PeerConnection, id: UInt32, peer: PeerID, protocolName: String, leftover: ByteBuffer) {
        self.owner = owner
        self.id = id
        self.peer = peer
        self.protocolName = protocolName
        self.leftover = Mutex(leftover.readableBytes > 0 ? leftover : nil)
    }

    deinit { owner.forget(id) }

    func read() async throws -> ByteBuffer? {
        if let bytes = leftover.withLock({ $0.take() }) { return bytes }
        return try await owner.read(id)
    }

    func write(_ bytes: ByteBuffer) async throws { try await owner.write(bytes, to: id) }
    func closeWrite() async throws { try owner.closeWrite(id) }
    func reset() { owner.reset(id) }

    /// The stream's handler is done with it.
    func release(within patience: Duration) {
        leftover.withLock { $0 = nil }
        owner.release(id, within: patience)
    }
}

extension PeerConnection {
    /// Agrees on the protocol of a stream that this end opened.
    /// - Throws: `StreamRefused`, `PeerStreamError`, `MultistreamError`.
    func propose(_ protocols: [String], on id: UInt32, peer: PeerID) async throws -> YamuxStream {
        var machine = MultistreamDialer(protocols)
        var bytes = ByteBuffer()
        do {
            try await write(machine.opening(), to: id)
            while true {
                switch try machine.receive(&bytes) {
                case .agreed(let name):
                    return YamuxStream(owner: self, id: id, peer: peer, protocolName: name, leftover: bytes)
                case .send(let proposal): try await write(proposal, to: id)
                case .more:
                    guard var more = try await read(id) else {
                        throw PeerStreamError.malformed("the negotiation is cut off")
                    }
                    bytes.writeBuffer(&more)
                }
            }
        } catch {
            forget(id)
            if case .refused = error as? MultistreamError { throw StreamRefused(protocols: protocols) }
            throw error
        }
    }

    /// Answers the proposals for a stream that the peer opened.
    func answer(_ id: UInt32, peer: PeerID, supporting names: [String]) async throws -> YamuxStream {
        var machine = MultistreamListener(supporting: names)
        var bytes = ByteBuffer()
        do {
            while true {
                switch try machine.receive(&bytes) {
                case .agreed(let name, let reply):
                    try await write(reply, to: id)
                    return YamuxStream(owner: self, id: id, peer: peer, protocolName: name, leftover: bytes)
                case .send(let reply): try await write(reply, to: id)
                case .more:
                    guard var more = try await read(id) else {
                        throw PeerStreamError.malformed("the negotiation is cut off")
                    }
                    bytes.writeBuffer(&more)
                }
            }
        } catch {
            forget(id)
            throw error
        }
    }
}
