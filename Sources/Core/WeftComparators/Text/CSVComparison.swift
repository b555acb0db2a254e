import WeftModel

/// Compares two CSV texts cell by cell: where both cells are numbers within a tolerance, otherwise exactly.
enum CSVComparison {
    static func compare(_ left: [UInt8], _ right: [UInt8], _ tolerance: Tolerance) throws(ComparisonError) -> Comparison
    {
        var (one, other) = (CSVReader(left), CSVReader(right))
        var findings = Findings()
        var (row, rows, otherRows) = (0, 0, 0)
        while true {
            let (hasRow, hasOther) = (try reading(.left, one.readRow()), try reading(.right, other.readRow()))
            if hasRow { rows += 1 }
            if hasOther { otherRows += 1 }
            guard hasRow || hasOther else { break }
            // Past the end of one, the other is still read: damage in it must be seen.
            if hasRow, hasOther { compareRow(row, one, other, tolerance, &findings) }
            row += 1
        }
        if rows != otherRows {
            findings.differ(
                Comparison.Difference(
                    place: "", left: "\(rows) rows", right: "\(otherRows) rows", rule: "rows must be equally many"))
        }
        return findings.comparison(of: .largestDifference)
    }

    private static func compareRow(
        _ row: Int, _ one: CSVReader, _ other: CSVReader, _ tolerance: Tolerance, _ findings: inout Findings
    ) {
        guard one.cells.count == other.cells.count else {
            findings.differ(
                Comparison.Difference(
                    place: "row \(row + 1)", left: "\(one.cells.count) cells", right: "\(other.cells.count) cells",
                    rule: "cells must be equally many"))
            return
        }
        for column in one.cells.indices {
            let (text, otherText) = (one.content(one.cells[column]), other.content(other.cells[column]))
            let gap = tolerance.gap(trim(text), trim(otherText))
            if let gap { findings.measure(gap.distance) }
            guard !(gap?.isAllowed ?? (text == otherText)) else { continue }
            findings.differ(
                Comparison.Difference(
                    place: "row \(row + 1), column \(column + 1)", left: shown(text), right: shown(otherText),
                    rule: gap == nil ? "texts must be equal" : tolerance.words))
        }
    }

    /// Numbers may have spaces around them, as in aligned columns.
    private static func trim(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }
}
