import WeftModel

/// NumPy's file of one array, versions 1 to 3:
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
enum NpyFile {
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    static func read(_ bytes: [UInt8]) throws(FormatProblem) -> NumberArray {
        guard bytes.starts(with: magic) else { throw FormatProblem(.npy, "does not start as a NumPy file", at: 0) }
        guard bytes.count >= 8 else { throw FormatProblem(.npy, "the file ends in its first bytes") }
        guard (1...3).contains(bytes[6]) else {
            throw FormatProblem(.npy, "version \(bytes[6]).\(bytes[7]); versions 1 to 3 are known", at: 6)
        }
        let lengthBytes = bytes[6] == 1 ? 2 : 4
        let start = 8 + lengthBytes
        guard bytes.count >= start else { throw FormatProblem(.npy, "the file ends in its first bytes") }
        let length = bytes[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= ComparatorLimits.arrayHeaderBytes else {
            throw FormatProblem(
                .npy, "a header of \(length) bytes; at most \(ComparatorLimits.arrayHeaderBytes)", at: 8)
        }
        guard bytes.count - start >= length else { throw FormatProblem(.npy, "the file ends in its header") }
        var reader = NpyHeaderReader(bytes: bytes, range: start..<start + length)
        let header = try reader.read()
        return try array(header, data: start + length..<bytes.count)
    }

    private static func array(_ header: NpyHeader, data: Range<Int>) throws(FormatProblem) -> NumberArray {
        let name = header.type.utf8
        guard let order = name.first, "<>|=".utf8.contains(order),
            let type = ElementType(numPy: String(decoding: name.dropFirst(), as: UTF8.self))
        else {
            throw FormatProblem(
                .npy, "elements of type \(shown(name)); real and complex numbers, integers and booleans are known")
        }
        guard header.shape.count <= ComparatorLimits.dimensions else {
            throw FormatProblem(.npy, "\(header.shape.count) dimensions; at most \(ComparatorLimits.dimensions)")
        }
        guard NumberArray.byteCount(header.shape, of: type) == data.count else {
            let text = header.shape.map(String.init).joined(separator: ", ")
            throw FormatProblem(.npy, "\(data.count) bytes of elements are not those of the shape (\(text))")
        }
        return NumberArray(
            type: type, isBigEndian: order == UInt8(ascii: ">"), isFirstIndexFastest: header.isFortranOrder,
            shape: header.shape, data: data)
    }
}

struct NpyHeader {
    var type: String
    var isFortranOrder: Bool
    var shape: [Int]
}

/// Reads the header: a Python dictionary with the keys `descr`, `fortran_order` and `shape`, each once, in any order.
struct NpyHeaderReader {
    let bytes: [UInt8]
    private let end: Int
    private var offset: Int

    init(bytes: [UInt8], range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    mutating func read() throws(FormatProblem) -> NpyHeader {
        var (type, isFortranOrder, shape): (String?, Bool?, [Int]?) = (nil, nil, nil)
        try expect("{")
        while !take("}") {
            let key = try readText()
            try expect(":")
            switch key {
            case "descr" where type == nil: type = try readType()
            case "fortran_order" where isFortranOrder == nil: isFortranOrder = try readBool()
            case "shape" where shape == nil: shape = try readShape()
            default: throw problem("the key \(shown(key.utf8)) is not known or comes twice")
            }
            if !take(",") {
                try expect("}")
                break
            }
        }
        skipSpace()
        guard offset == end else { throw problem("expected the end of the header") }
        guard let type, let isFortranOrder, let shape else {
            throw problem("expected the keys descr, fortran_order and shape")
        }
        return NpyHeader(type: type, isFortranOrder: isFortranOrder, shape: shape)
    }

    private func problem(_ message: String) -> FormatProblem { FormatProblem(.npy, message, at: offset) }

    private var current: UInt8? { offset < end ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func take(_ word: String) -> Bool {
        skipSpace()
        guard bytes[offset..<end].starts(with: word.utf8) else { return false }
        offset += word.utf8.count
        return true
    }

    private mutating func expect(_ word: String) throws(FormatProblem) {
        guard take(word) else { throw problem("expected \(word)") }
    }

    private mutating func readType() throws(FormatProblem) -> String {
        skipSpace()
        guard current != UInt8(ascii: "[") else { throw problem("elements with fields are not compared") }
        return try readText()
    }

    private mutating func readBool() throws(FormatProblem) -> Bool {
        if take("True") { return true }
        try expect("False")
        return false
    }

    /// A text in quotes, without escapes.
    private mutating func readText() throws(FormatProblem) -> String {
        skipSpace()
        guard let quote = current, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            throw problem("expected a text in quotes")
        }
        let start = offset + 1
        guard let close = bytes[start..<end].firstIndex(of: quote) else { throw problem("a text without an end") }
        offset = close + 1
        return String(decoding: bytes[start..<close], as: UTF8.self)
    }

    private mutating func readShape() throws(FormatProblem) -> [Int] {
        var shape: [Int] = []
        try expect("(")
        while !take(")") {
            shape.append(try readExtent())
            if !take(",") {
                try expect(")")
                break
            }
        }
        return shape
    }

    private mutating func readExtent() throws(FormatProblem) -> Int {
        skipSpace()
        let start = offset
        while let byte = current, ASCII.isDigit(byte) { offset += 1 }
        guard let extent = Int(String(decoding: bytes[start..<offset], as: UTF8.self)) else {
            throw problem("expected an extent that fits into 63 bits")
        }
        // Python 2 wrote long integers with an L.
        _ = take("L")
        return extent
    }
}
