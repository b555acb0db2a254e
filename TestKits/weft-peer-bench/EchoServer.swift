import LibP2P
import NIOCore
import NIOPosix

/// A TCP server that sends back what comes, by NIO alone.
struct EchoServer {
    let port: Int

    /// Runs one while `body` does.
    /// - Parameter skipsPreface: Whether each connection begins with a message, its length before it, that is not sent back.
    static func run<Value: Sendable>(
        skipsPreface: Bool = false, _ body: @escaping @Sendable (EchoServer) async throws -> Value
    ) async throws -> Value {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.recvAllocator, value: Plain.allocator)
            .bind(host: "127.0.0.1", port: 0, childChannelInitializer: Plain.wrap)
        guard let port = listener.channel.localAddress?.port else { throw BenchError("the server has no port") }
        return try await withThrowingTaskGroup(of: Value?.self) { tasks in
            tasks.addTask {
                try await listener.executeThenClose { connections in
                    await withDiscardingTaskGroup { serving in
                        do {
                            for try await connection in connections {
                                serving.addTask { try? await echo(connection, skipsPreface: skipsPreface) }
                            }
                        } catch { return }
                    }
                }
                return nil
            }
            tasks.addTask { try await body(EchoServer(port: port)) }
            defer { tasks.cancelAll() }
            while let result = try await tasks.next() { if let result { return result } }
            throw CancellationError()
        }
    }

    private static func echo(_ connection: Plain.Connection, skipsPreface: Bool) async throws {
        try await connection.executeThenClose { input, output in
            var preface: ByteBuffer? = skipsPreface ? ByteBuffer() : nil
            for try await bytes in input {
                guard var gathered = preface else {
                    try await output.write(bytes)
                    continue
                }
                gathered.writeImmutableBuffer(bytes)
                preface = gathered
                guard let length = try Varint.decode(gathered.readableBytesView),
                    gathered.readableBytes >= length.length + Int(length.value)
                else { continue }
                gathered.moveReaderIndex(forwardBy: length.length + Int(length.value))
                preface = nil
                if gathered.readableBytes > 0 { try await output.write(gathered) }
            }
        }
    }
}

/// How plain connections are made, with the options of a host's.
enum Plain {
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    static let allocator = AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 256 * 1024)

    @Sendable static func wrap(_ channel: any Channel) -> EventLoopFuture<Connection> {
        channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
    }

    static func connect(to port: Int) async throws -> Connection {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.maxMessagesPerRead, value: 4)
            .channelOption(.recvAllocator, value: allocator)
            .connect(host: "127.0.0.1", port: port, channelInitializer: wrap)
    }

    static func freePort() async throws -> Int {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = listener.localAddress?.port
        try await listener.close()
        guard let port else { throw BenchError("no port is free") }
        return port
    }

    /// Sends so many bytes and waits until as many have come back, on a connection whose other end sends them back.
    static func pump(
        sizeBytes: Int, pieceBytes: Int, _ input: inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        _ output: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        async let sent: Void = {
            let piece = ByteBuffer(repeating: 7, count: pieceBytes)
            for _ in 0..<(sizeBytes / pieceBytes) { try await output.write(piece) }
        }()
        var left = sizeBytes / pieceBytes * pieceBytes
        while left > 0 {
            guard let bytes = try await input.next() else { throw BenchError("\(left) bytes did not come back") }
            left -= bytes.readableBytes
        }
        try await sent
    }
}

/// Why a measurement could not be made.
struct BenchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
