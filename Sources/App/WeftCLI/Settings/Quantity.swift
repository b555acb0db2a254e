/// Amounts as people type them on a command line or in a configuration file.
package enum Quantity {
    /// Bytes: `1048576`, `512MiB`, `1.5 GiB`, `2G`. `K`, `M`, `G`, `T` and their `iB` forms are powers of 1024,
    /// `kB`, `MB`, `GB`, `TB` powers of 1000. nil for anything else, and beyond Int64.
    package static func bytes(_ text: some StringProtocol) -> Int64? {
        guard let (number, unit) = split(text) else { return nil }
        let factor: Double
        switch unit.lowercased() {
        case "", "b": factor = 1
        case "k", "kib": factor = 1024
        case "m", "mib": factor = 1_048_576
        case "g", "gib": factor = 1_073_741_824
        case "t", "tib": factor = 1_099_511_627_776
        case "kb": factor = 1e3
        case "mb": factor = 1e6
        case "gb": factor = 1e9
        case "tb": factor = 1e12
        default: return nil
        }
        return whole(number * factor)
    }

    /// Seconds: `90`, `90s`, `5m`, `1h30m`, `2d`. nil for anything else.
    package static func seconds(_ text: some StringProtocol) -> Int? {
        var total = 0.0
        var rest = text.filter { $0 != " " }[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let number = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(unit.count)
            switch unit {
            case "", "s": total += number
            case "m", "min": total += number * 60
            case "h": total += number * 3600
            case "d": total += number * 86_400
            default: return nil
            }
            if unit.isEmpty && !rest.isEmpty { return nil }
        }
        return whole(total.rounded(.up)).flatMap { Int(exactly: $0) }
    }

    /// Thousandths of a processor: `2`, `0.5`, `250m`.
    package static func cpuMillis(_ text: some StringProtocol) -> Int64? {
        guard let (number, unit) = split(text) else { return nil }
        switch unit {
        case "": return whole(number * 1000)
        case "m": return whole(number)
        default: return nil
        }
    }

    /// `K=V` pairs; nil when there is no `=` or no name before it.
    package static func pair(_ text: some StringProtocol) -> (name: String, value: String)? {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }

    private static func split(_ text: some StringProtocol) -> (number: Double, unit: String)? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let number = Double(digits) else { return nil }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        return (number, String(unit))
    }

    private static func whole(_ value: Double) -> Int64? {
        guard value.isFinite, value >= 0, value < 9.2e18 else { return nil }
        return Int64(value.rounded())
    }
}
