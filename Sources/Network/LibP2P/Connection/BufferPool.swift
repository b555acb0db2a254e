import NIOCore

/// Large buffers that are filled again once nobody has their content any more. Memory that is freed goes back to the system in
/// large pieces, which makes each page of the next ones anew.
struct BufferPool: Sendable {
    /// Bytes up to which a buffer is made for its content alone, so that a small message that is kept does not keep a large
    /// buffer.
    private static let smallCapacity = 16 * 1024

    /// Buffers that it keeps at most.
    private let limit: Int
    private var buffers: [ByteBuffer] = []

    init(limit: Int) { self.limit = limit }

    /// - Parameter capacity: Bytes that will be written.
    mutating func fill(
        _ capacity: Int, _ write: (inout ByteBuffer) throws(NoiseError) -> Void
    ) throws(NoiseError) -> ByteBuffer {
        let isSmall = capacity <= Self.smallCapacity
        // Always the first that is free: the fewer are in turn, the more of them is still in a processor's cache.
        for place in buffers.indices where !isSmall {
            let isFilled: Void? = try buffers[place].modifyIfUniquelyOwned { buffer throws(NoiseError) in
                buffer.clear(minimumCapacity: capacity)
                try write(&buffer)
            }
            if isFilled != nil { return buffers[place] }
        }
        var buffer = ByteBuffer()
        buffer.reserveCapacity(capacity)
        try write(&buffer)
        if !isSmall, buffers.count < limit { buffers.append(buffer) }
        return buffer
    }

    /// An idle connection keeps no large buffers.
    mutating func releaseMemory() { buffers = [] }
}
