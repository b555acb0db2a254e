import LibP2P
import LibP2PDiscovery
import NIOCore

/// The table of peers and providers, and the local network.
extension PeerTool {
    struct Addresses: Encodable, Sendable { let addresses: [String] }
    struct Providers: Encodable, Sendable { let providers: [Whereabouts] }
    struct Neighbours: Encodable, Sendable { let found: [String: [String]] }

    /// Reads `peer` and `addresses`: whom to begin with.
    func joinTable(_ request: Request) async throws -> Answer {
        let peer = try PeerID(parsing: request.needs("peer", \.peer))
        let addresses = try request.needs("addresses", \.addresses).map { try Multiaddr(parsing: $0).with(peer) }
        try await kademlia.bootstrap(from: addresses)
        return Done()
    }

    /// Reads `peer`.
    func findPeer(_ request: Request) async throws -> Answer {
        let found = try await kademlia.findPeer(PeerID(parsing: request.needs("peer", \.peer)))
        return Addresses(addresses: found.map { "\($0)" })
    }

    /// Reads `cid`, in hexadecimal.
    func provide(_ request: Request) async throws -> Answer {
        try await kademlia.provide(CID(bytes: request.needsBytes("cid", \.cid)))
        return Done()
    }

    /// Reads `cid`, in hexadecimal.
    func findProviders(_ request: Request) async throws -> Answer {
        let key = try CID(bytes: request.needsBytes("cid", \.cid))
        let providers = try await within(.seconds(30), "the search") { [kademlia] in
            var providers: [Whereabouts] = []
            for await found in kademlia.findProviders(of: key, limit: 5) {
                providers.append(Whereabouts(peer: "\(found.peer)", addresses: found.addresses.map { "\($0)" }))
            }
            return providers
        }
        return Providers(providers: providers)
    }

    /// Whom multicast has found so far.
    func multicast(_ request: Request) async throws -> Answer {
        Neighbours(
            found: Dictionary(
                uniqueKeysWithValues: neighbours.map { ("\($0.key)", $0.value.map { "\($0)" }) }))
    }

    /// Announces this peer and finds others until it is cancelled.
    func findNeighbours(eventLoops: any EventLoopGroup) async throws {
        let discovery = MulticastDiscovery(network: host, eventLoops: eventLoops)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await discovery.run() }
            for await event in discovery.events {
                switch event {
                case .found(let peer, let addresses): neighbours[peer] = addresses
                case .lost(let peer): neighbours[peer] = nil
                }
            }
            try await group.waitForAll()
        }
    }
}
