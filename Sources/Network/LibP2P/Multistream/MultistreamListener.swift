import NIOCore

/// The end that answers proposals.
struct MultistreamListener: Sendable {
    enum Answer: Sendable, Hashable {
        case more
        case send(ByteBuffer)
        /// Send this; the protocol is spoken after it, and what is left of the bytes belongs to it.
        case agreed(String, send: ByteBuffer)
    }

    private let supported: [String]
    private var sawHeader = false
    private var attemptCount = 0

    /// - Parameter supported: What is spoken here; `ls` lists it in this order.
    init(supporting supported: [String]) { self.supported = supported }

    /// Answers the lines among the bytes that came, all at once.
    mutating func receive(_ bytes: inout ByteBuffer) throws(MultistreamError) -> Answer {
        var reply = ByteBuffer()
        while let line = try MultistreamMessage.read(from: &bytes) {
            guard sawHeader else {
                guard line == MultistreamMessage.header else {
                    throw .unexpected("another negotiation than multistream 1.0")
                }
                sawHeader = true
                MultistreamMessage.write(MultistreamMessage.header, to: &reply)
                continue
            }
            attemptCount += 1
            guard attemptCount <= MultistreamMessage.greatestAttemptCount else {
                throw .tooManyAttempts(limit: MultistreamMessage.greatestAttemptCount)
            }
            if line == MultistreamMessage.list {
                MultistreamMessage.writeList(of: supported, to: &reply)
            } else if supported.contains(line) {
                MultistreamMessage.write(line, to: &reply)
                return .agreed(line, send: reply)
            } else {
                MultistreamMessage.write(MultistreamMessage.notAvailable, to: &reply)
            }
        }
        return reply.readableBytes > 0 ? .send(reply) : .more
    }
}
