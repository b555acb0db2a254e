import LibP2P
import LibP2PPubSub
import SeededNumbers

/// Routers and links between them, in which time moves only when told and messages may be lost; the same seed is the same world.
/// What is sent goes through the codec, so that everything that routers say can also be written and read.
struct GossipWorld {
    static let topic = "weather"
    /// Milliseconds of a step.
    static let step = 10

    private enum Event {
        case arrival([UInt8], from: Int, to: Int)
    }

    private(set) var routers: [GossipRouter]
    let keys: [KeyPair]
    private let numbers: [PeerID: Int]
    private let configuration: GossipConfiguration
    private var random: SeededRandom
    private(set) var milliseconds = 0
    private var agenda: [Int: [Event]] = [:]
    private var sequence: UInt64 = 1
    /// Messages and gossip of which so many in a thousand do not arrive. What comes over streams is not lost, but queues drop these.
    var lossPermille = 0
    /// What each router's readers got, in order.
    private(set) var delivered: [[GossipMessage]]
    /// Full messages that arrived anywhere.
    private(set) var messageCount = 0
    /// Routers that do not do as they should: what they would send is not sent.
    var silent: Set<Int> = []
    /// What a validator says; asked at once.
    var verdict: (GossipMessage) -> GossipVerdict = { _ in .accept }
    /// All that was sent, when it is to be looked at.
    var trace: [(from: Int, to: Int, item: GossipRouter.Item)] = []
    var isTracing = false

    var now: Duration { .milliseconds(milliseconds) }

    init(count: Int, seed: UInt64, configuration: GossipConfiguration = GossipConfiguration()) {
        random = SeededRandom(seed: seed)
        var keys: [KeyPair] = []
        for number in 0..<count {
            let secret = (0..<32).map { UInt8(truncatingIfNeeded: number >> ($0 % 2 * 8)) ^ UInt8($0) }
            guard let pair = try? KeyPair(seed: secret) else { preconditionFailure("32 bytes are a seed") }
            keys.append(pair)
        }
        self.keys = keys
        self.configuration = configuration
        numbers = Dictionary(uniqueKeysWithValues: keys.enumerated().map { ($1.peerID, $0) })
        routers = keys.enumerated().map { number, pair in
            GossipRouter(
                localPeer: pair.peerID, configuration: configuration,
                random: SeededRandom(seed: seed &* 1_000 &+ UInt64(number)))
        }
        delivered = Array(repeating: [], count: count)
    }

    func peer(_ number: Int) -> PeerID { keys[number].peerID }

    // MARK: - Links

    mutating func link(_ dialer: Int, _ listener: Int, version: GossipVersion = .gossipsub11) {
        perform(
            routers[dialer].connected(peer(listener), version: version, isOutbound: true, address: nil), of: dialer)
        perform(
            routers[listener].connected(peer(dialer), version: version, isOutbound: false, address: nil), of: listener)
    }

    mutating func unlink(_ one: Int, _ other: Int) {
        routers[one].disconnected(peer(other), now: now)
        routers[other].disconnected(peer(one), now: now)
    }

    /// A ring, so that nobody is alone, and links by lot besides.
    mutating func linkAtRandom(degree: Int) {
        for number in routers.indices {
            link(number, (number + 1) % routers.count)
            for _ in 1..<max(1, degree / 2) {
                let other = random.below(routers.count)
                if other != number { link(number, other) }
            }
        }
    }

    // MARK: - What happens

    mutating func change(_ number: Int, _ edit: (inout GossipRouter, Duration) throws -> [GossipRouter.Action]) rethrows
    {
        perform(try edit(&routers[number], now), of: number)
    }

    mutating func subscribeAll() throws {
        for number in routers.indices { try change(number) { try $0.subscribe(Self.topic, now: $1) } }
    }

    @discardableResult
    mutating func publish(_ number: Int, _ bytes: [UInt8]) throws -> UInt64 {
        let (sequence, keys) = (sequence, keys[number])
        self.sequence += 1
        try change(number) {
            try $0.publish(bytes, topic: Self.topic, sequence: sequence, keys: keys, now: $1)
        }
        return sequence
    }

    /// Something arrives that a router did not send by itself.
    mutating func inject(_ rpc: GossipRPC, from sender: Int, to number: Int) {
        perform(routers[number].received(rpc, from: peer(sender), now: now), of: number)
    }

    mutating func pass(_ duration: Duration) {
        let end = milliseconds + Int(duration / .milliseconds(1))
        while milliseconds < end {
            milliseconds += Self.step
            for event in agenda.removeValue(forKey: milliseconds) ?? [] { handle(event) }
            if milliseconds % 1_000 == 0 {
                for number in routers.indices { perform(routers[number].heartbeat(now: now), of: number) }
            }
        }
    }

    private mutating func handle(_ event: Event) {
        switch event {
        case .arrival(let bytes, let sender, let number):
            guard let rpc = try? GossipCodec.decode(bytes, limits: configuration.limits) else {
                preconditionFailure("what a router sends can be read")
            }
            messageCount += rpc.messages.count
            perform(routers[number].received(rpc, from: peer(sender), now: now), of: number)
        }
    }

    private mutating func perform(_ actions: [GossipRouter.Action], of number: Int) {
        for action in actions {
            switch action {
            case .send(let item, let to):
                guard let other = numbers[to] else { continue }
                if isTracing { trace.append((number, other, item)) }
                send(item, from: number, to: other)
            case .deliver(let message): delivered[number].append(message)
            case .validate(let id, let message):
                perform(routers[number].validated(id, verdict(message), now: now), of: number)
            case .connect: break
            }
        }
    }

    private mutating func send(_ item: GossipRouter.Item, from number: Int, to other: Int) {
        guard !silent.contains(number) else { return }
        switch item {
        case .message, .have, .want: if random.chance(permille: lossPermille) { return }
        case .subscription, .graft, .prune: break
        }
        var queue = PeerQueue(limits: configuration.limits)
        queue.add(item)
        guard let rpc = queue.next() else { preconditionFailure("one thing waits") }
        // Streams keep their order, so what two routers say to each other takes the same time always.
        let delay = 1 + (number &* 31 &+ other &* 17) % 8
        agenda[milliseconds + delay * Self.step, default: []].append(
            .arrival(GossipCodec.encode(rpc), from: number, to: other))
    }
}
