public import LibP2P

/// How a host takes part in gossipsub. The names of the specification's parameters stand beside each.
public struct GossipConfiguration: Sendable {
    // MARK: The mesh

    /// Neighbours of each topic's mesh that are aimed at (D).
    public var meshSize = 6
    /// With fewer, more are asked (D_lo).
    public var lowMeshSize = 5
    /// With more, some are let go (D_hi).
    public var highMeshSize = 12
    /// Of those that stay when some are let go, the best so many are not drawn by lot (D_score).
    public var bestMeshSize = 4
    /// Neighbours that this host dialed itself, at least: those that came by themselves can be one person's (D_out). Less than
    /// `lowMeshSize`, and at most half of `meshSize`.
    public var outboundMeshSize = 2

    // MARK: Gossip

    /// Peers that are told of messages, at least (D_lazy).
    public var gossipSize = 6
    /// The part of the peers outside the mesh that are told, at least.
    public var gossipFactor = 0.25
    /// Heartbeats for which messages are kept (mcache_len), and of which it is told (mcache_gossip).
    public var historyLength = 5
    public var gossipLength = 3
    /// How often a peer is given one message that it asks for.
    public var greatestRetransmissionCount = 3
    /// Of what one peer tells in a heartbeat, so many lists are heeded.
    public var greatestHaveCount = 10
    /// What a peer offered must have come after this time, else it is blamed.
    public var promiseTime = Duration.seconds(3)

    // MARK: Time

    public var heartbeatInterval = Duration.seconds(1)
    /// How long the peers are remembered that messages of a topic go to that this host does not follow itself (fanout_ttl).
    public var fanoutLifetime = Duration.seconds(60)
    /// How long a message is known to have been seen (seen_ttl).
    public var seenLifetime = Duration.seconds(120)
    /// After a link of the mesh was cut, neither end asks for it again for so long.
    public var pruneBackoff = Duration.seconds(60)
    /// The same, when this host stops following the topic.
    public var unsubscribeBackoff = Duration.seconds(10)
    /// What is waited beyond the time that a peer asked for.
    public var backoffSlack = Duration.seconds(1)
    /// No peer can ask for more than this.
    public var greatestBackoff = Duration.seconds(3_600)
    /// Who asks for a link again so soon after it was cut is blamed twice.
    public var graftFloodTime = Duration.seconds(10)
    /// Better peers are looked for after so many heartbeats, so many at once.
    public var opportunisticGraftHeartbeats = 60
    public var opportunisticGraftCount = 2

    // MARK: Policy

    /// Own messages go to every peer that follows the topic, not to the mesh alone.
    public var floodsOwnMessages = true
    /// Peers that are let go are told of others, and those that others tell of are dialed.
    public var exchangesPeers = false
    /// Peers outside of any mesh, to and from which everything goes; they must have agreed to the same. Their addresses are dialed
    /// when there is no connection.
    public var directPeers: [PeerID: [Multiaddr]] = [:]
    public var directConnectInterval = Duration.seconds(300)
    public var scores = ScoreParameters()
    public var limits = GossipLimits()

    public init() {}

    /// What of it makes no sense; nil when it is in order.
    public var flaw: String? {
        let thresholds = scores.thresholds
        if lowMeshSize > meshSize || meshSize > highMeshSize || lowMeshSize < 0 {
            return "the sizes of the mesh are low, aim, high"
        }
        if outboundMeshSize > 0, outboundMeshSize >= lowMeshSize || outboundMeshSize > meshSize / 2 {
            return "the dialed neighbours are fewer than the low size of the mesh, and at most half of its aim"
        }
        if !(0...1).contains(gossipFactor) { return "the gossip factor is from 0 to 1" }
        if thresholds.gossip >= 0 || thresholds.publish > thresholds.gossip
            || thresholds.graylist >= thresholds.publish
        {
            return "the thresholds are 0 > gossip ≥ publish > graylist"
        }
        if limits.messageBytes > limits.rpcBytes - 4_096 {
            return "a message is at least 4 KiB smaller than what is sent at once"
        }
        if heartbeatInterval <= .zero { return "the heartbeat is longer than nothing" }
        return nil
    }
}

/// What version of the protocol a peer speaks.
package enum GossipVersion: String, Sendable, CaseIterable {
    case gossipsub11 = "/meshsub/1.1.0"
    case gossipsub10 = "/meshsub/1.0.0"
    /// No meshes: everything goes to everybody who follows the topic.
    case floodsub = "/floodsub/1.0.0"

    /// The best first.
    package static let protocolNames = allCases.map(\.rawValue)
}
