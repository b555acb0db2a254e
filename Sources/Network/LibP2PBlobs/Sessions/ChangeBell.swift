/// Tells sessions that something has changed, each once however often it did.
struct ChangeBell: Sendable {
    private var listeners: [UInt64: AsyncStream<Void>.Continuation] = [:]
    private var last: UInt64 = 0

    mutating func listen() -> (number: UInt64, changes: AsyncStream<Void>) {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        last += 1
        listeners[last] = continuation
        return (last, stream)
    }

    mutating func leave(_ number: UInt64) { listeners.removeValue(forKey: number)?.finish() }

    func ring() { for listener in listeners.values { listener.yield() } }

    /// Ends all sessions.
    mutating func end() {
        for listener in listeners.values { listener.finish() }
        listeners = [:]
    }
}
