/// How large what peers send may be, and how much of it is kept. What is over is refused, or left out where noted.
public struct GossipLimits: Sendable, Hashable {
    /// Bytes of what one peer sends at once. go-libp2p refuses more than this, too.
    public var rpcBytes = 1 << 20
    /// Bytes of the contents of a message. At most `rpcBytes` less 4 KiB, for what goes around them.
    public var messageBytes = 512 << 10
    /// Bytes of a topic's name in UTF-8.
    public var topicBytes = 256
    /// Topics that a peer may follow; it is not noted that it follows more.
    public var topicsOfPeer = 256
    /// Topics that this host may follow, and to which it may have published of late.
    public var ownTopics = 256
    /// Peers that are spoken with.
    public var peers = 1_024
    /// Subscriptions, messages, and control messages of each kind, that are heeded of what a peer sends at once.
    public var entries = 1_000
    /// Identifiers of messages that are heeded of what a peer sends at once.
    public var identifiers = 5_000
    /// Bytes of an identifier.
    public var identifierBytes = 256
    /// Peers that are heeded of a prune.
    public var exchangedPeers = 16
    /// Messages that are remembered as seen; past that the oldest is forgotten.
    public var seenMessages = 1 << 17
    /// Bytes of messages that are kept for who asks for them; past that the oldest go.
    public var cachedBytes = 32 << 20
    /// Messages that await their validator's verdict; past that they are ignored.
    public var pendingMessages = 1_024
    /// The same, of those that one neighbour sent.
    public var pendingMessagesOfPeer = 128
    /// Messages that are kept for a reader that does not keep up; past that the oldest are lost to it.
    public var bufferedMessages = 256
    /// Bytes of messages that wait to be sent to a peer; past that they are dropped, gossip before them.
    public var queuedBytes = 1 << 20
    /// Identifiers in gossip that wait to be sent to a peer.
    public var queuedIdentifiers = 10_000
    /// Peers that have gone and whose bad standing is remembered.
    public var rememberedPeers = 4_096

    public init() {}
}
