package import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a worker takes from the world besides its link and its disk; tests hand in their own.
package struct WorkerEnvironment: Sendable {
    /// The wall clock.
    package var now: @Sendable () -> Instant
    /// Suspends for a while; throws when the task is cancelled.
    package var sleep: @Sendable (Duration) async throws -> Void
    /// A number from 0 to 1.
    package var fraction: @Sendable () -> Double
    /// 32 bytes that nobody can guess.
    package var nonce: @Sendable () -> [UInt8]
    /// Load in percent of all processors.
    package var loadPercent: @Sendable () -> UInt32
    /// What runs the attempts' tasks; the one that tasks usually have if nil.
    package var executor: (any TaskExecutor)?

    package init(
        now: @escaping @Sendable () -> Instant, sleep: @escaping @Sendable (Duration) async throws -> Void,
        fraction: @escaping @Sendable () -> Double, nonce: @escaping @Sendable () -> [UInt8],
        loadPercent: @escaping @Sendable () -> UInt32
    ) {
        self.now = now
        self.sleep = sleep
        self.fraction = fraction
        self.nonce = nonce
        self.loadPercent = loadPercent
    }

    /// The real clocks and the system's randomness.
    package static func system(
        executor: (any TaskExecutor)? = nil, loadPercent: @escaping @Sendable () -> UInt32 = { 0 }
    ) -> WorkerEnvironment {
        var environment = WorkerEnvironment(
            now: {
                var time = timespec()
                clock_gettime(CLOCK_REALTIME, &time)
                return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
            },
            sleep: { try await ContinuousClock().sleep(for: $0) },
            fraction: { Double.random(in: 0...1) },
            nonce: { (0..<32).map { _ in UInt8.random(in: .min ... .max) } },
            loadPercent: loadPercent)
        environment.executor = executor
        return environment
    }
}
