import NIOCore

/// Bytes on their way out, in the order in which they were written: small pieces copied together, large ones as they are.
struct GatheredBytes: Sendable {
    /// Bytes from which on a piece is kept as it is.
    private static let largePiece = 16 * 1024

    private var pieces: [ByteBuffer] = []
    private var pieceBytes = 0
    /// What comes after the pieces. Anything may be written to it.
    var tail = ByteBuffer()

    var readableBytes: Int { pieceBytes + tail.readableBytes }

    mutating func append(_ bytes: ByteBuffer) {
        guard bytes.readableBytes >= Self.largePiece else {
            tail.writeImmutableBuffer(bytes)
            return
        }
        if tail.readableBytes > 0 {
            pieceBytes += tail.readableBytes
            pieces.append(tail)
            tail = ByteBuffer()
        }
        pieceBytes += bytes.readableBytes
        pieces.append(bytes)
    }

    /// Moves the first bytes, or all if there are fewer, to a buffer.
    mutating func read(_ count: Int, to buffer: inout ByteBuffer) {
        var left = count
        while left > 0, !pieces.isEmpty {
            let moved = pieces[0].move(left, to: &buffer)
            left -= moved
            pieceBytes -= moved
            if pieces[0].readableBytes == 0 { pieces.removeFirst() }
        }
        if left > 0 { tail.move(left, to: &buffer) }
        if tail.readableBytes == 0 { tail.clear() }
    }

    /// Empties it; memory is used again.
    mutating func clear() {
        pieces.removeAll(keepingCapacity: true)
        pieceBytes = 0
        tail.clear()
    }

    mutating func releaseIdleMemory() { tail.releaseIdleMemory() }
}

extension ByteBuffer {
    /// Moves the first bytes, or all if there are fewer, to another buffer.
    /// - Returns: How many.
    @discardableResult fileprivate mutating func move(_ count: Int, to buffer: inout ByteBuffer) -> Int {
        readWithUnsafeReadableBytes { bytes in
            let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(count))
            buffer.writeBytes(part)
            return part.count
        }
    }
}
