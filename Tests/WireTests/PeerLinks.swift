import Conformance
import LibP2P
import LibP2PLink
import NIOCore
import PeersInMemory
import Testing
import WeftWire

/// Links over streams of peers, in memory.
struct PeerLinks: LinkFactory {
    private static let keys = (near: KeyPair(), far: KeyPair())

    private func streams() -> (any PeerStream, any PeerStream) {
        MemoryStream.pair(Self.keys.near.peerID, Self.keys.far.peerID, protocolName: PeerLink.protocolName)
    }

    func makePair(limits: LinkLimits) async throws -> LinkPair {
        let (one, other) = streams()
        let (near, far) = (PeerLink(one, limits: limits), PeerLink(other, limits: limits))
        return LinkPair(near: near, far: far, heldBytes: { near.heldBytes + far.heldBytes })
    }

    func makeRaw(limits: LinkLimits) async throws -> (link: any Link, peer: any RawLinkPeer) {
        let (one, other) = streams()
        let link = PeerLink(one, limits: limits)
        // The first frame is credit; nobody may send before it has come.
        var reader = MessageReader(other)
        _ = try await reader.read(limit: limits.frameBytes)
        return (link, Peer(stream: other))
    }

    private struct Peer: RawLinkPeer {
        let stream: any PeerStream

        func inject(_ frame: [UInt8]) async throws {
            try await stream.write(ByteBuffer(bytes: Varint.encode(UInt64(frame.count)) + frame))
        }

        func drop() async throws { stream.reset() }
    }
}

@Suite struct PeerLinkTests {
    @Test(.timeLimit(.minutes(1)), arguments: LinkConformance.allCases)
    func linksOfPeersKeepThePromise(_ promise: LinkConformance) async throws {
        try await promise.run(on: PeerLinks())
    }

    @Test func aStreamThatEndsWithoutAGoodbyeIsALoss() async throws {
        let (one, other) = MemoryStream.pair(KeyPair().peerID, KeyPair().peerID, protocolName: PeerLink.protocolName)
        let link = PeerLink(one)
        try await other.closeWrite()
        await #expect(throws: LinkError.lost("the stream ended without a goodbye")) {
            for try await _ in link.inbound {}
        }
        await link.close()
    }

    @Test func aLinkSaysWhetherAPeerForwardsIt() async throws {
        let (near, far, relay) = (KeyPair().peerID, KeyPair().peerID, KeyPair().peerID)
        for (text, route) in [
            ("/ip4/192.0.2.1/tcp/4001", LinkRoute.direct),
            ("/ip4/192.0.2.1/tcp/4001/p2p/\(relay)/p2p-circuit", .relayed),
        ] {
            let facts = ConnectionFacts(id: 1, direction: .outbound, remoteAddress: try Multiaddr(parsing: text))
            let (one, other) = MemoryStream.pair(
                protocolName: PeerLink.protocolName, first: (far, facts), second: (near, facts))
            let link = PeerLink(one)
            #expect(link.route == route)
            other.reset()
            await link.close()
        }
    }
}
