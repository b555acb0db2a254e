import Crypto
import LibP2P
import NIOCore

/// The dialer's side of the dialogs.
extension PeerTool {
    struct Echoed: Encodable, Sendable {
        let sent: String
        let received: String
        let bytes: Int
        let ending: Ending
        let seconds: Double
    }

    struct Judged: Encodable, Sendable { let right: Bool }
    struct Saw: Encodable, Sendable { let saw: Ending }

    private nonisolated func open(_ request: Request, _ protocols: [String]) async throws -> any PeerStream {
        try await host.openStream(to: PeerID(parsing: request.needs("peer", \.peer)), protocols: protocols)
    }

    /// Reads `peer` and `bytes`: sends so many, and reads them back at the same time.
    func echo(_ request: Request) async throws -> Answer {
        let count = try request.needs("bytes", \.bytes)
        let stream = try await open(request, [Dialog.echo])
        let start = ContinuousClock.now
        async let sent = Self.send(count, to: stream)
        var received = SHA256()
        var length = 0
        while length < count, let bytes = try await stream.read() {
            received.update(bytes)
            length += bytes.readableBytes
        }
        // Only now: not every peer speaks on after the other end closed its side. The dialog of half-close tries that.
        try await stream.closeWrite()
        let rest = try await Ending.after(stream)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        return Echoed(
            sent: try await sent, received: Array(received.finalize()).hexadecimal, bytes: length + rest.bytes,
            ending: rest.ending, seconds: seconds)
    }

    /// Returns the digest of what was sent, in hexadecimal.
    private nonisolated static func send(_ count: Int, to stream: any PeerStream) async throws -> String {
        var digest = SHA256()
        var left = count
        var chunk = (0..<(64 << 10)).map { _ in UInt8.random(in: 0...255) }
        while left > 0 {
            // No two chunks are alike.
            withUnsafeBytes(of: left.bigEndian) { chunk.replaceSubrange(0..<$0.count, with: $0) }
            let bytes = ByteBuffer(bytes: chunk.prefix(left))
            digest.update(bytes)
            left -= bytes.readableBytes
            try await stream.write(bytes)
        }
        return Array(digest.finalize()).hexadecimal
    }

    /// Reads `peer`. Closes its side, and hears an answer afterwards.
    func halfClose(_ request: Request) async throws -> Answer {
        let stream = try await open(request, [Dialog.halfClose])
        let question = (0..<200_000).map { _ in UInt8.random(in: 0...255) }
        try await stream.write(ByteBuffer(bytes: question))
        try await stream.closeWrite()
        var answer: [UInt8] = []
        while let bytes = try await stream.read() { answer += bytes.readableBytesView }
        return Judged(right: answer == Array(SHA256.hash(data: question)))
    }

    /// Reads `peer`. Asks the listener to reset, and tells what came of it.
    func resetByPeer(_ request: Request) async throws -> Answer {
        let stream = try await open(request, [Dialog.reset])
        try await stream.write(ByteBuffer(string: "1"))
        return Saw(saw: try await Ending.of(stream))
    }

    /// Reads `peer`. Resets a stream that the listener waits on.
    func resetHere(_ request: Request) async throws -> Answer {
        let stream = try await open(request, [Dialog.reset])
        try await stream.write(ByteBuffer(string: "0"))
        guard try await stream.read() != nil else { throw PeerStreamError.malformed("the listener was not ready") }
        stream.reset()
        return Done()
    }

    /// Reads `peer`, `protocols`, `hex`, `hold`: writes bytes to a stream of any protocol and keeps it open for some seconds.
    func raw(_ request: Request) async throws -> Answer {
        let bytes = try request.needsBytes("hex", \.hex)
        let stream = try await open(request, request.needs("protocols", \.protocols))
        try await stream.write(ByteBuffer(bytes: bytes))
        try await Task.sleep(for: .seconds(request.hold ?? 1))
        stream.reset()
        return Done()
    }
}
