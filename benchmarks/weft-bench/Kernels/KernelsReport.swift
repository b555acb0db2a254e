import Foundation
import Glibc

/// What a kernel costs by Weft, for people, for programs and for the documentation.
struct KernelsReport {
    static let job = "a job by Weft"
    static let driver = "the driver alone"
    static let direct = "a direct program"

    /// What a job may take more than the direct program, in milliseconds.
    static let bound = 40.0

    var result: Contest.Result
    var count: Int
    /// The device and its versions, as the worker found them.
    var device: String

    private static let names = [job: "job", driver: "driver", direct: "direct"]

    private func name(_ contender: String) -> String { Self.names[contender] ?? contender }

    /// Milliseconds: medians, tenth and ninetieth percentiles.
    var figures: Figures {
        var figures = Figures()
        figures.add("rounds", result.rounds)
        figures.add("count", count)
        for time in result.times {
            figures.add("\(name(time.name))_p50_ms", time.median)
            figures.add("\(name(time.name))_p10_ms", time.low)
            figures.add("\(name(time.name))_p90_ms", time.high)
        }
        for more in result.differences {
            figures.add("\(name(more.contender))_more_p50_ms", more.median)
            figures.add("\(name(more.contender))_more_p10_ms", more.low)
            figures.add("\(name(more.contender))_more_p90_ms", more.high)
        }
        return figures
    }

    var text: String {
        var lines = ["saxpy of \(count) numbers by OpenCL, compiled before, \(result.rounds) rounds, milliseconds:"]
        func add(_ name: String, _ median: Double, _ low: Double, _ high: Double, _ verdict: String = "") {
            let padded = name.padding(toLength: max(34, name.count), withPad: " ", startingAt: 0)
            lines.append(
                "  \(padded) \(number(median))   (\(number(low)) to \(number(high)))\(verdict)")
        }
        for time in result.times { add(time.name, time.median, time.low, time.high) }
        for more in result.differences {
            let verdict = more.contender == Self.job ? "   goal: < \(Int(Self.bound)): \(self.verdict(more))" : ""
            add("\(more.contender), more", more.median, more.low, more.high, verdict)
        }
        lines.append(
            "Medians, in brackets the tenth and the ninetieth of a hundred; differences are taken within a round.")
        return lines.joined(separator: "\n")
    }

    var page: String {
        let date = ISO8601DateFormatter().string(from: Date()).prefix(10)
        var rows = ["| | ms |", "|---|---|"]
        rows += result.times.map { "| \($0.name) | \(spread($0.median, $0.low, $0.high)) |" }
        var more = ["| | more than \(Self.direct), ms | less than \(Int(Self.bound)) |", "|---|---|---|"]
        more += result.differences.map {
            "| \($0.contender) | \(spread($0.median, $0.low, $0.high)) | \(verdict($0)) |"
        }
        return """
            # What a kernel costs

            One kernel (`y = a · x + y` with \(count) numbers of 32 bits) by OpenCL, on the same processor and over the same two \
            files. This page is made by `make bench-kernels`; do not edit it.

            Measured on \(date) on \(Self.machine). Device: \(device).

            \(result.rounds) rounds. All take turns, in another order every round, each with a factor that is new, so that no \
            answer comes from a cache of answers; every answer is compared with what it must be, outside of what is measured. \
            Kernels were compiled beforehand, by the driver's own cache for the direct program and by Weft's for the others. \
            Medians, in brackets the tenth and the ninetieth percentile; differences are taken within a round.

            \(rows.joined(separator: "\n"))

            \(more.joined(separator: "\n"))

            * *\(Self.direct)* (`benchmarks/raw/opencl_saxpy.c`) reads two files, runs the kernel and writes a file. It has no wall.
            * *\(Self.driver)* has everything that a worker does for an attempt: a directory, control groups, the sandbox, limits, \
            a new process that loads OpenCL, the run, usage, and all of it gone.
            * *\(Self.job)* goes over HTTP to a coordinator with a worker (`weft up`): it is kept durably, scheduled and run; the \
            output is digested and stored, its result signed, verified and entered into the log, until the client knows.

            """
    }

    private func verdict(_ more: Contest.Ratio) -> String { more.median < Self.bound ? "met" : "NOT met" }

    private func spread(_ median: Double, _ low: Double, _ high: Double) -> String {
        "\(number(median)) (\(number(low))..\(number(high)))"
    }

    private func number(_ value: Double) -> String { String(format: abs(value) < 10 ? "%.2f" : "%.1f", value) }

    /// The processor and the system, as far as they are told.
    private static var machine: String {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
        let model = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last?
            .trimmingCharacters(in: .whitespaces)
        var system = utsname()
        uname(&system)
        let release = withUnsafeBytes(of: system.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return [
            "\(ProcessInfo.processInfo.activeProcessorCount) processors", model.map { "(\($0))" },
            "with Linux \(release)",
        ].compactMap(\.self).joined(separator: " ")
    }
}
