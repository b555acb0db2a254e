import WeftFormats
import WeftModel

/// `Retry-After` (RFC 9110 §10.2.3): seconds, or a moment.
enum RetryAfter {
    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// nil for what is neither. Moments that have passed are no wait.
    static func duration(_ text: String, now: Instant) -> Duration? {
        if let seconds = Int64(text), text.first != "+" {
            return seconds >= 0 ? .seconds(min(seconds, 1_000_000_000)) : nil
        }
        // Sun, 06 Nov 1994 08:49:37 GMT
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])),
            let moment = Timestamp(
                lenient: "\(parts[3])-\(month < 9 ? "0" : "")\(month + 1)-\(parts[1])T\(parts[4])Z")
        else { return nil }
        return max(.zero, moment.instant - now)
    }
}
