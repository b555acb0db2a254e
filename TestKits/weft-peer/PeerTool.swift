import LibP2P
import LibP2PDiscovery
import LibP2PPubSub
import LibP2PRelay

/// The peer and what it speaks. Each group of commands is an extension in a file of its own.
actor PeerTool {
    struct Received: Encodable, Sendable {
        let from: String
        let text: String
    }

    nonisolated let host: Host
    nonisolated let kademlia: Kademlia
    nonisolated let gossipsub: Gossipsub
    nonisolated let circuits: CircuitClient
    /// How streams of the reset dialog ended, as their listener.
    var endings: [Ending: Int] = [:]
    /// Messages of topics, as they came.
    var received: [String: [Received]] = [:]
    /// Peers that multicast found.
    var neighbours: [PeerID: [Multiaddr]] = [:]
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let addJob: AsyncStream<@Sendable () async -> Void>.Continuation

    init(host: Host) {
        self.host = host
        kademlia = Kademlia(network: host)
        gossipsub = Gossipsub(network: host)
        circuits = CircuitClient(host: host)
        (jobs, addJob) = AsyncStream.makeStream()
    }

    /// Runs what commands leave behind them, until it is cancelled.
    func runBackground() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs { group.addTask { await job() } }
            group.cancelAll()
        }
    }

    func keepDoing(_ job: @escaping @Sendable () async -> Void) { addJob.yield(job) }
}

/// The commands by name.
struct CommandTable: Sendable {
    typealias Command = @Sendable (Request) async throws -> Answer

    static let names = [
        "info", "connect", "identify", "ping", "echo", "many", "half_close", "reset_by_peer", "reset_here",
        "how_streams_ended", "raw", "dht_bootstrap", "find_peer", "provide", "find_providers", "subscribe", "publish",
        "messages", "topic_peers", "reserve", "multicast",
    ]

    private let commands: [String: Command]

    init(_ tool: PeerTool) {
        commands = [
            "info": tool.info, "connect": tool.connect, "identify": tool.identify, "ping": tool.ping,
            "echo": tool.echo, "many": tool.many, "half_close": tool.halfClose, "reset_by_peer": tool.resetByPeer,
            "reset_here": tool.resetHere, "how_streams_ended": tool.howStreamsEnded, "raw": tool.raw,
            "dht_bootstrap": tool.joinTable, "find_peer": tool.findPeer, "provide": tool.provide,
            "find_providers": tool.findProviders, "subscribe": tool.subscribe, "publish": tool.publish,
            "messages": tool.messages, "topic_peers": tool.topicPeers, "reserve": tool.reserve,
            "multicast": tool.multicast,
        ]
    }

    subscript(name: String) -> Command? { commands[name] }
}
