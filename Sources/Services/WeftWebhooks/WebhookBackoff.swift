/// How long to wait after a failure.
package struct WebhookBackoff: Hashable, Sendable {
    package var first: Duration
    package var longest: Duration
    /// The longest that a receiver may ask for with `Retry-After`.
    package var longestAsked: Duration

    package init(
        first: Duration = .seconds(1), longest: Duration = .seconds(3600), longestAsked: Duration = .seconds(86_400)
    ) {
        self.first = first
        self.longest = longest
        self.longestAsked = longestAsked
    }

    /// Twice as long after each failure, and between half of that and all of it, so that receivers which failed together
    /// are not asked again together. Never shorter than what the receiver asked for.
    /// - Parameters:
    ///   - failures: in a row; 1 or more.
    ///   - chance: from 0 to 1.
    package func pause(after failures: Int, asked: Duration?, chance: Double) -> Duration {
        let doublings = min(max(failures, 1) - 1, 30)
        let whole = min(first * (1 << doublings), longest)
        let drawn = whole * (0.5 + min(max(chance, 0), 1) / 2)
        return max(drawn, min(asked ?? .zero, longestAsked))
    }
}
