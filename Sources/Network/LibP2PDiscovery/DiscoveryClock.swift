/// The time that discovery goes by: how long the clock has run, and a way to wait. Tests pass their own.
public struct DiscoveryClock: Sendable {
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
    public static func continuous() -> DiscoveryClock {
        let clock = ContinuousClock()
        let start = clock.now
        return DiscoveryClock(now: { clock.now - start }, sleep: { try await clock.sleep(for: $0) })
    }
}
