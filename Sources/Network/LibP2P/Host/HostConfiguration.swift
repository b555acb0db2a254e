/// How a host behaves. Every bound is on; none can be unlimited.
public struct HostConfiguration: Sendable {
    /// How many connections and streams there may be.
    public struct Limits: Sendable, Hashable {
        /// Connections in all, those that are still in their handshake among them.
        public var connections = 1024
        /// Connections to one peer.
        public var connectionsPerPeer = 8
        /// Connections that came from one IP address (of IPv6, from one /64).
        public var connectionsPerAddress = 256
        /// Connections that came in and are not yet proven; past that the oldest of them goes.
        public var halfOpen = 256
        /// The same from one IP address.
        public var halfOpenPerAddress = 128
        /// Streams of one connection that the peer opened.
        public var inboundStreamsPerConnection = 1024
        /// Streams of one connection that were opened here.
        public var outboundStreamsPerConnection = 1024
        /// Streams of all connections of one peer that it opened.
        public var inboundStreamsPerPeer = 2048
        /// Bytes that one stream's receive window may grow to.
        public var greatestWindow = 4 * 1024 * 1024
        /// Bytes of one connection that came and were not read.
        public var unreadPerConnection = 64 * 1024 * 1024
        /// Peers whose addresses are remembered.
        public var rememberedPeers = 10_000
        /// Addresses that are remembered of one peer.
        public var addressesPerPeer = 32

        public init() {}
    }

    /// A question to who decides which connections are wanted.
    public enum GateQuestion: Sendable, Hashable {
        /// An address is about to be dialed.
        case dial(PeerID, Multiaddr)
        /// Somebody came, not yet proven.
        case accept(Multiaddr)
        /// A peer is proven.
        case keep(PeerID, Multiaddr, ConnectionFacts.Direction)
    }

    public var limits = Limits()
    /// Answers whether a connection is wanted. Called often and from any thread: it must be quick.
    public var gate: @Sendable (GateQuestion) -> Bool = { _ in true }
    /// What this program is called towards peers.
    public var agent = "swift-libp2p/0.1.0"
    /// The family of protocols, as identify tells it.
    public var protocolFamily = "ipfs/0.1.0"
    /// From the first byte to a proven peer.
    public var handshakeTimeout = Duration.seconds(10)
    /// From the first packet to a proven peer, for each address.
    public var dialTimeout = Duration.seconds(10)
    /// Addresses of one peer that are dialed at a time.
    public var concurrentDials = 8
    /// Until both ends agree on a new stream's protocol.
    public var negotiationTimeout = Duration.seconds(10)
    /// A peer that was silent for so long is asked whether it is there.
    public var keepAlive = Duration.seconds(30)
    /// And has so long to answer.
    public var keepAliveTimeout = Duration.seconds(20)
    /// A stream whose handler is done, and whose peer does not end its side, is reset after that.
    public var closePatience = Duration.seconds(30)
    /// How long addresses are remembered that a peer told of itself.
    public var addressLifetime = Duration.seconds(3600)
    /// How often the host looks whether something took too long.
    public var tick = Duration.milliseconds(500)

    public init() {}

    var sessionLimits: YamuxSession.Limits {
        var session = YamuxSession.Limits()
        session.inboundStreams = limits.inboundStreamsPerConnection
        session.outboundStreams = limits.outboundStreamsPerConnection
        session.greatestWindow = limits.greatestWindow
        session.unread = limits.unreadPerConnection
        return session
    }
}
