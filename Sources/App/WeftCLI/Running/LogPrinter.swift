import FoundationEssentials
import WeftFormats
import WeftModel

/// Prints the output of one task once, in order, whatever attempts it comes from.
///
/// A task that is tried again prints again from its start; what has been written already is skipped by its offset.
/// Where pieces are missing (the live log is bounded) printing stops, and the complete blob fills in at the end.
struct LogPrinter: Sendable {
    /// Bytes written so far.
    private(set) var written: [LogPiece.Stream: UInt64] = [:]
    private var isBroken: Set<LogPiece.Stream> = []

    /// The bytes of this piece that have not been written yet; empty when there are none or something is missing.
    mutating func take(_ piece: LogPiece) throws -> [UInt8] {
        guard !isBroken.contains(piece.stream) else { return [] }
        let done = written[piece.stream, default: 0]
        let bytes = try LogPrinter.bytes(of: piece)
        guard piece.offset <= done else {
            isBroken.insert(piece.stream)
            return []
        }
        let known = done - piece.offset
        guard known < UInt64(bytes.count) else { return [] }
        written[piece.stream] = piece.offset + UInt64(bytes.count)
        return Array(bytes.dropFirst(Int(known)))
    }

    static func bytes(of piece: LogPiece) throws -> [UInt8] {
        guard let data = Data(base64Encoded: piece.bytes) else {
            throw CLIError(.failure, "the coordinator sent a log that is not base64")
        }
        return Array(data)
    }
}
