/// How long to wait before the next try to reach a coordinator.
///
/// The first try comes at once or nearly so, then the pause doubles. While the coordinator was there a moment ago it
/// stays around a second, so that a restart costs little; after minutes it grows, so that a lost coordinator is not
/// bothered by all its workers for ever.
package struct Backoff: Sendable, Hashable {
    package static let firstMilliseconds = 50.0
    package static let nearCapMilliseconds = 1000.0
    package static let farCapMilliseconds = 15_000.0
    /// Tries after which the larger cap holds: some three minutes.
    package static let nearTries = 180

    private var tries = 0

    package init() {}

    /// `fraction` is random, 0 to 1: it spreads workers that all lost the same coordinator.
    package mutating func nextDelay(fraction: Double) -> Duration {
        let cap = tries < Self.nearTries ? Self.nearCapMilliseconds : Self.farCapMilliseconds
        let exponent = tries < Self.nearTries ? tries : tries - Self.nearTries + 4
        let full = min(cap, Self.firstMilliseconds * Double(UInt64(1) << UInt64(min(exponent, 20))))
        tries = min(tries + 1, 1 << 20)
        return .microseconds(Int64(full * (0.5 + 0.5 * min(1, max(0, fraction))) * 1000))
    }

    /// The coordinator was reached and let the worker in.
    package mutating func reset() { tries = 0 }
}
