import NIOCore
import NIOPosix

/// What a connection without encryption and streams does: bytes to a server and back, by NIO alone.
enum PlainEcho {
    /// - Returns: Bytes a second, one way, while `sizeBytes` go there and come back.
    static func measure(sizeBytes: Int, pieceBytes: Int) async throws -> Double {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 256 * 1024)
            )
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        guard let port = server.channel.localAddress?.port else { return 0 }
        return try await withThrowingTaskGroup(of: Double?.self) { tasks in
            tasks.addTask {
                try await server.executeThenClose { connections in
                    for try await connection in connections {
                        try await connection.executeThenClose { input, output in
                            for try await bytes in input { try await output.write(bytes) }
                        }
                        return
                    }
                }
                return nil
            }
            tasks.addTask {
                let client = try await ClientBootstrap(group: group)
                    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .channelOption(.maxMessagesPerRead, value: 4)
                    .channelOption(
                        .recvAllocator,
                        value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 256 * 1024)
                    )
                    .connect(host: "127.0.0.1", port: port) { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                        }
                    }
                return try await client.executeThenClose { input, output in
                    let start = ContinuousClock.now
                    try await withThrowingTaskGroup { both in
                        both.addTask {
                            let piece = ByteBuffer(repeating: 7, count: pieceBytes)
                            for _ in 0..<(sizeBytes / pieceBytes) { try await output.write(piece) }
                        }
                        both.addTask {
                            var left = sizeBytes / pieceBytes * pieceBytes
                            for try await bytes in input {
                                left -= bytes.readableBytes
                                if left <= 0 { return }
                            }
                        }
                        try await both.waitForAll()
                    }
                    return Double(sizeBytes) / (ContinuousClock.now - start).seconds
                }
            }
            var rate = 0.0
            while let found = try await tasks.next() { if let found { rate = found } }
            return rate
        }
    }
}
