import NIOCore

/// The end that proposes protocols. The header and the first proposal go out in one piece.
struct MultistreamDialer: Sendable {
    enum Answer: Sendable, Hashable {
        /// More bytes must come.
        case more
        /// Send this.
        case send(ByteBuffer)
        /// This is spoken from now on; what is left of the bytes belongs to it.
        case agreed(String)
    }

    private var untried: ArraySlice<String>
    private var sawHeader = false

    /// - Precondition: At least one protocol, at most `MultistreamMessage.greatestAttemptCount`.
    init(_ protocols: [String]) {
        precondition((1...MultistreamMessage.greatestAttemptCount).contains(protocols.count), "1 to 64 proposals")
        untried = protocols[...]
    }

    /// What to send first.
    func opening() -> ByteBuffer {
        var buffer = ByteBuffer()
        MultistreamMessage.write(MultistreamMessage.header, to: &buffer)
        MultistreamMessage.write(untried[untried.startIndex], to: &buffer)
        return buffer
    }

    /// Takes lines off the bytes that came.
    mutating func receive(_ bytes: inout ByteBuffer) throws(MultistreamError) -> Answer {
        while let line = try MultistreamMessage.read(from: &bytes) {
            guard sawHeader else {
                guard line == MultistreamMessage.header else {
                    throw .unexpected("another negotiation than multistream 1.0")
                }
                sawHeader = true
                continue
            }
            if line == untried.first { return .agreed(line) }
            guard line == MultistreamMessage.notAvailable else { throw .unexpected("an answer to another proposal") }
            untried = untried.dropFirst()
            guard let next = untried.first else { throw .refused }
            var proposal = ByteBuffer()
            MultistreamMessage.write(next, to: &proposal)
            return .send(proposal)
        }
        return .more
    }
}
