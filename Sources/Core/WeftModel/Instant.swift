/// A moment on the coordinator's clock: microseconds since the Unix epoch.
///
/// The clock is read at the edge and handed in with each event. It never goes backwards while a coordinator runs:
/// it is the wall clock at start plus the monotonic time since.
package struct Instant: Hashable, Sendable, Comparable, Codable {
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package init(from decoder: any Decoder) throws {
        microseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(microseconds)
    }

    package static func < (left: Instant, right: Instant) -> Bool { left.microseconds < right.microseconds }
    package static func + (left: Instant, right: Duration) -> Instant {
        Instant(microseconds: left.microseconds + right.microseconds)
    }
    package static func - (left: Instant, right: Instant) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }
}

extension Duration {
    /// Whole microseconds, rounded towards zero.
    package var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }

    /// Whole milliseconds, rounded towards zero.
    package var milliseconds: Int64 { microseconds / 1000 }
}
