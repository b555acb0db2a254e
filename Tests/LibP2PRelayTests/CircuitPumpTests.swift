import LibP2P
import NIOCore
import PeersInMemory
import Testing

@testable import LibP2PRelay

/// One failing way ends the other, in which nothing is said.
@Suite(.timeLimit(.minutes(1))) struct CircuitPumpTests {
    /// A circuit is there while `body` has the streams of its two ends.
    /// - Returns: What ended the circuit; nil when both ends closed.
    private func circuit(
        _ limit: CircuitLimit? = nil, _ body: (MemoryStream, MemoryStream) async throws -> Void
    ) async throws -> (any Error)? {
        let (relay, one, other) = (KeyPair().peerID, KeyPair().peerID, KeyPair().peerID)
        let (near, nearAtRelay) = MemoryStream.pair(one, relay, protocolName: "/test")
        let (far, farAtRelay) = MemoryStream.pair(other, relay, protocolName: "/test")
        async let end = ended {
            try await CircuitPump.run(
                nearAtRelay, ByteBuffer(), farAtRelay, ByteBuffer(), limit: limit, clock: .continuous())
        }
        try await body(near, far)
        return await end
    }

    private func ended(_ pump: () async throws -> Void) async -> (any Error)? {
        do { try await pump() } catch { return error }
        return nil
    }

    @Test func moreThanTheLimitOneWayCutsBoth() async throws {
        let limit = CircuitLimit(seconds: nil, byteCount: 10)
        let end = try await circuit(limit) { near, far in
            try await near.write(ByteBuffer(repeating: 1, count: 11))
            await #expect(throws: PeerStreamError.reset) { try await near.read() }
            await #expect(throws: PeerStreamError.reset) { try await far.read() }
        }
        #expect(end is CircuitPump.LimitReached)
    }

    @Test func anEndThatGivesUpIsToldToTheOther() async throws {
        let end = try await circuit { near, far in
            near.reset()
            await #expect(throws: PeerStreamError.reset) { try await far.read() }
        }
        #expect(end as? PeerStreamError == .reset)
    }

    @Test func bothWaysAreCarriedUntilBothAreClosed() async throws {
        let end = try await circuit { near, far in
            try await near.write(ByteBuffer(string: "there"))
            try await near.closeWrite()
            #expect(try await far.readAll() == Array("there".utf8))
            try await far.write(ByteBuffer(string: "back"))
            try await far.closeWrite()
            #expect(try await near.readAll() == Array("back".utf8))
        }
        #expect(end == nil)
    }
}
