package import LibP2P
import LibP2PDiscovery
import LibP2PLink
import LibP2PPubSub
package import Logging
package import NIOCore
package import WeftModel

/// A peer of Weft's own network: finds others by the local network, a distributed table and gossip, hears what they offer, and
/// tells what this one does. Nobody is needed for it but a peer or two to begin with.
///
/// ``run()`` keeps it going; everything else may be called meanwhile.
package actor PeerService {
    package struct Configuration: Sendable {
        /// Peers to begin with; each ends with `/p2p/…`.
        package var bootstrap: [Multiaddr] = []
        /// Whether others in the local network are looked for, and this one shows itself there.
        package var usesMulticast = true
        /// Whether this peer keeps a part of the table for others: not for those that are gone in a minute.
        package var keepsTable = true
        /// How often an advertisement is renewed; it holds three times as long.
        package var renewal: Duration = .seconds(60)
        /// How often the table and the neighbours are asked for nodes while somebody looks for them; more often at first.
        package var search: Duration = .seconds(5)
        /// How often it is looked whether what this node offers has changed.
        package var look: Duration = .seconds(1)

        package init() {}
    }

    /// Weft's own table, apart from the public one of IPFS.
    static let tableProtocol = "/weft/kad/1.0.0"
    static let topic = "/weft/nodes/1.0.0"
    static let multicastService = "_p2p-weft._udp.local"
    /// One stream, one signed advertisement, and the end.
    static let advertisementProtocol = "/weft/advertisement/1.0.0"
    /// What nodes that take work provide in the table.
    static let nodesKey = CID(multihash: Multihash(sha256Of: Array("weft nodes 1".utf8)))
    private static let addressLifetime = Duration.seconds(1800)
    private static let fetchPatience = Duration.seconds(5)

    package nonisolated let network: any PeerNetwork
    private let configuration: Configuration
    private let kademlia: Kademlia
    private let gossip: Gossipsub
    private let multicast: MulticastDiscovery?
    private let now: @Sendable () -> Instant
    private let clock = ProtocolClock.continuous()
    private let logger: Logger
    private var book = AdvertisementBook()
    private var offer: (@Sendable () async -> Offer)?
    private var own: [UInt8]?
    /// What was said last, and when.
    private var announced: (offer: Offer, at: Instant)?
    private var lastSequence: UInt64 = 0
    private var seekers: [UInt64: AsyncStream<Advertisement>.Continuation] = [:]
    private var lastSeeker: UInt64 = 0
    private let announcements: AsyncStream<Void>
    private let announceSoon: AsyncStream<Void>.Continuation

    /// What this node offers now.
    package struct Offer: Sendable, Hashable {
        package var profile: NodeProfile
        package var freeSlots: Int
        package var price: Credits

        package init(profile: NodeProfile, freeSlots: Int, price: Credits = .zero) {
            self.profile = profile
            self.freeSlots = freeSlots
            self.price = price
        }
    }

    /// - Parameter eventLoops: for the sockets of multicast; without any, there is none.
    package init(
        network: any PeerNetwork, configuration: Configuration, eventLoops: (any EventLoopGroup)?,
        now: @escaping @Sendable () -> Instant, logger: Logger
    ) {
        self.network = network
        self.configuration = configuration
        self.now = now
        self.logger = logger
        var table = KademliaConfiguration(
            mode: configuration.keepsTable ? .server : .client, protocolName: Self.tableProtocol)
        // Nodes of a laboratory share a network, and records of nodes that have gone are of no use.
        table.providerLifetime = .seconds(1800)
        table.provideInterval = .seconds(600)
        table.refreshInterval = .seconds(60)
        kademlia = Kademlia(network: network, configuration: table)
        gossip = Gossipsub(network: network)
        var service = MulticastDiscovery.Configuration()
        service.service = Self.multicastService
        multicast =
            configuration.usesMulticast
            ? eventLoops.map { MulticastDiscovery(network: network, eventLoops: $0, configuration: service) } : nil
        (announcements, announceSoon) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Works until the task is cancelled. Throws ``GossipError`` where a topic cannot be followed.
    package func run() async throws {
        await network.handle(Self.advertisementProtocol) { [weak self] stream in
            guard let own = await self?.own else { return }
            try await MessageWriter(stream).write(own)
            try await stream.closeWrite()
        }
        await gossip.setValidator(Self.topic) { [weak self] message in
            await self?.judge(message) ?? .ignore
        }
        let heard = try await gossip.subscribe(Self.topic)
        await withDiscardingTaskGroup { group in
            group.addTask { try? await self.kademlia.run() }
            group.addTask { try? await self.gossip.run() }
            // Judging has taken what it says already; reading keeps the topic followed.
            group.addTask { for await _ in heard {} }
            group.addTask { await self.followMulticast() }
            group.addTask { await self.findPeers() }
            group.addTask { await self.announceRepeatedly() }
        }
        await network.stopHandling(Self.advertisementProtocol)
        for seeker in seekers.values { seeker.finish() }
        seekers = [:]
    }

    // MARK: Others

    private func judge(_ message: GossipMessage) -> GossipVerdict {
        do {
            let advertisement = try Advertisement(signed: message.bytes, now: now())
            // Nobody speaks for others here: what is heard again later would be new to those who have forgotten it.
            guard advertisement.peer == message.author else { return .reject }
            try take(advertisement)
            return .accept
        } catch let error as AdvertisementError {
            switch error {
            case .stale, .full, .expired: return .ignore
            case .malformed, .badSignature, .wrongSigner, .lastsTooLong: return .reject
            }
        } catch {
            return .ignore
        }
    }

    private func take(_ advertisement: Advertisement) throws {
        guard advertisement.peer != network.localPeer else { return }
        try book.take(advertisement, now: now())
        for seeker in seekers.values { seeker.yield(advertisement) }
    }

    /// Nodes that take work: those that are known, and those that are found from now on; each again when it says something new.
    /// A reader that does not keep up loses the oldest.
    package func nodes() -> AsyncStream<Advertisement> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Advertisement.self, bufferingPolicy: .bufferingNewest(1024))
        lastSeeker += 1
        let number = lastSeeker
        seekers[number] = continuation
        for advertisement in book.all(now: now()) { continuation.yield(advertisement) }
        let search = Task { await self.searchRepeatedly() }
        continuation.onTermination = { _ in
            search.cancel()
            Task { await self.forget(seeker: number) }
        }
        return stream
    }

    /// What is known now.
    package func knownNodes() -> [Advertisement] { book.all(now: now()) }

    /// What one node says now; nil for one that is not known, or no longer.
    package func knownNode(_ peer: PeerID) -> Advertisement? { book.advertisement(of: peer, now: now()) }

    private func forget(seeker: UInt64) { seekers[seeker] = nil }

    private func searchRepeatedly() async {
        var pause = Duration.milliseconds(200)
        while !Task.isCancelled {
            await withDiscardingTaskGroup { group in
                for await provider in kademlia.findProviders(of: Self.nodesKey, limit: 64) {
                    group.addTask { await self.ask(provider.peer, provider.addresses) }
                }
                for peer in await network.connectedPeers() { group.addTask { await self.ask(peer, []) } }
            }
            do { try await Task.sleep(for: pause) } catch { return }
            pause = min(pause * 3 / 2, configuration.search)
        }
    }

    /// Has a peer say what it offers; nothing comes of it where it offers nothing, or does not answer soon.
    private func ask(_ peer: PeerID, _ addresses: [Multiaddr]) async {
        guard peer != network.localPeer else { return }
        await network.learn(addresses, of: peer, for: Self.addressLifetime)
        do {
            let bytes = try await clock.withLimit(Self.fetchPatience) { [network] in
                let stream = try await network.openStream(to: peer, protocols: [Self.advertisementProtocol])
                defer { stream.reset() }
                var reader = MessageReader(stream)
                return try await reader.read(limit: SignedEnvelope.greatestLength)
            }
            guard let bytes else { return }
            let advertisement = try Advertisement(signed: bytes, now: now())
            guard advertisement.peer == peer else { return }
            try take(advertisement)
        } catch {
            logger.trace("a peer offers nothing", metadata: ["peer": "\(peer)", "reason": "\(error)"])
        }
    }

    // MARK: Finding peers

    private func followMulticast() async {
        guard let multicast else { return }
        await withDiscardingTaskGroup { group in
            group.addTask {
                do { try await multicast.run() } catch {
                    self.logger.info("nobody is found by multicast here", metadata: ["reason": "\(error)"])
                }
            }
            for await event in multicast.events {
                guard case .found(let peer, let addresses) = event else { continue }
                group.addTask {
                    await self.network.learn(addresses, of: peer, for: Self.addressLifetime)
                    if await !self.network.isConnected(to: peer) {
                        try? await self.network.connect(to: peer, addresses: addresses)
                    }
                }
            }
        }
    }

    /// Keeps at it until somebody is there, and again when nobody is any more.
    private func findPeers() async {
        guard !configuration.bootstrap.isEmpty else { return }
        var pause = Duration.seconds(1)
        while !Task.isCancelled {
            if await network.connectedPeers().isEmpty {
                do {
                    try await kademlia.bootstrap(from: configuration.bootstrap)
                    pause = .seconds(1)
                } catch {
                    logger.info("no peer to begin with answers", metadata: ["reason": "\(error)"])
                    pause = min(pause * 2, .seconds(60))
                }
            }
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }

    // MARK: What this node offers

    /// Advertises this node from now on, with what `offer` says each time.
    package func advertise(_ offer: @escaping @Sendable () async -> Offer) {
        self.offer = offer
        announceSoon.yield()
    }

    /// Says at once what has changed.
    package func renewAdvertisement() { announceSoon.yield() }

    private func announceRepeatedly() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.provideWhileOffered() }
            group.addTask { [announceSoon, configuration] in
                while !Task.isCancelled {
                    do { try await Task.sleep(for: configuration.look) } catch { return }
                    announceSoon.yield()
                }
            }
            for await _ in announcements { await self.announceChanges() }
            group.cancelAll()
        }
    }

    /// Advertises what is new, and from time to time what is not.
    private func announceChanges() async {
        guard let offer = await offer?() else { return }
        let moment = now()
        let isDue = announced.map { moment - $0.at >= configuration.renewal } ?? true
        guard isDue || offer != announced?.offer else { return }
        lastSequence = max(lastSequence + 1, UInt64(clamping: moment.microseconds))
        let advertisement = Advertisement(
            peer: network.localPeer, sequence: lastSequence, expiresAt: moment + configuration.renewal * 3,
            addresses: await network.listenAddresses(), profile: offer.profile, freeSlots: offer.freeSlots,
            price: offer.price)
        do {
            let bytes = try advertisement.signed(by: network.keys)
            own = bytes
            announced = (offer, moment)
            try await gossip.publish(Self.topic, bytes)
        } catch {
            logger.warning("this node could not be advertised", metadata: ["reason": "\(error)"])
        }
    }

    /// Tells the table that this node takes work; the table renews it by itself once it was told.
    private func provideWhileOffered() async {
        while !Task.isCancelled {
            if offer != nil, (try? await kademlia.provide(Self.nodesKey)) != nil { return }
            do { try await Task.sleep(for: .seconds(2)) } catch { return }
        }
    }
}
