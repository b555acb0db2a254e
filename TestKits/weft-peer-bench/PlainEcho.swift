import NIOCore

/// What a connection without encryption and streams does: bytes to a server and back, by NIO alone.
enum PlainEcho {
    static func measure(sizeBytes: Int, pieceBytes: Int) async throws -> Rate {
        try await EchoServer.run { server in
            try await Plain.connect(to: server.port).executeThenClose { input, output in
                var input = input.makeAsyncIterator()
                let used = ProcessNumbers.processorSeconds()
                let start = ContinuousClock.now
                try await Plain.pump(sizeBytes: sizeBytes, pieceBytes: pieceBytes, &input, output)
                return Rate(
                    bytes: sizeBytes, seconds: (ContinuousClock.now - start).seconds,
                    processorSeconds: ProcessNumbers.processorSeconds() - used)
            }
        }
    }
}
