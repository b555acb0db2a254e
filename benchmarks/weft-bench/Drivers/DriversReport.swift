import Foundation

/// What was measured, for people, for programs and for the documentation.
enum DriversReport {
    /// What every driver is held to, against the first of its yardsticks and against `wasmtime` itself.
    static let bound = 1.3

    static func text(_ results: [Contest.Result], absent: [String]) -> String {
        var lines: [String] = []
        for result in results {
            lines.append("\(result.family), \(result.rounds) rounds")
            for time in result.times {
                lines.append(
                    "  \(pad(time.name, 36)) \(number(time.median)) ms   (\(number(time.low)) to \(number(time.high)))")
            }
            for ratio in result.ratios {
                lines.append(
                    "  \(pad("\(ratio.contender) / \(ratio.yardstick)", 62)) \(number(ratio.median))x   "
                        + "(\(number(ratio.low)) to \(number(ratio.high)))")
            }
        }
        lines += absent.map { "not measured: \($0)" }
        lines.append("Medians, in brackets the tenth and the ninetieth of a hundred; ratios are taken within a round.")
        return lines.joined(separator: "\n")
    }

    /// One object: per family its rounds, its times in milliseconds and its ratios.
    static func json(_ results: [Contest.Result]) -> String {
        func spread(_ median: Double, _ low: Double, _ high: Double) -> String {
            String(format: "{\"median\": %.5f, \"p10\": %.5f, \"p90\": %.5f}", median, low, high)
        }
        let families = results.map { result -> String in
            let times = result.times.map { "\"\($0.name)\": \(spread($0.median, $0.low, $0.high))" }
            let ratios = result.ratios.map {
                "\"\($0.contender) / \($0.yardstick)\": \(spread($0.median, $0.low, $0.high))"
            }
            return "\"\(result.family)\": {\"rounds\": \(result.rounds), \"ms\": {\(times.joined(separator: ", "))}, "
                + "\"ratios\": {\(ratios.joined(separator: ", "))}}"
        }
        return "{\(families.joined(separator: ", "))}"
    }

    static func page(_ results: [Contest.Result], absent: [String]) -> String {
        let date = ISO8601DateFormatter().string(from: Date()).prefix(10)
        var parts = [
            """
            # What drivers cost

            Start-up and tear-down of a payload that does nothing, by each driver and by what it stands on.
            This page is made by `make bench-drivers`; do not edit it.

            Measured on \(date) on \(ProcessInfo.processInfo.activeProcessorCount) processors. All of a table take turns, in \
            another order every round; the payload is the same. Medians, in brackets the tenth and the ninetieth \
            percentile; ratios are taken within a round. A driver's figure has everything that a worker does for an attempt: \
            its directory, its control groups, its limits, its output, its usage. The yardsticks have none of these.
            """
        ]
        for result in results {
            parts.append("## \(result.family)")
            parts.append("\(result.rounds) rounds. \(remark(result.family))")
            var rows = ["| | ms |", "|---|---|"]
            rows += result.times.map {
                "| \($0.name) | \(number($0.median)) (\(number($0.low))..\(number($0.high))) |"
            }
            parts.append(rows.joined(separator: "\n"))
            guard !result.ratios.isEmpty else { continue }
            rows = ["| | divided by | ratio | at most \(bound) |", "|---|---|---|---|"]
            rows += result.ratios.map {
                "| \($0.contender) | \($0.yardstick) | \(number($0.median)) (\(number($0.low))..\(number($0.high))) | "
                    + "\($0.median <= bound ? "met" : "NOT met") |"
            }
            parts.append(rows.joined(separator: "\n"))
        }
        if !absent.isEmpty {
            parts.append("## Not measured")
            parts.append(absent.map { "* \($0)" }.joined(separator: "\n"))
        }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func remark(_ family: String) -> String {
        switch family {
        case "process":
            "A static program of a few bytes. `bwrap` makes the same namespaces and much the same view of the host, as the "
                + "same user; it has no control groups, no limits and no system call filter."
        case "wasm":
            "A module that writes three bytes, compiled beforehand. *In process* is what a program pays that runs trusted "
                + "modules within itself: a store, WASI, an instance, the call, all let go. User code has to run in a "
                + "process of its own here, behind a wall: *new process* is a C program that is linked against wasmtime, "
                + "maps the compiled module and runs it; *in bwrap* is that program behind a wall that is about as strong."
        case "vm": "A machine of its own with a kernel, from nothing to nothing; there is no yardstick beside it."
        default: "The engine's own command with the same limits, without a network, from the same image."
        }
    }

    private static func number(_ value: Double) -> String {
        String(format: value < 0.1 ? "%.4f" : value < 10 ? "%.2f" : "%.1f", value)
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text.padding(toLength: max(width, text.count), withPad: " ", startingAt: 0)
    }
}
