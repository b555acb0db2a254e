import NIOCore

/// What a connection without encryption and streams does: bytes to a server and back, by NIO alone.
enum PlainEcho {
    static func measure(sizeBytes: Int, pieceBytes: Int) async throws -> Rate {
        try await EchoServer.run { server in
            try await Plain.connect(to: server.port).executeThenClose { input, output in
                var input = input.makeAsyncIterator()
                return try await Rate.measure(bytes: sizeBytes) {
                    try await Plain.pump(sizeBytes: sizeBytes, pieceBytes: pieceBytes, &input, output)
                }
            }
        }
    }
}
