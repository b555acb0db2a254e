import NIOCore
import Synchronization

/// Answers that go on for a while: event and log streams, requests that wait. Bounds how many there are, and ends each
/// when its client goes away or the server shuts down.
final class StreamRegistry: Sendable {
    private struct State {
        var open: [Int: AsyncStream<Void>.Continuation] = [:]
        var last = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var count: Int { state.withLock { $0.open.count } }

    /// Throws when one more would be too many; for an answer before the response starts.
    func checkRoom() throws {
        try state.withLock { state in
            guard !state.isClosed else { throw HTTPFailure.unavailable("the server is shutting down") }
            guard state.open.count < limit else {
                throw HTTPFailure.busy(
                    "\(limit) streams are open, the most that this server allows", retryAfterSeconds: 5)
            }
        }
    }

    /// Runs `operation` until it returns, the client of `channel` goes away, or the server shuts down; nil in the
    /// latter two cases. Throws what the operation throws, and ``HTTPFailure`` when there is no room.
    func run<Value: Sendable>(
        on channel: any Channel, _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        try checkRoom()
        let (ended, continuation) = AsyncStream<Void>.makeStream()
        let key = state.withLock { state in
            state.last += 1
            state.open[state.last] = continuation
            if state.isClosed { continuation.finish() }
            return state.last
        }
        defer { leave(key) }
        // A client that hangs up in the middle of a stream is gone, half-closing or not.
        channel.setOption(.allowRemoteHalfClosure, value: false).whenFailure { _ in continuation.finish() }
        channel.closeFuture.whenComplete { _ in continuation.finish() }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                for await _ in ended {}
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { return nil }
            return first
        }
    }

    /// Ends every stream and lets none begin.
    func close() {
        let open = state.withLock { state in
            state.isClosed = true
            return Array(state.open.values)
        }
        for continuation in open { continuation.finish() }
    }

    private func leave(_ key: Int) {
        state.withLock { $0.open[key] = nil }
    }
}

/// Writes something small again and again while a stream has nothing to say, so that proxies keep the connection and a
/// client that is gone shows. Runs on the channel's event loop: a heartbeat never cuts into an event.
struct Heartbeat {
    private let task: RepeatedTask

    init(on channel: any Channel, every interval: Duration, write: @escaping @Sendable (any Channel) -> Void) {
        let amount = TimeAmount(interval)
        task = channel.eventLoop.scheduleRepeatedTask(initialDelay: amount, delay: amount) { task in
            guard channel.isActive else { return task.cancel() }
            if channel.isWritable { write(channel) }
        }
    }

    func stop() { task.cancel() }
}
