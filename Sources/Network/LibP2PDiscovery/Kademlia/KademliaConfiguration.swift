/// How a peer takes part in a table.
public struct KademliaConfiguration: Sendable {
    public enum Mode: Sendable, Hashable {
        /// Asks, and is not asked: for peers that come and go, or cannot be reached from outside.
        case client
        /// Asks, answers, and keeps what others put.
        case server
    }

    public var mode: Mode
    /// The name of the protocol. Peers that speak another are of another table.
    public var protocolName: String
    /// What values may be kept, by namespace.
    public var namespaces: RecordNamespaces

    /// k: peers in a bucket, peers that a search ends with, and peers that keep a record.
    public var replication = 20
    /// α: requests at the same time in one search.
    public var concurrency = 10
    /// Paths of a search that share no peer.
    public var disjointPaths = 2
    /// Public addresses: peers of one /24 (IPv4) or /48 (IPv6) in a bucket.
    public var peersPerSubnetAndBucket = 2
    /// Public addresses: peers of one /24 (IPv4) or /48 (IPv6) in the table.
    public var peersPerSubnet = 8

    /// How long one request may take, dialing included.
    public var requestTime: Duration = .seconds(10)
    /// How long one search may take.
    public var searchTime: Duration = .seconds(60)
    /// How often the table is looked after: silent peers asked, empty regions searched.
    public var refreshInterval: Duration = .seconds(600)
    /// How often what this peer provides is told anew.
    public var provideInterval: Duration = .seconds(22 * 3600)
    /// How long others' provider records are kept.
    public var providerLifetime: Duration = .seconds(48 * 3600)
    /// How long others' values are kept.
    public var recordLifetime: Duration = .seconds(48 * 3600)
    /// How long an address that another peer named is remembered.
    public var addressLifetime: Duration = .seconds(1800)

    /// Keys that this peer provides itself, at most.
    public var providedKeys = 1_000
    /// Keys of others' provider records that are kept.
    public var providerKeys = 10_000
    /// Values that are kept.
    public var records = 2_000
    /// Requests that one peer may have answered each second, over time; five times as many at once.
    public var requestsPerSecond = 20.0
    /// Streams that are answered at the same time, in all.
    public var inboundStreams = 256
    /// Streams of one peer that are answered at the same time.
    public var inboundStreamsPerPeer = 8
    /// How long a stream may be silent between two requests.
    public var streamIdleTime: Duration = .seconds(60)

    /// - Parameter protocolName: `/ipfs/kad/1.0.0` is the public table's; another makes a table of one's own.
    public init(
        mode: Mode = .server, protocolName: String = "/ipfs/kad/1.0.0",
        namespaces: RecordNamespaces = RecordNamespaces()
    ) {
        self.mode = mode
        self.protocolName = protocolName
        self.namespaces = namespaces
    }

    var tableLimits: RoutingTable.Limits {
        var limits = RoutingTable.Limits()
        limits.bucketSize = replication
        limits.perSubnetInBucket = peersPerSubnetAndBucket
        limits.perSubnet = peersPerSubnet
        return limits
    }

    var lookupLimits: Lookup.Limits {
        var limits = Lookup.Limits()
        limits.resultCount = replication
        limits.concurrency = concurrency
        limits.paths = disjointPaths
        limits.queryTime = requestTime
        limits.time = searchTime
        return limits
    }

    var providerLimits: ProviderStore.Limits {
        var limits = ProviderStore.Limits()
        limits.keys = providerKeys
        limits.lifetime = providerLifetime
        limits.addressLifetime = min(limits.addressLifetime, providerLifetime)
        return limits
    }

    var recordLimits: RecordStore.Limits {
        var limits = RecordStore.Limits()
        limits.records = records
        limits.lifetime = recordLifetime
        return limits
    }

    var budgetLimits: RequestBudget.Limits {
        var limits = RequestBudget.Limits()
        limits.perSecond = requestsPerSecond
        limits.burst = requestsPerSecond * 5
        return limits
    }
}
