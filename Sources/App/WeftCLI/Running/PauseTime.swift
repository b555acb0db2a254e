import Glibc
import WeftModel

/// When a pause ends, as people say it.
enum PauseTime {
    private static let longestSeconds: Int64 = 366 * 86_400

    /// `[]`, `["2h"]`, `["until", "18:00"]`; nil for a pause without an end. Throws ``CLIError``.
    static func end(of words: [String], now: Instant) throws -> Instant? {
        switch words.count {
        case 0: return nil
        case 1:
            guard let seconds = Quantities.seconds(words[0]), (1...longestSeconds).contains(seconds) else { break }
            return now + .seconds(seconds)
        case 2 where words[0] == "until":
            guard let (hour, minute) = clock(words[1]) else { break }
            return next(hour, minute, after: now)
        default: break
        }
        throw CLIError(
            .usage, "`\(words.joined(separator: " "))` is no time for a pause",
            hint: "for example `weft worker pause 2h` or `weft worker pause until 18:00`")
    }

    private static func clock(_ text: String) -> (Int32, Int32)? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].count == 2, let hour = Int32(parts[0]), let minute = Int32(parts[1]),
            (0..<24).contains(hour), (0..<60).contains(minute)
        else { return nil }
        return (hour, minute)
    }

    /// The next time that clocks on the wall here show it, also over a change of the clocks.
    private static func next(_ hour: Int32, _ minute: Int32, after now: Instant) -> Instant {
        var seconds = time_t(now.microseconds / 1_000_000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        for day in 0...1 {
            var then = parts
            then.tm_mday += Int32(day)
            (then.tm_hour, then.tm_min, then.tm_sec, then.tm_isdst) = (hour, minute, 0, -1)
            let moment = mktime(&then)
            if moment > seconds { return Instant(microseconds: Int64(moment) * 1_000_000) }
        }
        return now + .seconds(86_400)
    }
}
