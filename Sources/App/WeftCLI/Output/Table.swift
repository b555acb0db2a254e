/// Columns that line up and, on a terminal, fit it: the columns that may shrink give way, widest first.
package struct Table: Sendable {
    package enum Alignment: Sendable { case left, right }

    package struct Column: Sendable {
        package var title: String
        package var alignment: Alignment
        /// Whether its texts may be cut when the terminal is too narrow.
        package var mayShrink: Bool

        package init(_ title: String, _ alignment: Alignment = .left, mayShrink: Bool = false) {
            self.title = title
            self.alignment = alignment
            self.mayShrink = mayShrink
        }
    }

    package struct Cell: Sendable, ExpressibleByStringInterpolation {
        package var text: String
        package var meaning: Style.Meaning?

        package init(_ text: String, _ meaning: Style.Meaning? = nil) {
            self.text = text
            self.meaning = meaning
        }

        package init(stringLiteral value: String) { self.init(value) }

        /// A state in its colour.
        package static func state(_ name: String) -> Cell { Cell(name, Style.meaning(ofState: name)) }
    }

    package var columns: [Column]
    package private(set) var rows: [[Cell]] = []

    package init(_ columns: [Column]) { self.columns = columns }

    /// Takes one cell for each column.
    package mutating func add(_ row: [Cell]) {
        precondition(row.count == columns.count, "a row has as many cells as the table has columns")
        rows.append(row.map { Cell(Printable.line($0.text), $0.meaning) })
    }

    /// A heading and one line per row, each with its line end. `width` nil: as wide as it gets.
    package func render(width: Int?, style: Style) -> String {
        let widths = fittedWidths(width)
        var text = line(columns.map { Cell($0.title.uppercased(), .strong) }, widths, style)
        for row in rows { text += line(row, widths, style) }
        return text
    }

    private func fittedWidths(_ limit: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            rows.reduce(Printable.columns(columns[index].title)) { max($0, Printable.columns($1[index].text)) }
        }
        guard let limit else { return widths }
        let smallest = 8
        var excess = widths.reduce(0, +) + 2 * (widths.count - 1) - limit
        while excess > 0 {
            let candidates = columns.indices.filter { columns[$0].mayShrink && widths[$0] > smallest }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
            // Down to the next widest at once, so that the loop runs once per column and not once per character.
            let next = candidates.filter { $0 != widest }.map { widths[$0] }.max() ?? smallest
            let step = max(1, min(excess, widths[widest] - max(next, smallest)))
            widths[widest] -= step
            excess -= step
        }
        return widths
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ style: Style) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() {
            let shown = Printable.fitted(cell.text, to: widths[index])
            let space = String(repeating: " ", count: widths[index] - Printable.columns(shown))
            let isLast = index == cells.count - 1
            switch columns[index].alignment {
            case .left: text += style(shown, cell.meaning) + (isLast ? "" : space)
            case .right: text += space + style(shown, cell.meaning)
            }
            if !isLast { text += "  " }
        }
        return text + "\n"
    }
}

/// Names and values below each other, for one thing in detail.
package struct Details: Sendable {
    private var lines: [(name: String, cell: Table.Cell)] = []

    package init() {}

    /// A nil value leaves the line out.
    package mutating func add(_ name: String, _ value: String?, _ meaning: Style.Meaning? = nil) {
        guard let value else { return }
        lines.append((name, Table.Cell(Printable.line(value), meaning)))
    }

    package func render(style: Style) -> String {
        let width = lines.reduce(0) { max($0, Printable.columns($1.name)) }
        return lines.reduce(into: "") { text, line in
            let space = String(repeating: " ", count: width - Printable.columns(line.name))
            text += "\(style(line.name, .quiet))\(space)  \(style(line.cell.text, line.cell.meaning))\n"
        }
    }
}
