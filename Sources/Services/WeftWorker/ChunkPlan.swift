import WeftModel

/// Which pieces of one blob to ask for, and what to do with those that arrive. Pieces are asked for ahead, up to a
/// window; they may arrive in any order and may be shorter than asked.
struct ChunkPlan: Sendable {
    struct Piece: Sendable, Hashable {
        var offset: UInt64
        var length: UInt32
    }

    enum Answer: Sendable, Hashable {
        /// Bytes to write now, in order; more may be outstanding.
        case write([[UInt8]], isComplete: Bool)
        case failed(String)
    }

    let chunkBytes: UInt32
    let windowPieces: Int
    /// A blob larger than this is not fetched.
    let limitBytes: UInt64

    private(set) var outstanding: [UInt64: Piece] = [:]
    private var early: [UInt64: [UInt8]] = [:]
    private(set) var totalBytes: UInt64?
    private var nextToAsk: UInt64 = 0
    private(set) var writtenBytes: UInt64 = 0

    init(chunkBytes: UInt32, windowPieces: Int, limitBytes: UInt64) {
        self.chunkBytes = chunkBytes
        self.windowPieces = windowPieces
        self.limitBytes = limitBytes
    }

    /// The next pieces to ask for, numbered by `number`; `held` have arrived and are not yet written. Until the size is
    /// known it is one.
    mutating func ask(held: Int, number: () -> UInt64) -> [(request: UInt64, piece: Piece)] {
        var requests: [(request: UInt64, piece: Piece)] = []
        while outstanding.count + early.count + held < windowPieces {
            if let totalBytes {
                guard nextToAsk < totalBytes else { break }
            } else {
                guard outstanding.isEmpty else { break }
            }
            let rest = totalBytes.map { $0 - nextToAsk } ?? UInt64(chunkBytes)
            requests.append(add(Piece(offset: nextToAsk, length: UInt32(min(UInt64(chunkBytes), rest))), number()))
            nextToAsk += UInt64(requests[requests.count - 1].piece.length)
        }
        return requests
    }

    private mutating func add(_ piece: Piece, _ request: UInt64) -> (request: UInt64, piece: Piece) {
        outstanding[request] = piece
        return (request, piece)
    }

    /// What was asked for and has not come, under new numbers: for a new link.
    mutating func askAgain(number: () -> UInt64) -> [(request: UInt64, piece: Piece)] {
        let pieces = outstanding.values.sorted { $0.offset < $1.offset }
        outstanding = [:]
        return pieces.map { add($0, number()) }
    }

    /// `more` is what to ask for in place of a piece that came short.
    mutating func receive(
        request: UInt64, total: UInt64, bytes: [UInt8], number: () -> UInt64
    ) -> (answer: Answer, more: [(request: UInt64, piece: Piece)]) {
        guard let piece = outstanding.removeValue(forKey: request) else {
            return (.write([], isComplete: false), [])
        }
        if let totalBytes {
            guard total == totalBytes else { return (.failed("its size changed while it was sent"), []) }
        } else {
            guard total <= limitBytes else { return (.failed("it has \(total) bytes, more than \(limitBytes)"), []) }
            totalBytes = total
            nextToAsk = min(nextToAsk, total)
        }
        let expected = min(UInt64(piece.length), total - min(total, piece.offset))
        guard UInt64(bytes.count) <= expected else { return (.failed("a piece is longer than was asked for"), []) }
        guard !bytes.isEmpty || expected == 0 else { return (.failed("a piece is empty"), []) }
        var more: [(request: UInt64, piece: Piece)] = []
        if UInt64(bytes.count) < expected {
            let got = UInt64(bytes.count)
            more = [add(Piece(offset: piece.offset + got, length: UInt32(expected - got)), number())]
        }
        if !bytes.isEmpty { early[piece.offset] = bytes }
        var ready: [[UInt8]] = []
        while let next = early.removeValue(forKey: writtenBytes) {
            writtenBytes += UInt64(next.count)
            ready.append(next)
        }
        return (.write(ready, isComplete: writtenBytes == total), more)
    }
}
