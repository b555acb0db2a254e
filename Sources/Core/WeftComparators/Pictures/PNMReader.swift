import WeftModel

/// Reads Netpbm's grey and colour pictures row by row: P2 and P3 (text), P5 and P6 (bytes), one picture to a file:
/// https://netpbm.sourceforge.net/doc/pgm.html
struct PNMReader: PictureReader {
    private(set) var header: PictureHeader
    private let bytes: [UInt8]
    private let isText: Bool
    private var offset = 2

    static func isStart(_ bytes: [UInt8]) -> Bool {
        bytes.count > 2 && bytes[0] == UInt8(ascii: "P") && "2356".utf8.contains(bytes[1])
            && (isSpace(bytes[2]) || bytes[2] == UInt8(ascii: "#"))
    }

    init(_ bytes: [UInt8]) throws(FormatProblem) {
        guard Self.isStart(bytes) else { throw FormatProblem(.pnm, "expected P2, P3, P5 or P6", at: 0) }
        self.bytes = bytes
        isText = bytes[1] < UInt8(ascii: "5")
        let channels = bytes[1] == UInt8(ascii: "2") || bytes[1] == UInt8(ascii: "5") ? 1 : 3
        header = PictureHeader(width: 0, height: 0, channels: channels, maximum: 0)
        header.width = try readNumber(upTo: Int(Int32.max))
        header.height = try readNumber(upTo: Int(Int32.max))
        header.maximum = try readNumber(upTo: 65535)
        guard header.maximum > 0 else { throw FormatProblem(.pnm, "a largest sample of 0", at: offset) }
        try header.check(.pnm)
        guard isText || (offset < bytes.count && Self.isSpace(bytes[offset])) else {
            throw FormatProblem(.pnm, "expected a space after the largest sample", at: offset)
        }
        // One space only: the next byte is a sample already.
        if !isText { offset += 1 }
    }

    mutating func readRow(_ row: inout [UInt16]) throws(FormatProblem) {
        let width = header.maximum > 255 ? 2 : 1
        guard isText || bytes.count - offset >= row.count * width else {
            throw FormatProblem(.pnm, "the picture ends before its last row", at: bytes.count)
        }
        let start = offset
        for index in row.indices {
            if isText {
                row[index] = UInt16(try readNumber(upTo: header.maximum))
            } else if width == 1 {
                row[index] = UInt16(bytes[offset])
                offset += 1
            } else {
                row[index] = UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
                offset += 2
            }
        }
        guard isText || row.allSatisfy({ $0 <= header.maximum }) else {
            throw FormatProblem(.pnm, "a sample above \(header.maximum)", at: start)
        }
    }

    mutating func finish() throws(FormatProblem) {
        if isText { skipSpace() }
        guard offset == bytes.count else { throw FormatProblem(.pnm, "something follows the picture", at: offset) }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// Comments count as space: from `#` to the end of the line.
    private mutating func skipSpace() {
        while offset < bytes.count {
            if bytes[offset] == UInt8(ascii: "#") {
                while offset < bytes.count, bytes[offset] != 0x0A, bytes[offset] != 0x0D { offset += 1 }
            } else if Self.isSpace(bytes[offset]) {
                offset += 1
            } else {
                return
            }
        }
    }

    private mutating func readNumber(upTo largest: Int) throws(FormatProblem) -> Int {
        skipSpace()
        let start = offset
        var value = 0
        while offset < bytes.count, ASCII.isDigit(bytes[offset]) {
            value = value * 10 + Int(bytes[offset] - 0x30)
            guard value <= largest else { throw FormatProblem(.pnm, "a number above \(largest)", at: start) }
            offset += 1
        }
        guard offset > start else { throw FormatProblem(.pnm, "expected a number", at: start) }
        return value
    }
}
