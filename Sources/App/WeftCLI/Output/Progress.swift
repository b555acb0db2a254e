package import WeftModel

/// One line that says how far an array job is. A value: the caller draws it, and only on a terminal.
package struct Progress: Sendable {
    package var counts: TaskCounts
    package var elapsed: Duration

    package init(counts: TaskCounts, elapsed: Duration) {
        self.counts = counts
        self.elapsed = elapsed
    }

    /// The time left at the rate so far; nil while nothing has ended.
    package var remaining: Duration? {
        guard counts.ended > 0, counts.ended < counts.total else { return nil }
        return elapsed * Int(counts.total - counts.ended) / Int(counts.ended)
    }

    /// At most `width` columns, without a line end.
    package func render(width: Int, style: Style) -> String {
        let total = max(1, Int(counts.total))
        let percent = Int(counts.ended) * 100 / total
        var tail = " \(percent)% \(Humanize.count(Int64(counts.ended)))/\(Humanize.count(Int64(counts.total)))"
        if counts.running > 0 { tail += ", \(Humanize.count(Int64(counts.running))) running" }
        if counts.failed > 0 { tail += ", \(Humanize.count(Int64(counts.failed))) failed" }
        if counts.disagreed > 0 { tail += ", \(Humanize.count(Int64(counts.disagreed))) disagreed" }
        if let remaining { tail += ", \(Humanize.duration(remaining)) left" }
        let room = min(40, width - Printable.columns(tail) - 2)
        guard room >= 10 else { return Printable.fitted(String(tail.dropFirst()), to: max(1, width)) }
        let done = Int(counts.ended) * room / total
        let running = min(room - done, (Int(counts.running) * room + total - 1) / total)
        let rest = String(repeating: "·", count: room - done - running)
        let bar =
            style(String(repeating: "━", count: done), counts.failed > 0 ? .warning : .good)
            + style(String(repeating: "╸", count: running), .active) + style(rest, .quiet)
        return "[\(bar)]\(tail)"
    }
}
