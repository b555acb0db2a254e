import Conformance
import NIOCore
import NIOPosix
import Testing
import WebSocketLink
import WeftWire

struct MemoryLinks: LinkFactory {
    func makePair(limits: LinkLimits) async throws -> LinkPair {
        let (near, far) = MemoryLink.pair(limits: limits)
        return LinkPair(near: near, far: far, heldBytes: { near.heldBytes + far.heldBytes })
    }

    func makeRaw(limits: LinkLimits) async throws -> (link: any Link, peer: any RawLinkPeer) {
        let (link, end) = MemoryLink.rawPair(limits: limits)
        return (link, Peer(end: end))
    }

    private struct Peer: RawLinkPeer {
        let end: MemoryLink.RawEnd
        func inject(_ frame: [UInt8]) async throws { end.inject(frame) }
        func drop() async throws { end.drop() }
    }
}

/// Either end of a WebSocket may be the one that a case calls near, because the two differ in masking.
struct WebSocketLinks: LinkFactory {
    let bench: WebSocketBench
    let nearIsServer: Bool

    func makePair(limits: LinkLimits) async throws -> LinkPair {
        let (client, server) = try await bench.pair(limits: limits)
        return LinkPair(
            near: nearIsServer ? server : client, far: nearIsServer ? client : server,
            heldBytes: { client.heldBytes + server.heldBytes })
    }

    func makeRaw(limits: LinkLimits) async throws -> (link: any Link, peer: any RawLinkPeer) {
        let (server, socket) = try await bench.rawClient(limits: limits)
        return (server, Peer(socket: socket))
    }

    private struct Peer: RawLinkPeer {
        let socket: RawSocket
        func inject(_ frame: [UInt8]) async throws { try await socket.write(RawSocket.webSocketFrame(frame)) }
        func drop() async throws { try await socket.close() }
    }
}

@Suite struct LinkConformanceTests {
    @Test(.timeLimit(.minutes(1)), arguments: LinkConformance.allCases)
    func memoryLinksKeepThePromise(_ promise: LinkConformance) async throws {
        try await promise.run(on: MemoryLinks())
    }

    @Test(.timeLimit(.minutes(1)), arguments: LinkConformance.allCases, [false, true])
    func webSocketLinksKeepThePromise(_ promise: LinkConformance, nearIsServer: Bool) async throws {
        try await WebSocketBench.run { bench in
            try await promise.run(on: WebSocketLinks(bench: bench, nearIsServer: nearIsServer))
        }
    }
}
