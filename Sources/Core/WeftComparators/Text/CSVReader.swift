import WeftModel

/// Reads the rows of a CSV text (RFC 4180), one at a time: commas, quotes doubled inside quotes, lines that end with LF or
/// CR LF. More lenient than the RFC where there is one meaning only: a quote inside a cell that does not start with one is
/// part of it, and so is a CR that no LF follows.
struct CSVReader {
    struct Cell {
        /// Between the quotes, if there are any.
        var range: Range<Int>
        var hasDoubledQuotes = false
    }

    let bytes: [UInt8]
    private(set) var cells: [Cell] = []
    private var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    }

    /// Puts the next row into `cells`; false at the end.
    mutating func readRow() throws(FormatProblem) -> Bool {
        cells.removeAll(keepingCapacity: true)
        guard offset < bytes.count else { return false }
        repeat {
            guard cells.count < ComparatorLimits.csvCells else {
                throw FormatProblem(.csv, "more than \(ComparatorLimits.csvCells) cells in a row", at: offset)
            }
            cells.append(
                offset < bytes.count && bytes[offset] == UInt8(ascii: "\"") ? try readQuoted() : readPlain())
        } while take(UInt8(ascii: ","))
        // Only the end of the line can follow a plain cell; anything can follow a quoted one.
        if offset < bytes.count, !take(UInt8(ascii: "\n")) {
            guard take(UInt8(ascii: "\r")), take(UInt8(ascii: "\n")) else {
                throw FormatProblem(.csv, "expected a comma or the end of the line after a quoted cell", at: offset)
            }
        }
        return true
    }

    func content(_ cell: Cell) -> ArraySlice<UInt8> {
        guard cell.hasDoubledQuotes else { return bytes[cell.range] }
        var result: [UInt8] = []
        var isSecond = false
        for byte in bytes[cell.range] {
            isSecond = byte == UInt8(ascii: "\"") && !isSecond
            if byte != UInt8(ascii: "\"") || isSecond { result.append(byte) }
        }
        return result[...]
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func readPlain() -> Cell {
        let start = offset
        while offset < bytes.count, bytes[offset] != UInt8(ascii: ","), bytes[offset] != UInt8(ascii: "\n") {
            offset += 1
        }
        let isAtLineEnd = offset < bytes.count && bytes[offset] == UInt8(ascii: "\n")
        if isAtLineEnd, offset > start, bytes[offset - 1] == UInt8(ascii: "\r") { offset -= 1 }
        return Cell(range: start..<offset)
    }

    private mutating func readQuoted() throws(FormatProblem) -> Cell {
        let quote = UInt8(ascii: "\"")
        let start = offset + 1
        var cell = Cell(range: start..<start)
        offset = start
        while offset < bytes.count {
            guard bytes[offset] == quote else {
                offset += 1
                continue
            }
            if offset + 1 < bytes.count, bytes[offset + 1] == quote {
                cell.hasDoubledQuotes = true
                offset += 2
            } else {
                cell.range = start..<offset
                offset += 1
                return cell
            }
        }
        throw FormatProblem(.csv, "the text ends inside a quoted cell", at: start - 1)
    }
}
