#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How the standing of peers is computed (gossipsub v1.1, "Peer Scoring"). Each sum is `weight × counter` or `weight × counter²`;
/// counters decay by a factor each `decayInterval`.
public struct ScoreParameters: Sendable, Hashable {
    /// For every topic that has no parameters of its own.
    public var topic = TopicScoreParameters()
    /// For topics that have, by their name.
    public var topics: [String: TopicScoreParameters] = [:]
    /// More than this a peer does not earn from all topics together.
    public var topicScoreCap = 100.0

    /// P5, what the application thinks of a peer: weight of `Gossipsub.setApplicationScore`.
    public var applicationWeight = 1.0

    /// P6, many peers behind one address (one network of IPv6, /48): weight of the square of those above the threshold.
    /// Addresses of private networks do not count.
    public var colocationWeight = -10.0
    public var colocationThreshold = 8

    /// P7, breaches of the protocol: weight of the square of what is above the threshold.
    public var behaviourWeight = -10.0
    public var behaviourThreshold = 6.0
    public var behaviourDecay = Self.decay(over: .seconds(600))

    public var decayInterval = Duration.seconds(1)
    /// A counter below this is zero.
    public var decayToZero = Self.defaultDecayToZero
    /// How long the bad standing of a peer that left is remembered.
    public var retention = Duration.seconds(3_600)

    public var thresholds = ScoreThresholds()

    public init() {}

    static let defaultDecayToZero = 0.01

    /// The factor by which a counter of 1 is gone after a time.
    public static func decay(
        over time: Duration, interval: Duration = .seconds(1), toZero: Double = 0.01
    ) -> Double {
        pow(toZero, 1 / max(1, time / interval))
    }

    func parameters(of name: String) -> TopicScoreParameters { topics[name] ?? topic }
}

/// From which standing on what is (not) done with a peer (gossipsub v1.1, "Score Thresholds").
public struct ScoreThresholds: Sendable, Hashable {
    /// Below, no gossip goes to the peer and none of it is heeded. Negative.
    public var gossip = -50.0
    /// Below, own messages do not go to the peer. At most `gossip`.
    public var publish = -100.0
    /// Below, nothing that the peer sends is read. Less than `publish`.
    public var graylist = -200.0
    /// From this on, the peers that a pruning peer names are dialed. At least 0.
    public var acceptExchange = 50.0
    /// While the median of a mesh is below, better peers are added to it. At least 0.
    public var opportunisticGraft = 1.0

    public init() {}
}

/// What a peer's doings in one topic are worth.
public struct TopicScoreParameters: Sendable, Hashable {
    /// By which the topic's sum counts.
    public var weight = 1.0

    /// P1, time in the mesh: weight of each `timeInMeshQuantum`, up to the cap.
    public var timeInMeshWeight = 0.01
    public var timeInMeshQuantum = Duration.seconds(1)
    public var timeInMeshCap = 600.0

    /// P2, messages that the peer was the first to bring.
    public var firstDeliveriesWeight = 0.5
    public var firstDeliveriesDecay = ScoreParameters.decay(over: .seconds(300))
    public var firstDeliveriesCap = 50.0

    /// P3, too few messages over a link of the mesh: weight of the square of what lacks. Depends on how much traffic a topic has, so
    /// it is zero until somebody who knows sets it.
    public var meshDeliveriesWeight = 0.0
    public var meshDeliveriesDecay = ScoreParameters.decay(over: .seconds(300))
    public var meshDeliveriesThreshold = 1.0
    public var meshDeliveriesCap = 50.0
    /// Time in the mesh before the lack counts.
    public var meshDeliveriesActivation = Duration.seconds(30)
    /// For so long after a message was accepted, the same from others counts as theirs, too.
    public var meshDeliveriesWindow = Duration.milliseconds(10)

    /// P3b, what lacked when the peer left the mesh.
    public var meshFailureWeight = 0.0
    public var meshFailureDecay = ScoreParameters.decay(over: .seconds(300))

    /// P4, invalid messages: weight of their square.
    public var invalidWeight = -20.0
    public var invalidDecay = ScoreParameters.decay(over: .seconds(600))

    public init() {}
}
