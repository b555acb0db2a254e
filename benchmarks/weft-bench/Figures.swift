import Foundation

/// The figures of one measurement, in the order in which they were added.
struct Figures {
    private var entries: [(name: String, json: String, text: String)] = []

    mutating func add(_ name: String, _ value: Int) { entries.append((name, String(value), Self.grouped(value))) }

    mutating func add(_ name: String, _ value: String) { entries.append((name, "\"\(value)\"", value)) }

    /// `digits` after the point.
    mutating func add(_ name: String, _ value: Double, digits: Int = 3) {
        let text = String(format: "%.\(digits)f", value)
        entries.append((name, text, text))
    }

    /// A value that is JSON already; `text` is for people.
    mutating func add(_ name: String, json: String, text: String) { entries.append((name, json, text)) }

    func print(json: Bool) {
        if json {
            Swift.print("{" + entries.map { "\"\($0.name)\": \($0.json)" }.joined(separator: ", ") + "}")
        } else {
            let width = entries.map(\.name.count).max() ?? 0
            for entry in entries {
                let name = entry.name.replacingOccurrences(of: "_", with: " ")
                Swift.print("  " + name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + entry.text)
            }
        }
        fflush(nil)
    }

    private static func grouped(_ value: Int) -> String {
        let digits = Array(String(abs(value)))
        let parts = stride(from: digits.count, to: 0, by: -3).map { String(digits[max(0, $0 - 3)..<$0]) }
        return (value < 0 ? "-" : "") + parts.reversed().joined(separator: ",")
    }
}

/// Latencies in microseconds.
struct Latencies {
    private(set) var microseconds: [Int64] = []

    mutating func add(_ duration: Duration) { microseconds.append(duration.microseconds) }

    /// Milliseconds; `percent` from 0 to 100.
    func percentile(_ percent: Int) -> Double {
        let sorted = microseconds.sorted()
        guard !sorted.isEmpty else { return 0 }
        return Double(sorted[min(sorted.count - 1, sorted.count * percent / 100)]) / 1000
    }
}

extension Duration {
    var microseconds: Int64 { components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000 }
    var seconds: Double { Double(microseconds) / 1_000_000 }
    var milliseconds: Double { Double(microseconds) / 1000 }
}
