import NIOCore

/// A connection over a stream that another connection carries, as through a relay.
final class StreamTransport: ConnectionTransport {
    private let connection: PeerConnection
    private let stream: any PeerStream
    private let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init(connection: PeerConnection, stream: any PeerStream) {
        self.connection = connection
        self.stream = stream
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func wake() { signal.yield() }
    func close() { signal.finish() }

    /// Moves bytes both ways until the connection ends.
    func run() async {
        connection.attach(self)
        await withTaskGroup { group in
            group.addTask {
                do {
                    while let bytes = try await self.stream.read() {
                        self.connection.received(bytes)
                        // A peer that asks and does not take the answers.
                        if self.connection.mustPauseReading { self.connection.end(.unresponsive) }
                    }
                    self.connection.end(.closedByPeer)
                } catch {
                    self.connection.end(.transport("\(error)"))
                }
            }
            group.addTask {
                do {
                    for await _ in self.signals { try await self.send() }
                    try await self.send()
                    try await self.stream.closeWrite()
                } catch {
                    self.connection.end(.transport("\(error)"))
                }
                // The peer gets a moment to take what was sent last.
                try? await Task.sleep(for: .seconds(1))
                self.stream.reset()
            }
        }
    }

    private func send() async throws {
        while let bytes = connection.takeOutput() { try await stream.write(bytes) }
    }
}
