import NIOCore
import NIOPosix

/// A TCP connection that knows no protocol.
final class RawSocket: Sendable {
    private let channel: any Channel
    /// What arrived, as it arrived; ends with the connection.
    private let chunks: AsyncStream<[UInt8]>

    private init(_ channel: any Channel, _ chunks: AsyncStream<[UInt8]>) {
        self.channel = channel
        self.chunks = chunks
    }

    static func connect(port: Int, on group: any EventLoopGroup) async throws -> RawSocket {
        let (chunks, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        let channel = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawSocket(channel, chunks)
    }

    func write(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// Writes what the server may not want to read to its end any more.
    func writeIfOpen(_ bytes: [UInt8]) async throws {
        do { try await write(bytes) } catch is ChannelError {} catch is IOError {}
    }

    /// The server may have been first.
    func close() async throws {
        do { try await channel.close() } catch ChannelError.alreadyClosed {}
    }

    /// Everything up to the empty line after HTTP headers; what follows is dropped.
    func readHead() async throws -> String {
        var bytes: [UInt8] = []
        for await chunk in chunks {
            bytes += chunk
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.firstRange(of: "\r\n\r\n") { return String(text[..<end.lowerBound]) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What arrives until the server ends the connection.
    func readToEnd() async -> [UInt8] {
        var bytes: [UInt8] = []
        for await chunk in chunks { bytes += chunk }
        return bytes
    }

    /// Reads until `isEnough` holds for what has arrived, or the connection ends.
    func read(until isEnough: ([UInt8]) -> Bool) async -> [UInt8] {
        var bytes: [UInt8] = []
        if isEnough(bytes) { return bytes }
        for await chunk in chunks {
            bytes += chunk
            if isEnough(bytes) { break }
        }
        return bytes
    }

    static func upgradeRequest(path: String = "/api/v1/link", subprotocol: String = "weft.v1") -> String {
        "GET \(path) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Protocol: \(subprotocol)\r\n\r\n"
    }

    /// A frame as a client sends it (RFC 6455 §5.2); `opcode` 2 is binary.
    static func webSocketFrame(
        _ payload: [UInt8], opcode: UInt8 = 2, isFinal: Bool = true, isMasked: Bool = true, reserved: UInt8 = 0
    ) -> [UInt8] {
        var bytes: [UInt8] = [(isFinal ? 0x80 : 0) | reserved << 4 | opcode]
        let maskBit: UInt8 = isMasked ? 0x80 : 0
        switch payload.count {
        case ..<126: bytes.append(maskBit | UInt8(payload.count))
        case ..<65_536: bytes += [maskBit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default:
            bytes.append(maskBit | 127)
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: payload.count >> shift))
            }
        }
        guard isMasked else { return bytes + payload }
        let key: [UInt8] = [0x37, 0xfa, 0x21, 0x3d]
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let continuation: AsyncStream<[UInt8]>.Continuation

        init(_ continuation: AsyncStream<[UInt8]>.Continuation) { self.continuation = continuation }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            continuation.yield(Array(unwrapInboundIn(data).readableBytesView))
        }

        func channelInactive(context: ChannelHandlerContext) { continuation.finish() }
    }
}
