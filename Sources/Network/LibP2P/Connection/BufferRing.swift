import NIOCore

/// Buffers that are filled in turn. Memory that was used before is used again: large buffers that are freed go back to the
/// system, which makes each page of the next ones anew.
///
/// Who got a buffer may keep it: its place in the ring then takes a new one.
struct BufferRing: Sendable {
    /// Bytes up to which a buffer is made for its content alone, so that a small message that is kept does not keep a large
    /// buffer.
    private static let smallCapacity = 16 * 1024

    private var buffers: [ByteBuffer]
    private var turn = 0

    init(count: Int) { buffers = Array(repeating: ByteBuffer(), count: count) }

    /// - Parameter capacity: Bytes that will be written.
    mutating func fill(
        _ capacity: Int, _ write: (inout ByteBuffer) throws(NoiseError) -> Void
    ) throws(NoiseError) -> ByteBuffer {
        guard capacity > Self.smallCapacity else {
            var buffer = ByteBuffer()
            buffer.reserveCapacity(capacity)
            try write(&buffer)
            return buffer
        }
        turn = (turn + 1) % buffers.count
        buffers[turn].clear(minimumCapacity: capacity)
        try write(&buffers[turn])
        return buffers[turn]
    }

    /// An idle connection keeps no large buffers.
    mutating func releaseMemory() {
        for place in buffers.indices { buffers[place] = ByteBuffer() }
    }
}
