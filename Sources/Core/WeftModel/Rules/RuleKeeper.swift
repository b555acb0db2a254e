/// What a sensor says, or why there is nothing to hear.
package enum Reading<Value: Hashable & Sendable>: Hashable, Sendable {
    case value(Value)
    case missing(String)

    package var value: Value? {
        guard case .value(let value) = self else { return nil }
        return value
    }
}

/// The state of a machine and its surroundings at one moment.
package struct Readings: Hashable, Sendable {
    package var now: Instant
    package var local: LocalTime
    /// Percent of all processors that others than Weft's payloads use.
    package var othersLoadPercent: Reading<Double>
    /// For how long nobody has touched keyboard, mouse or terminal.
    package var inputIdleSeconds: Reading<Int64>
    /// Degrees Celsius of the hottest place that is measured.
    package var temperature: Reading<Double>
    package var isOnMains: Reading<Bool>

    package init(
        now: Instant, local: LocalTime, othersLoadPercent: Reading<Double> = .missing("it was not asked"),
        inputIdleSeconds: Reading<Int64> = .missing("it was not asked"),
        temperature: Reading<Double> = .missing("it was not asked"),
        isOnMains: Reading<Bool> = .missing("it was not asked")
    ) {
        self.now = now
        self.local = local
        self.othersLoadPercent = othersLoadPercent
        self.inputIdleSeconds = inputIdleSeconds
        self.temperature = temperature
        self.isOnMains = isOnMains
    }
}

/// A pause that the owner asked for by name.
package struct ManualPause: Hashable, Sendable, Codable {
    /// Tells this request from others.
    package var id: String
    /// When it ends by itself; only when the owner says so if nil.
    package var until: Instant?

    package init(id: String, until: Instant? = nil) {
        self.id = id
        self.until = until
    }

    package func holds(at now: Instant) -> Bool { until.map { now < $0 } ?? true }
}

/// Whether a machine works.
package enum OwnerVerdict: Hashable, Sendable {
    case work
    /// Why not, as a part of a sentence. It names no figure that changes by itself, so that it is said once.
    case pause(String)

    package var reason: String? {
        guard case .pause(let reason) = self else { return nil }
        return reason
    }
}

/// Decides by an owner's rules whether the machine works. A value: the same readings in the same order give the same
/// verdicts. It remembers what keeps them from flapping.
///
/// A rule whose sensor is missing is not kept by luck: the machine does not work, and says what is missing.
package struct RuleKeeper: Hashable, Sendable {
    /// How long others must leave the processors alone before work goes on.
    private static let calmMicroseconds: Int64 = 3_000_000

    private var isHot = false
    private var isBusy = false
    private var calmSince: Instant?

    package init() {}

    package mutating func verdict(
        _ rules: OwnerRules, _ readings: Readings, manual: ManualPause?
    ) -> OwnerVerdict {
        // Each is asked every time: what they remember must not depend on one another.
        let reasons = [
            manual.flatMap { $0.holds(at: readings.now) ? "its owner paused it" : nil }, hours(rules, readings),
            temperature(rules, readings), power(rules, readings), input(rules, readings), load(rules, readings),
        ]
        return reasons.compactMap(\.self).first.map(OwnerVerdict.pause) ?? .work
    }

    private func hours(_ rules: OwnerRules, _ readings: Readings) -> String? {
        guard !rules.hours.isEmpty, !rules.hours.contains(where: { $0.contains(readings.local) }) else { return nil }
        let next = WorkHours.nextBeginning(of: rules.hours, after: readings.local)
        return "it is outside its hours" + (next.map { ", until \($0)" } ?? "")
    }

    private mutating func temperature(_ rules: OwnerRules, _ readings: Readings) -> String? {
        guard let limit = rules.maxTemperature else {
            isHot = false
            return nil
        }
        switch readings.temperature {
        case .missing(let why): return Self.blind("max_temperature", why)
        case .value(let degrees):
            isHot = degrees > limit || isHot && degrees > limit - OwnerRules.coolingDegrees
            return isHot ? "it is hotter than \(Self.text(limit)) °C" : nil
        }
    }

    private func power(_ rules: OwnerRules, _ readings: Readings) -> String? {
        guard rules.mainsPowerOnly else { return nil }
        switch readings.isOnMains {
        case .missing(let why): return Self.blind("mains_power_only", why)
        case .value(let isOnMains): return isOnMains ? nil : "it runs on battery"
        }
    }

    private func input(_ rules: OwnerRules, _ readings: Readings) -> String? {
        guard let limit = rules.idleInputSeconds else { return nil }
        switch readings.inputIdleSeconds {
        case .missing(let why): return Self.blind("only_when_idle.input", why)
        case .value(let seconds): return seconds < limit ? "somebody uses it" : nil
        }
    }

    private mutating func load(_ rules: OwnerRules, _ readings: Readings) -> String? {
        guard let limit = rules.idleLoadPercent else {
            isBusy = false
            return nil
        }
        switch readings.othersLoadPercent {
        case .missing(let why): return Self.blind("only_when_idle.load", why)
        case .value(let percent):
            if percent > Double(limit) {
                isBusy = true
                calmSince = nil
            } else if isBusy {
                let since = calmSince ?? readings.now
                calmSince = since
                // Also where the clock was put back.
                if readings.now.microseconds - since.microseconds >= Self.calmMicroseconds || readings.now < since {
                    isBusy = false
                    calmSince = nil
                }
            }
            return isBusy ? "others use more than \(limit)% of its processors" : nil
        }
    }

    private static func blind(_ rule: String, _ why: String) -> String {
        "its rule \(rule) cannot be kept: \(why)"
    }

    private static func text(_ degrees: Double) -> String {
        degrees == degrees.rounded() ? String(Int64(degrees)) : String(degrees)
    }
}
