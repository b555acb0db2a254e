/// How a host uses relays.
public struct CircuitConfiguration: Sendable, Hashable {
    /// Relays at which places are kept at a time.
    public var relays = 8
    /// Circuits to this host that are there at a time, in all and over one relay.
    public var inboundCircuits = 128
    public var inboundCircuitsPerRelay = 32
    /// Addresses that are told of each relay.
    public var addressesPerRelay = 4
    /// For a relay to answer, and for a relay to reach the other end.
    public var reserveTime = Duration.seconds(15)
    public var connectTime = Duration.seconds(60)
    /// For the two ends to agree on encryption over a circuit that came in.
    public var upgradeTime = Duration.seconds(15)
    /// A place that was lost is asked for again after this time, twice as long after each failure, up to the greatest.
    public var leastRetryTime = Duration.seconds(2)
    public var greatestRetryTime = Duration.seconds(120)

    public init() {}
}
