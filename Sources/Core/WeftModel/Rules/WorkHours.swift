/// A moment as the wall clocks of a place show it: all that rules about hours look at, so that a clock that is put forward
/// or back needs no care.
package struct LocalTime: Hashable, Sendable {
    /// 0 is Monday, 6 is Sunday.
    package var weekday: Int
    /// Of the day, from 0 to 1439.
    package var minute: Int

    package init(weekday: Int, minute: Int) {
        self.weekday = weekday
        self.minute = minute
    }
}

/// Hours of some days of the week. Written `mon-fri 22:00-07:00`, `sat,sun`, `12:00-13:00`.
package struct WorkHours: Hashable, Sendable, CustomStringConvertible {
    /// By ``LocalTime/weekday``: those on which it begins.
    package var days: Set<Int>
    /// Minutes of the day, from 0.
    package var from: Int
    /// Up to 1440. Where it is not after ``from``, it is of the next day.
    package var to: Int

    static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    private static let dayMinutes = 1440

    package init(days: Set<Int>, from: Int, to: Int) {
        self.days = days
        self.from = from
        self.to = to
    }

    private var isOverMidnight: Bool { to <= from }

    package func contains(_ time: LocalTime) -> Bool {
        if days.contains(time.weekday), time.minute >= from, isOverMidnight || time.minute < to { return true }
        return isOverMidnight && days.contains((time.weekday + 6) % 7) && time.minute < to
    }

    /// When the first of these begins after `time`; nil for none.
    package static func nextBeginning(of hours: [WorkHours], after time: LocalTime) -> LocalTime? {
        var best: (wait: Int, begins: LocalTime)?
        for span in hours {
            for day in span.days {
                var wait = (day - time.weekday + 7) % 7 * dayMinutes + span.from - time.minute
                if wait <= 0 { wait += 7 * dayMinutes }
                if wait < best?.wait ?? .max { best = (wait, LocalTime(weekday: day, minute: span.from)) }
            }
        }
        return best?.begins
    }

    // MARK: As text

    /// Nil for what is not written like that.
    package init?(_ text: String) {
        let words = text.lowercased().split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard (1...2).contains(words.count), let first = words.first, let last = words.last else { return nil }
        let hasHours = last.contains(":")
        guard words.count == 1 || hasHours else { return nil }
        let hasDays = words.count == 2 || !hasHours
        guard let days = hasDays ? Self.days(first) : Set(0..<7) else { return nil }
        self.days = days
        (from, to) = (0, Self.dayMinutes)
        guard hasHours else { return }
        let ends = last.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let from = Self.minute(ends[0]), let to = Self.minute(ends[1]),
            from < Self.dayMinutes, from != to, to != 0 || from != 0
        else { return nil }
        self.from = from
        self.to = to == 0 ? Self.dayMinutes : to
    }

    /// `mon`, `mon-fri`, `sat,sun`, `fri-mon`, `daily`.
    private static func days(_ text: String) -> Set<Int>? {
        if text == "daily" { return Set(0..<7) }
        var days: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
                .map { dayNames.firstIndex(of: String($0)) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else { return nil }
            for step in 0...(last - first + 7) % 7 { days.insert((first + step) % 7) }
        }
        return days
    }

    private static func minute(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[0].count), parts[1].count == 2,
            let hour = Quantities.digits(parts[0]), let minute = Quantities.digits(parts[1]), minute < 60,
            hour < 24 || hour == 24 && minute == 0
        else { return nil }
        return Int(hour * 60 + minute)
    }

    package var description: String {
        let named = (0..<7).filter(days.contains).map { Self.dayNames[$0] }.joined(separator: ",")
        let hours = from == 0 && to == Self.dayMinutes ? "" : "\(Self.clock(from))-\(Self.clock(to))"
        if days.count == 7 { return hours.isEmpty ? "daily" : hours }
        return hours.isEmpty ? named : "\(named) \(hours)"
    }

    private static func clock(_ minute: Int) -> String {
        let (hours, minutes) = minute.quotientAndRemainder(dividingBy: 60)
        return "\(hours < 10 ? "0" : "")\(hours):\(minutes < 10 ? "0" : "")\(minutes)"
    }
}

extension LocalTime: CustomStringConvertible {
    /// `fri 22:00`.
    package var description: String {
        let (hour, minute) = minute.quotientAndRemainder(dividingBy: 60)
        return "\(WorkHours.dayNames[weekday]) \(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }
}
