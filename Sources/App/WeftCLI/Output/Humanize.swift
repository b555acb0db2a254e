package import WeftModel

/// Numbers as people read them in tables. JSON keeps the exact ones.
package enum Humanize {
    /// Powers of 1024 with at most three digits: `512 B`, `1.5 GiB`, `230 MiB`.
    package static func bytes(_ count: Int64) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var value = Double(count.magnitude)
        var unit = 0
        while value >= 999.5, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        let number = unit == 0 ? String(count.magnitude) : threeDigits(value)
        return "\(count < 0 ? "-" : "")\(number) \(units[unit])"
    }

    /// Powers of 1000 with at most three digits, as rates are given: `362 MB/s`, `24.5 GB/s`, `1.2 TFLOP/s`.
    package static func rate(_ count: Int64, _ unit: String) -> String {
        let prefixes = ["", "k", "M", "G", "T", "P", "E"]
        var value = Double(max(0, count))
        var prefix = 0
        while value >= 999.5, prefix < prefixes.count - 1 {
            value /= 1000
            prefix += 1
        }
        return "\(threeDigits(value)) \(prefixes[prefix])\(unit)"
    }

    /// The two largest units that are not zero: `1.2s`, `3m 5s`, `2h`, `4d 3h`; milliseconds below a second.
    package static func duration(microseconds: Int64) -> String {
        if microseconds < 0 { return "-" + duration(microseconds: -microseconds) }
        if microseconds < 1000 { return "\(microseconds)µs" }
        if microseconds < 1_000_000 { return "\(microseconds / 1000)ms" }
        if microseconds < 10_000_000 { return "\(tenths(microseconds / 100_000))s" }
        let seconds = microseconds / 1_000_000
        let parts = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s"),
        ]
        guard let first = parts.firstIndex(where: { $0.0 > 0 }) else { return "0s" }
        return parts[first...].prefix(2).filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }

    package static func duration(_ duration: Duration) -> String {
        Humanize.duration(microseconds: duration.microseconds)
    }

    /// How long ago, by one unit: `5s ago`, `3m ago`.
    package static func age(of moment: Instant, now: Instant) -> String {
        let seconds = max(0, (now - moment).microseconds / 1_000_000)
        switch seconds {
        case 0: return "now"
        case ..<120: return "\(seconds)s ago"
        case ..<7200: return "\(seconds / 60)m ago"
        case ..<172_800: return "\(seconds / 3600)h ago"
        default: return "\(seconds / 86_400)d ago"
        }
    }

    /// Processors: `2`, `0.5`, `1.25`.
    package static func cpu(millis: Int64) -> String {
        if millis % 1000 == 0 { return String(millis / 1000) }
        let fraction = String(1000 + millis % 1000).dropFirst()
        let digits = fraction.reversed().drop { $0 == "0" }.reversed()
        return "\(millis / 1000).\(String(digits))"
    }

    /// With a thin separator between thousands: `1,234,567`.
    package static func count(_ number: Int64) -> String {
        var groups: [String] = []
        var digits = Substring(String(number.magnitude))
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits = digits.dropLast(3)
        }
        groups.insert(String(digits), at: 0)
        return (number < 0 ? "-" : "") + groups.joined(separator: ",")
    }

    private static func threeDigits(_ value: Double) -> String {
        if value >= 99.95 { return String(Int64(value.rounded())) }
        if value >= 9.995 { return tenths(Int64((value * 10).rounded())) }
        let hundredths = Int64((value * 100).rounded())
        let text = "\(hundredths / 100).\(String(100 + hundredths % 100).dropFirst())"
        if text.hasSuffix(".00") { return String(text.dropLast(3)) }
        return text.hasSuffix("0") ? String(text.dropLast()) : text
    }

    private static func tenths(_ value: Int64) -> String {
        value % 10 == 0 ? String(value / 10) : "\(value / 10).\(value % 10)"
    }
}
