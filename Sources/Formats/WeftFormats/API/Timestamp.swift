package import WeftModel

/// A moment in JSON: an RFC 3339 text in UTC with microseconds, for example `2026-01-02T03:04:05.000006Z`.
package struct Timestamp: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    package let instant: Instant

    package init(_ instant: Instant) { self.instant = instant }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.instant < right.instant }

    /// Civil date from days since the epoch: Howard Hinnant, "chrono-compatible low-level date algorithms".
    package var description: String {
        let day: Int64 = 86_400_000_000
        var days = instant.microseconds / day
        var rest = instant.microseconds % day
        if rest < 0 {
            rest += day
            days -= 1
        }
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthPart = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * monthPart + 2) / 5 + 1
        let month = monthPart < 10 ? monthPart + 3 : monthPart - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let seconds = rest / 1_000_000
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
        let time = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        return "\(date)T\(time).\(padded(rest % 1_000_000, 6))Z"
    }

    /// Reads what `description` writes, for the years 0000 to 9999.
    package init?(text: String) {
        // Bounds every number below, so that the arithmetic cannot overflow.
        guard text.utf8.count == 27 else { return nil }
        let fields = text.utf8.split { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            .compactMap { Int64(String(decoding: $0, as: UTF8.self)) }
        guard fields.count == 7, text.hasSuffix("Z"), (1...12).contains(fields[1]), (1...31).contains(fields[2]),
            fields[0] <= 9999, fields[3] <= 23, fields[4] <= 59, fields[5] <= 59
        else {
            return nil
        }
        let year = fields[1] <= 2 ? fields[0] - 1 : fields[0]
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (fields[1] > 2 ? fields[1] - 3 : fields[1] + 9) + 2) / 5 + fields[2] - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        let seconds = ((days * 24 + fields[3]) * 60 + fields[4]) * 60 + fields[5]
        instant = Instant(microseconds: seconds * 1_000_000 + fields[6])
        guard description == text else { return nil }
    }

    /// Also reads what people write: `2026-01-02`, `2026-01-02T03:04:05Z`, or with one to six digits after the point.
    package init?(lenient text: String) {
        if text.utf8.count == 10 {
            self.init(text: text + "T00:00:00.000000Z")
            return
        }
        guard text.hasSuffix("Z"), (20...27).contains(text.utf8.count) else { return nil }
        let body = String(text.dropLast())
        let fraction = body.utf8.count == 19 ? ".000000" : String(repeating: "0", count: 26 - body.utf8.count)
        self.init(text: body + fraction + "Z")
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Timestamp(text: text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a UTC moment: \(text.prefix(40))"))
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

private func padded(_ value: Int64, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
}
