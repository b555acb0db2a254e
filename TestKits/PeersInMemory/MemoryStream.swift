package import LibP2P
package import NIOCore

/// One end of a stream between two peers in memory.
package final class MemoryStream: PeerStream {
    /// Bytes that one end may be ahead of the other, as in Yamux at the beginning.
    static let capacity = 256 * 1024

    package let peer: PeerID
    package let protocolName: String
    package let connection: ConnectionFacts
    private let incoming: BoundedPipe
    private let outgoing: BoundedPipe

    init(
        peer: PeerID, protocolName: String, connection: ConnectionFacts, incoming: BoundedPipe, outgoing: BoundedPipe
    ) {
        self.peer = peer
        self.protocolName = protocolName
        self.connection = connection
        self.incoming = incoming
        self.outgoing = outgoing
    }

    package func read() async throws -> ByteBuffer? {
        try await withTaskCancellationHandler {
            try await incoming.read()
        } onCancel: {
            reset()
        }
    }

    package func write(_ bytes: ByteBuffer) async throws {
        try await withTaskCancellationHandler {
            try await outgoing.write(bytes)
        } onCancel: {
            reset()
        }
    }

    package func closeWrite() async throws { outgoing.finish() }
    package func reset() { fail(.reset) }

    func fail(_ error: PeerStreamError) {
        incoming.fail(error)
        outgoing.fail(error)
    }

    /// What a host does with a stream whose handler is done.
    func release() {
        outgoing.finish()
        incoming.discard()
    }

    var hasEnded: Bool { incoming.hasEnded && outgoing.hasEnded }

    /// Two ends that are connected, for tests of one protocol without peers around it.
    package static func pair(
        _ one: PeerID, _ other: PeerID, protocolName: String, capacity: Int = MemoryStream.capacity
    ) -> (MemoryStream, MemoryStream) {
        let address = Multiaddr(.v4(0x7F00_0001), tcp: 1)
        return pair(
            protocolName: protocolName, capacity: capacity,
            first: (other, ConnectionFacts(id: 1, direction: .outbound, remoteAddress: address)),
            second: (one, ConnectionFacts(id: 1, direction: .inbound, remoteAddress: address)))
    }

    /// The same, over connections of which the ends are told what the test wants.
    package static func pair(
        protocolName: String, capacity: Int = MemoryStream.capacity, first: (peer: PeerID, facts: ConnectionFacts),
        second: (peer: PeerID, facts: ConnectionFacts)
    ) -> (MemoryStream, MemoryStream) {
        let there = BoundedPipe(capacity: capacity)
        let back = BoundedPipe(capacity: capacity)
        return (
            MemoryStream(
                peer: first.peer, protocolName: protocolName, connection: first.facts, incoming: back, outgoing: there),
            MemoryStream(
                peer: second.peer, protocolName: protocolName, connection: second.facts, incoming: there, outgoing: back
            )
        )
    }
}
