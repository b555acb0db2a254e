package import LibP2P
package import NIOCore
import Synchronization

/// What a stream to or from a relay becomes once the circuit is there: what had already been read of it comes first.
package final class RelayedStream: PeerStream {
    private struct State {
        var unread: ByteBuffer?
        var isReadOver = false
        var isWriteOver = false
    }

    private let stream: any PeerStream
    private let state: Mutex<State>
    private let end: AsyncStream<Never>.Continuation
    private let ended: AsyncStream<Never>

    package var peer: PeerID { stream.peer }
    package var protocolName: String { stream.protocolName }
    package var connection: ConnectionFacts { stream.connection }

    package init(_ stream: any PeerStream, unread: ByteBuffer) {
        self.stream = stream
        state = Mutex(State(unread: unread))
        (ended, end) = AsyncStream.makeStream()
    }

    package func read() async throws -> ByteBuffer? {
        if let unread = state.withLock({ $0.unread.take() }), unread.readableBytes > 0 { return unread }
        do {
            if let bytes = try await stream.read() { return bytes }
            finish { $0.isReadOver = true }
            return nil
        } catch {
            end.finish()
            throw error
        }
    }

    package func write(_ bytes: ByteBuffer) async throws {
        do {
            try await stream.write(bytes)
        } catch {
            end.finish()
            throw error
        }
    }

    package func closeWrite() async throws {
        finish { $0.isWriteOver = true }
        try await stream.closeWrite()
    }

    package func reset() {
        stream.reset()
        end.finish()
    }

    /// Comes back once the stream is of no more use. For one waiter; when that is cancelled, the stream is reset.
    package func waitUntilEnded() async {
        await withTaskCancellationHandler {
            for await _ in ended {}
        } onCancel: {
            stream.reset()
        }
    }

    private func finish(_ side: (inout State) -> Void) {
        let isOver = state.withLock { state in
            side(&state)
            return state.isReadOver && state.isWriteOver
        }
        if isOver { end.finish() }
    }
}
