internal import CZlib
import WeftModel

/// Unpacks one zlib stream (RFC 1950) that lies in several pieces of a file, as much at a time as is asked for.
///
/// A class, because zlib keeps the address of its state.
final class Inflater {
    private let stream: UnsafeMutablePointer<z_stream>
    /// What has not been read yet; none is empty.
    private var pieces: ArraySlice<Range<Int>>

    /// `pieces`: where the stream is in the bytes that ``fill(_:from:)`` is given, in order; each smaller than 4 GiB.
    init(pieces: [Range<Int>]) throws(FormatProblem) {
        self.pieces = pieces.filter { !$0.isEmpty }[...]
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw FormatProblem(.png, "zlib could not start")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// Fills the whole target.
    func fill(_ target: inout [UInt8], from bytes: [UInt8]) throws(FormatProblem) {
        guard try unpack(&target, from: bytes).count == target.count else {
            throw FormatProblem(.png, "the picture ends before its last row")
        }
    }

    /// The stream must end here, with a right checksum.
    func finish(_ bytes: [UInt8]) throws(FormatProblem) {
        var more: [UInt8] = [0]
        let (count, isAtEnd) = try unpack(&more, from: bytes)
        guard count == 0 else { throw FormatProblem(.png, "more data than pixels") }
        guard isAtEnd else { throw FormatProblem(.png, "the compressed data has no end") }
        guard pieces.isEmpty else { throw FormatProblem(.png, "something follows the compressed data") }
    }

    /// Unpacks until the target is full or nothing more comes.
    private func unpack(
        _ target: inout [UInt8], from bytes: [UInt8]
    ) throws(FormatProblem) -> (count: Int, isAtEnd: Bool) {
        let room = target.count
        var status = Z_OK
        target.withUnsafeMutableBufferPointer { target in
            bytes.withUnsafeBufferPointer { bytes in
                stream.pointee.next_out = target.baseAddress
                stream.pointee.avail_out = UInt32(room)
                // Without input, too: zlib may hold output back.
                while status == Z_OK, stream.pointee.avail_out > 0 {
                    let piece = pieces.first ?? 0..<0
                    stream.pointee.next_in = UnsafeMutablePointer(
                        mutating: bytes.baseAddress.map { $0 + piece.lowerBound })
                    stream.pointee.avail_in = UInt32(piece.count)
                    status = inflate(stream, Z_NO_FLUSH)
                    let rest = piece.upperBound - Int(stream.pointee.avail_in)..<piece.upperBound
                    if !rest.isEmpty { pieces[pieces.startIndex] = rest } else { _ = pieces.popFirst() }
                }
            }
        }
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
            throw FormatProblem(.png, "the compressed data is damaged")
        }
        return (room - Int(stream.pointee.avail_out), status == Z_STREAM_END)
    }
}
