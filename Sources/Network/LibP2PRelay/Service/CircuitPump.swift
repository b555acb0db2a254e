import LibP2P
import NIOCore

/// Carries the bytes of a circuit both ways until both ends have closed, one gave up, or the limit is reached.
enum CircuitPump {
    struct LimitReached: Error {}

    /// - Throws: What ended it before its time; both streams are reset then.
    static func run(
        _ one: any PeerStream, _ oneLeftover: ByteBuffer, _ other: any PeerStream, _ otherLeftover: ByteBuffer,
        limit: CircuitLimit?, clock: ProtocolClock
    ) async throws {
        do {
            let pump: @Sendable () async throws -> Void = {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await carry(oneLeftover, from: one, to: other, limit: limit?.byteCount) }
                    group.addTask { try await carry(otherLeftover, from: other, to: one, limit: limit?.byteCount) }
                    // Not `waitForAll`, which waits for the other way, too, when one has failed.
                    while try await group.next() != nil {}
                }
            }
            if let seconds = limit?.seconds {
                try await clock.withLimit(.seconds(Int64(seconds)), pump)
            } else {
                try await pump()
            }
        } catch {
            one.reset()
            other.reset()
            throw error
        }
    }

    private static func carry(
        _ leftover: ByteBuffer, from source: any PeerStream, to destination: any PeerStream, limit: UInt64?
    ) async throws {
        var left = limit ?? .max
        func pass(_ bytes: ByteBuffer) async throws {
            guard UInt64(bytes.readableBytes) <= left else { throw LimitReached() }
            left -= UInt64(bytes.readableBytes)
            try await destination.write(bytes)
        }
        if leftover.readableBytes > 0 { try await pass(leftover) }
        while let bytes = try await source.read() { try await pass(bytes) }
        try await destination.closeWrite()
    }
}
