internal import CZlib
import WeftModel

/// The chunks of a PNG file that matter for its pixels (https://www.w3.org/TR/png-3/).
struct PNGChunks {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    var header: Range<Int>
    var palette: Range<Int>?
    var transparency: Range<Int>?
    var data: [Range<Int>] = []

    /// Checks the order of chunks and their checksums up to the end of the file.
    init(_ bytes: [UInt8]) throws(FormatProblem) {
        guard bytes.starts(with: Self.signature) else {
            throw FormatProblem(.png, "does not start as a PNG file", at: 0)
        }
        var offset = Self.signature.count
        let first = try Self.chunk(bytes, &offset)
        guard first.type == "IHDR", first.body.count == 13 else {
            throw FormatProblem(.png, "expected the header first", at: Self.signature.count)
        }
        header = first.body
        var last = first.type
        while last != "IEND" {
            let start = offset
            let (type, body) = try Self.chunk(bytes, &offset)
            switch type {
            case "IDAT":
                guard data.isEmpty || last == "IDAT" else {
                    throw FormatProblem(.png, "other chunks between those of the pixels", at: start)
                }
                data.append(body)
            case "PLTE" where palette == nil && data.isEmpty: palette = body
            case "tRNS" where transparency == nil && data.isEmpty: transparency = body
            case "IEND": break
            case "acTL": throw FormatProblem(.png, "animations are not compared", at: start)
            case "IHDR", "PLTE", "tRNS": throw FormatProblem(.png, "\(type) in the wrong place", at: start)
            default:
                // An upper-case first letter: no reader may leave it out.
                guard bytes[start + 4] & 0x20 != 0 else {
                    throw FormatProblem(.png, "the chunk \(shown(type.utf8)) is not known", at: start)
                }
            }
            last = type
        }
        guard !data.isEmpty else { throw FormatProblem(.png, "a file without pixels") }
        guard offset == bytes.count else { throw FormatProblem(.png, "something follows the end", at: offset) }
    }

    /// Length, type, body, checksum.
    private static func chunk(
        _ bytes: [UInt8], _ offset: inout Int
    ) throws(FormatProblem) -> (type: String, body: Range<Int>) {
        guard bytes.count - offset >= 12 else { throw FormatProblem(.png, "the file ends early", at: offset) }
        let length = bigEndian(bytes[offset..<offset + 4])
        guard length <= bytes.count - offset - 12 else {
            throw FormatProblem(.png, "the file ends inside a chunk of \(length) bytes", at: offset)
        }
        let body = offset + 8..<offset + 8 + length
        let sum = bytes.withUnsafeBufferPointer { crc32(0, $0.baseAddress! + offset + 4, UInt32(length + 4)) }
        guard bigEndian(bytes[body.upperBound..<body.upperBound + 4]) == Int(sum) else {
            throw FormatProblem(.png, "a chunk with a wrong checksum", at: offset)
        }
        let type = String(decoding: bytes[offset + 4..<offset + 8], as: UTF8.self)
        offset = body.upperBound + 4
        return (type, body)
    }

    static func bigEndian(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}
