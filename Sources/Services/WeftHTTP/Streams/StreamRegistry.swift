import NIOCore
import Synchronization

/// Answers that go on for a while: event and log streams, requests that wait. Bounds how many there are, and ends each
/// when its client goes away or the server shuts down.
final class StreamRegistry: Sendable {
    private struct Stream {
        var channel: ObjectIdentifier
        var end: @Sendable () -> Void
    }

    private struct State {
        var open: [Int: Stream] = [:]
        /// Those that have had a stream and are not closed yet.
        var channels: Set<ObjectIdentifier> = []
        var last = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let limit: Int
    private let executor: (any TaskExecutor)?

    /// - Parameter executor: what runs the streams.
    init(limit: Int, executor: (any TaskExecutor)?) {
        self.limit = limit
        self.executor = executor
    }

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
        let task = Task(executorPreference: executor) { try await operation() }
        let key = enter(channel) { task.cancel() }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        // One that was ended is not here any more.
        guard state.withLock({ $0.open.removeValue(forKey: key) }) != nil else { return nil }
        return try result.get()
    }

    private func enter(_ channel: any Channel, end: @escaping @Sendable () -> Void) -> Int {
        let name = ObjectIdentifier(channel)
        let (key, isFirst, isClosed) = state.withLock { state in
            state.last += 1
            state.open[state.last] = Stream(channel: name, end: end)
            return (state.last, state.channels.insert(name).inserted, state.isClosed)
        }
        if isFirst {
            // A client that hangs up in the middle of a stream is gone, half-closing or not.
            channel.setOption(.allowRemoteHalfClosure, value: false).whenFailure { _ in self.endStreams(of: name) }
            channel.closeFuture.whenComplete { _ in
                self.endStreams(of: name)
                self.state.withLock { _ = $0.channels.remove(name) }
            }
        }
        // One that comes too late to be ended with the others.
        if isClosed { close() }
        return key
    }

    /// Ends every stream and lets none begin.
    func close() {
        state.withLock { $0.isClosed = true }
        endStreams { _ in true }
    }

    private func endStreams(of channel: ObjectIdentifier) { endStreams { $0.channel == channel } }

    private func endStreams(where isMeant: (Stream) -> Bool) {
        let ended = state.withLock { state in
            let ended = state.open.filter { isMeant($0.value) }
            for key in ended.keys { state.open[key] = nil }
            return ended.values
        }
        for stream in ended { stream.end() }
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
