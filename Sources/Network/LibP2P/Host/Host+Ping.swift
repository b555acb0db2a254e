import NIOCore
import Synchronization

/// Ping (libp2p specification "Ping"): 32 random bytes, and the same come back.
public enum Ping {
    public static let name = "/ipfs/ping/1.0.0"
    static let length = 32
}

extension Host {
    func servePing() {
        state.withLock { state in
            state.handlers[Ping.name] = { stream in
                var bytes = ByteBuffer()
                while var more = try await stream.read() {
                    bytes.writeBuffer(&more)
                    let whole = bytes.readableBytes / Ping.length * Ping.length
                    if whole > 0, let answer = bytes.readSlice(length: whole) { try await stream.write(answer) }
                    bytes.discardReadBytes()
                }
            }
        }
    }

    /// How long it takes to a peer and back.
    /// - Throws: As `openStream`; `PeerStreamError.malformed` when something else comes back, `.timedOut` after `timeout`.
    public func ping(_ peer: PeerID, timeout: Duration = .seconds(10)) async throws -> Duration {
        let stream = try await openStream(to: peer, protocols: [Ping.name])
        return try await withThrowingTaskGroup { group in
            group.addTask {
                let sent = (0..<Ping.length).map { _ in UInt8.random(in: 0...255) }
                let start = ContinuousClock.now
                try await stream.write(ByteBuffer(bytes: sent))
                var reader = MessageReader(stream)
                guard try await reader.readExactly(Ping.length) == sent else {
                    throw PeerStreamError.malformed("other bytes came back")
                }
                let roundTrip = ContinuousClock.now - start
                try await stream.closeWrite()
                return roundTrip
            }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw PeerStreamError.timedOut
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { preconditionFailure("there are two tasks") }
            return first
        }
    }
}
