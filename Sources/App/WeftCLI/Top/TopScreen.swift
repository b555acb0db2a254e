import WeftFormats
package import WeftModel

/// The picture of a ``TopModel``: as many lines as the terminal has rows, none wider than it has columns.
package struct TopScreen: Sendable {
    package var rows: Int
    package var columns: Int
    package var style: Style

    package init(rows: Int, columns: Int, style: Style) {
        self.rows = rows
        self.columns = columns
        self.style = style
    }

    private static let headLines = 3
    private static let footLines = 1

    /// Rows of a list, or lines of a text, that there is room for.
    package var height: Int { max(1, rows - Self.headLines - Self.footLines - 1) }

    package func lines(of model: TopModel, now: Instant) -> [String] {
        var lines = head(model, now: now)
        switch model.mode {
        case .help: lines += Self.help.map { clipped($0) }
        case .log(let job): lines += text(model, title: "what job \(job) prints")
        case .reading(let title): lines += text(model, title: title)
        case .browsing, .filtering, .confirming: lines += list(model, now: now)
        }
        lines = Array(lines.prefix(max(0, rows - Self.footLines)))
        lines += Array(repeating: "", count: max(0, rows - Self.footLines - lines.count))
        return Array((lines + [foot(model)]).prefix(rows))
    }

    // MARK: Parts

    private func head(_ model: TopModel, now: Instant) -> [String] {
        guard let snapshot = model.snapshot else { return [clipped("weft top: asking the coordinator"), "", ""] }
        let stats = snapshot.stats
        let up = Humanize.duration(microseconds: Int64(stats.uptimeSeconds) * 1_000_000)
        let first =
            "weft \(stats.version), up \(up)   nodes \(stats.nodesConnected) of \(stats.nodesKnown)   "
            + "jobs \(count(stats.jobsUnfinished)) unfinished   subscribers \(stats.subscribers)"
        var second =
            "tasks \(count(stats.tasksWaiting)) waiting, \(count(stats.attemptsRunning)) running, "
            + "\(count(Int(stats.tasksEnded))) ended"
        if let rates = model.rates {
            second += "   \(rate(rates.tasks)) tasks/s, \(rate(rates.commits)) commits/s"
        }
        second += "   \(count(Int(stats.disagreements))) disagreements, \(count(Int(stats.attemptsLost))) lost"
        if let held = stats.tasksHeld, held > 0 { second += ", \(count(held)) held" }
        let isWrong = stats.disagreements > 0 || stats.nodesConnected == 0
        return [clipped(first, .strong), clipped(second, isWrong ? .warning : nil), tabs(model)]
    }

    private func tabs(_ model: TopModel) -> String {
        var text = model.page == .jobs ? "[1 Jobs]  2 Nodes " : " 1 Jobs  [2 Nodes]"
        if model.mode == .filtering {
            text += "   filter: \(model.filter)_"
        } else if !model.filter.isEmpty {
            text += "   filter: \(model.filter) (Esc ends it)"
        }
        return clipped(text, .active)
    }

    private func list(_ model: TopModel, now: Instant) -> [String] {
        let selection = model.selection ?? 0
        let table: Table
        let shown: Range<Int>
        switch model.page {
        case .jobs:
            let jobs = model.jobs
            shown = window(around: selection, of: jobs.count)
            table = JobTables.list(Array(jobs[shown]), now: now)
        case .nodes:
            let nodes = model.nodes
            shown = window(around: selection, of: nodes.count)
            table = NodeTables.list(Array(nodes[shown]), now: now)
        }
        guard !shown.isEmpty else {
            guard model.snapshot != nil else { return [] }
            let what = model.page == .jobs ? "jobs" : "nodes"
            return [clipped(model.filter.isEmpty ? "no \(what) yet" : "no \(what) like this", .quiet)]
        }
        let rows = table.render(width: columns - 2, style: Style(hasColor: false)).split(separator: "\n")
        return rows.enumerated().map { row, text in
            if row == 0 { return clipped("  " + text, .strong) }
            return shown.lowerBound + row - 1 == selection ? marked("> " + text) : clipped("  " + text)
        }
    }

    /// The rows that are shown: the chosen one is always among them.
    private func window(around selection: Int, of count: Int) -> Range<Int> {
        let first = max(0, min(selection - height / 2, count - height))
        return first..<min(count, first + height)
    }

    private func text(_ model: TopModel, title: String) -> [String] {
        let end = max(min(height, model.lines.count), model.lines.count - model.linesBack)
        let shown = model.lines[max(0, end - height)..<end].map { clipped($0) }
        return [clipped(title, .strong)] + shown
    }

    private func foot(_ model: TopModel) -> String {
        switch model.mode {
        case .confirming(.cancel(let job, let name)): return clipped("Cancel job \(job) (\(name))? y/n", .warning)
        case .confirming(.drain(_, let name, let isDraining)):
            return clipped(isDraining ? "Give \(name) no new work? y/n" : "Give \(name) work again? y/n", .warning)
        case .filtering: return clipped("Enter keeps the filter, Esc ends it")
        case .log, .reading: return clipped("q back   arrows, page up and down, g G move")
        case .help: return clipped("any key goes back")
        case .browsing:
            if let message = model.message { return clipped(message, .warning) }
            let keys = model.page == .jobs ? "l log  e explain  c cancel" : "Enter details  d drain"
            return clipped("\(keys)  / filter  Tab page  ? help  q quit", .quiet)
        }
    }

    private static let help = [
        "", "  1 2 Tab        jobs, nodes", "  arrows, j k    choose; page up and down, g and G go further",
        "  /              filter by id, name, state, submitter, label", "  Esc            no filter",
        "  l, Enter       jobs: follow what it prints; nodes: details", "  e              jobs: why it waits",
        "  c              jobs: cancel, after a question", "  d              nodes: no new work, or work again",
        "  space          ask the coordinator now", "  q, Ctrl-C      quit",
    ]

    // MARK: Text

    /// The lines with none wider than the screen: what does not fit goes on below, a little to the right.
    package func wrapped(_ text: String) -> [String] {
        text.split(separator: "\n").flatMap { line -> [String] in
            var rest = Substring(Printable.line(String(line)))
            var lines: [String] = []
            while !rest.isEmpty {
                let indent = lines.isEmpty ? "" : "    "
                var piece = indent
                while let next = rest.first, Printable.columns(piece + String(next)) <= columns {
                    piece.append(next)
                    rest.removeFirst()
                }
                // Too narrow for anything.
                guard piece.count > indent.count else { break }
                lines.append(piece)
            }
            return lines
        }
    }

    /// Harmless, and no wider than the screen.
    private func clipped(_ text: String, _ meaning: Style.Meaning? = nil) -> String {
        style(Printable.fitted(Printable.line(text), to: columns), meaning)
    }

    private func marked(_ text: String) -> String {
        let shown = Printable.fitted(Printable.line(text), to: columns)
        return style.hasColor ? "\u{1b}[7m\(shown)\u{1b}[0m" : shown
    }

    private func count(_ number: Int) -> String { Humanize.count(Int64(number)) }

    private func rate(_ value: Double) -> String {
        value >= 100 ? count(Int(value.rounded())) : "\((max(0, value) * 10).rounded() / 10)"
    }
}
