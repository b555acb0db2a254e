/// The time that protocols go by: how long the clock has run, and a way to wait. Tests pass their own.
public struct ProtocolClock: Sendable {
    /// Time since the clock began.
    public let now: @Sendable () -> Duration
    /// Waits for at least this long.
    /// - Throws: `CancellationError`.
    public let sleep: @Sendable (Duration) async throws -> Void

    public init(
        now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.sleep = sleep
    }

    /// The machine's own clock, which goes on while the machine is suspended.
    public static func continuous() -> ProtocolClock {
        let clock = ContinuousClock()
        let start = clock.now
        return ProtocolClock(now: { clock.now - start }, sleep: { try await clock.sleep(for: $0) })
    }

    /// Does something that gives up when it is cancelled, and cancels it when it takes too long.
    /// - Throws: `PeerStreamError.timedOut`, or what the work throws.
    public func withLimit<Value: Sendable>(
        _ limit: Duration, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await sleep(limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let value = try await group.next().flatMap({ $0 }) else { throw PeerStreamError.timedOut }
            return value
        }
    }
}
