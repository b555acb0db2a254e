public import LibP2P
public import NIOCore

/// Finds the peers of the local network, and lets them find this one (libp2p specification "Multicast DNS").
///
/// Nothing that is found is proven: anybody on the network can say anything. Who a peer is turns out on connecting.
public actor MulticastDiscovery {
    public enum Event: Sendable, Hashable {
        /// A peer says that it is at these addresses. Told again when they change, and each time that it says
        /// so while there is no connection to it.
        case found(PeerID, [Multiaddr])
        /// A peer said good-bye, or has been silent for too long.
        case lost(PeerID)
    }

    public struct Configuration: Sendable {
        /// `_p2p._udp.local`; a network of one's own has another, as in `_p2p-X._udp.local`.
        public var service = "_p2p._udp.local"
        /// How often it is looked which networks this machine has, and where this peer can be reached.
        public var renewInterval: Duration = .seconds(20)
        /// The longest that a peer is remembered, whatever it says.
        public var longestLifetime: Duration = .seconds(600)

        public init() {}
    }

    private enum Cause: Sendable {
        case datagram(MulticastDatagram)
        case wake(due: Duration)
        case renew
    }

    /// What is found. Only one task reads; when it does not keep up, the oldest events are lost.
    public nonisolated let events: AsyncStream<Event>
    private let tell: AsyncStream<Event>.Continuation
    private let network: any PeerNetwork
    private let configuration: Configuration
    private let clock: ProtocolClock
    private var random: any RandomNumberGenerator & Sendable
    private let transport: any MulticastTransport
    private var machine: ServiceMachine
    /// The earliest time that a wake is on its way for.
    private var scheduled: Duration?
    private var isRunning = false

    /// - Parameter eventLoops: Where sockets are read and written.
    /// - Precondition: The service is a name of the domain name system.
    public init(
        network: any PeerNetwork, eventLoops: any EventLoopGroup, configuration: Configuration = Configuration()
    ) {
        self.init(
            network: network, transport: MulticastSockets(eventLoops: eventLoops), configuration: configuration,
            clock: .continuous(), random: SystemRandomNumberGenerator())
    }

    package init(
        network: any PeerNetwork, transport: any MulticastTransport, configuration: Configuration = Configuration(),
        clock: ProtocolClock, random: any RandomNumberGenerator & Sendable
    ) {
        self.network = network
        self.transport = transport
        self.configuration = configuration
        self.clock = clock
        var random = random
        let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")
        let label = String((0..<40).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] })
        guard let own = ServiceRecords(service: configuration.service, label: label, peer: network.localPeer) else {
            preconditionFailure("\(configuration.service) is not a name of the domain name system")
        }
        self.random = random
        var limits = ServiceMachine.Limits()
        limits.longestLifetime = configuration.longestLifetime
        machine = ServiceMachine(own: own, limits: limits, at: clock.now())
        (events, tell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(256))
    }

    /// Announces this peer and finds others until it is cancelled, and then says good-bye.
    /// - Throws: `MulticastError` when no network can be used to begin with; `CancellationError`.
    /// - Precondition: It is run once.
    public func run() async throws {
        precondition(!isRunning, "it is run once")
        isRunning = true
        _ = try await transport.renew()
        await learnOwnAddresses()
        let (causes, happened) = AsyncStream<Cause>.makeStream(bufferingPolicy: .bufferingOldest(512))
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [transport] in
                for await datagram in transport.datagrams { happened.yield(.datagram(datagram)) }
            }
            group.addTask { [clock, configuration] in
                while (try? await clock.sleep(configuration.renewInterval)) != nil { happened.yield(.renew) }
            }
            await perform(machine.tick(at: clock.now()))
            schedule(in: &group, happened)
            for await cause in causes {
                await handle(cause)
                schedule(in: &group, happened)
            }
            group.cancelAll()
        }
        await send(machine.farewell)
        await transport.close()
        tell.finish()
        try Task.checkCancellation()
    }

    // MARK: - Inside

    private func handle(_ cause: Cause) async {
        switch cause {
        case .datagram(let datagram):
            // The group carries the messages of all kinds of services; most are not for peers, and some are broken.
            guard let message = try? DNSDecoder.decode(datagram.bytes) else { return }
            await perform(
                machine.received(
                    message, isOfThisMachine: datagram.isOfThisMachine, at: clock.now(), using: &random))
        case .wake(let due):
            if scheduled == due { scheduled = nil }
            await perform(machine.tick(at: clock.now()))
        case .renew:
            // A machine whose networks are all gone may get them back.
            if (try? await transport.renew()) == true { machine.askAgain(at: clock.now()) }
            await learnOwnAddresses()
        }
    }

    /// Sees to it that what is due next is done in time. Later wakes that are on their way already do no harm.
    private func schedule(in group: inout TaskGroup<Void>, _ happened: AsyncStream<Cause>.Continuation) {
        let due = machine.nextWake
        if let scheduled, scheduled <= due { return }
        scheduled = due
        group.addTask { [clock] in
            guard (try? await clock.sleep(max(.zero, due - clock.now()))) != nil else { return }
            happened.yield(.wake(due: due))
        }
    }

    private func perform(_ actions: [ServiceMachine.Action]) async {
        for action in actions {
            switch action {
            case .send(let message):
                await send(message)
            case .found(let peer, let lifetime, let isNew):
                await network.learn(peer.addresses, of: peer.peer, for: lifetime)
                let isConnected = await network.isConnected(to: peer.peer)
                if isNew || !isConnected { tell.yield(.found(peer.peer, peer.addresses)) }
            case .lost(let peer):
                tell.yield(.lost(peer))
            }
        }
    }

    private func send(_ message: DNSMessage) async {
        guard let bytes = DNSEncoder.encode(message) else { return }
        await transport.send(bytes)
    }

    private func learnOwnAddresses() async {
        let hosts = await transport.hostAddresses()
        let listening = await network.listenAddresses()
        var records = machine.own
        records.addresses = Multiaddr.announced(listening, hosts: hosts, peer: network.localPeer)
        records.hostAddresses = hosts.map { $0.isVersion4 ? .a($0.bytes) : .aaaa($0.bytes) }
        records.port = listening.lazy.compactMap(\.tcpPort).first ?? 0
        machine.changed(records, at: clock.now())
    }
}

extension Multiaddr {
    /// The addresses that mean something to neighbours: not through relays, not of the machine itself unless there are no
    /// others; where a host listens everywhere, all that it has.
    package static func announced(_ listening: [Multiaddr], hosts: [IPAddress], peer: PeerID) -> [Multiaddr] {
        let concrete = listening.filter { !$0.isRelayed }.flatMap { address -> [Multiaddr] in
            guard let ip = address.ipAddress, ip.isUnspecified else { return [address] }
            return hosts.filter { $0.isVersion4 == ip.isVersion4 }.map { host in
                Multiaddr(address.components.map { $0 == .ip(ip) ? .ip(host) : $0 })
            }
        }
        let farther = concrete.filter { AddressReach(of: $0) > .machine }
        var seen: Set<Multiaddr> = []
        return (farther.isEmpty ? concrete : farther).map { $0.with(peer) }.filter { seen.insert($0).inserted }
    }
}
