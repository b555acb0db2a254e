import Crypto
import LibP2P
import NIOCore

/// The names of the dialogs that peers of all implementations try on each other.
enum Dialog {
    /// What comes is sent back, until it ends.
    static let echo = "/interop/echo/1.0.0"
    /// All is read to its end; the answer is its SHA-256.
    static let halfClose = "/interop/half-close/1.0.0"
    /// After `1` the listener resets; after `0` it says that it is ready, and waits for what becomes of the stream.
    static let reset = "/interop/reset/1.0.0"
}

/// How a stream ended, as this side saw it.
enum Ending: String, Encodable, Sendable {
    case reset, closed

    static func of(_ stream: any PeerStream) async throws -> Ending { try await after(stream).ending }

    /// Bytes that still come, and how the stream ends after them.
    static func after(_ stream: any PeerStream) async throws -> (bytes: Int, ending: Ending) {
        var count = 0
        do {
            while let bytes = try await stream.read() { count += bytes.readableBytes }
            return (count, .closed)
        } catch PeerStreamError.reset {
            return (count, .reset)
        }
    }
}

/// The listener's side of the dialogs.
extension PeerTool {
    func serveDialogs() async {
        await host.handle(Dialog.echo) { stream in
            while let bytes = try await stream.read() { try await stream.write(bytes) }
            try await stream.closeWrite()
        }
        await host.handle(Dialog.halfClose) { stream in
            var digest = SHA256()
            while let bytes = try await stream.read() { digest.update(bytes) }
            try await stream.write(ByteBuffer(bytes: digest.finalize()))
            try await stream.closeWrite()
        }
        await host.handle(Dialog.reset) { [self] stream in
            guard let wish = try await stream.read() else { return }
            if wish.readableBytesView.first == UInt8(ascii: "1") {
                stream.reset()
            } else {
                try await stream.write(ByteBuffer(string: "ready"))
                await count(try await Ending.of(stream))
            }
        }
    }

    private func count(_ ending: Ending) { endings[ending, default: 0] += 1 }

    struct Endings: Encodable, Sendable {
        let reset: Int
        let closed: Int
    }

    func howStreamsEnded(_ request: Request) async throws -> Answer {
        Endings(reset: endings[.reset] ?? 0, closed: endings[.closed] ?? 0)
    }
}

extension SHA256 {
    mutating func update(_ bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { update(bufferPointer: $0) }
    }
}
