import LibP2P

@testable import LibP2PPubSub

private let ownPeer = FuzzPeers.one.peerID
private let neighbour = FuzzPeers.two

/// Numbers that come again: what a router draws must not make one input two.
private struct Counter: RandomNumberGenerator, Sendable {
    var value: UInt64 = 0
    mutating func next() -> UInt64 {
        value &+= 0x9E37_79B9_7F4A_7C15
        return value
    }
}

/// A router gets what the bytes are, and lives through some heartbeats.
private func route(_ bytes: [UInt8]) {
    let configuration = GossipConfiguration()
    guard let rpc = try? GossipCodec.decode(bytes, limits: configuration.limits) else { return }
    var router = GossipRouter(localPeer: ownPeer, configuration: configuration, random: Counter())
    _ = router.connected(neighbour.peerID, version: .gossipsub11, isOutbound: true, address: nil)
    _ = try? router.subscribe("a", now: .zero)
    var actions = router.received(rpc, from: neighbour.peerID, now: .zero)
    for second in 1...3 { actions += router.heartbeat(now: .seconds(second)) }
    var queue = PeerQueue(limits: configuration.limits)
    for action in actions {
        switch action {
        case .send(let item, _): queue.add(item)
        case .deliver(let message): precondition(message.author != ownPeer, "nobody speaks in another's name")
        case .validate, .connect: break
        }
    }
    while let sent = queue.next() {
        precondition(GossipCodec.encode(sent).count <= configuration.limits.rpcBytes, "what is said can be sent")
    }
}

let pubSubTargets: [String: ([UInt8]) -> Void] = [
    "gossip-rpc": { bytes in
        let limits = GossipLimits()
        guard let rpc = try? GossipCodec.decode(bytes, limits: limits) else { return }
        precondition(
            (try? GossipCodec.decode(GossipCodec.encode(rpc), limits: limits)) == rpc, "it is read as written")
    },
    "gossip-message": { bytes in
        guard let message = try? SignedMessage(encoded: bytes), message.isAuthentic else { return }
        precondition(message.author == neighbour.peerID, "only who has the key can sign")
    },
    "gossip-router": route,
]

let pubSubSeeds: [String: [[UInt8]]] = {
    let message = SignedMessage(topic: "a", bytes: [1, 2, 3], sequence: 7, keys: neighbour)
    var rpc = GossipRPC()
    rpc.subscriptions = [.init(topic: "a", isSubscribed: true)]
    rpc.messages = [message.encoded]
    rpc.have = [.init(topic: "a", ids: [MessageID(author: neighbour.peerID, sequence: 8)])]
    rpc.want = [message.id]
    rpc.graft = ["a"]
    rpc.prune = [.init(topic: "b", backoffSeconds: 60, peers: [.init(peer: ownPeer)])]
    let encoded = GossipCodec.encode(rpc)
    return ["gossip-rpc": [encoded], "gossip-message": [message.encoded], "gossip-router": [encoded]]
}()
