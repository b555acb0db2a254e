import LibP2P
import LibP2PBlobs
import Logging
import WeftFormats
import WeftModel
import WeftPeers
import WeftWorker

/// A worker that belongs to no coordinator: whoever finds it and is let in by its owner has it, one at a time.
struct PeerWorker: Sendable {
    let context: Context
    let service: WorkerService

    /// Works until a signal.
    func run(until signals: some AsyncSequence<Int32, Never> & Sendable) async throws {
        try service.home.prepare()
        let identity = try service.identity()
        let peers = try PeerStack(identity, context, keepsTable: true)
        let box = Box<Worker>()
        let door = LinkDoor(
            of: peers.service, admits: { await box.value?.admits($0) ?? false },
            changed: { await peers.service.renewAdvertisement() })
        let blobs = Box<BlobSwarm>()
        let opened = try await service.open(
            joinToken: "",
            peers: { cache in
                let swarm = BlobSwarm(
                    network: peers.host, partials: cache,
                    read: { try await cache.read($0, offset: $1, length: $2) }, logger: context.logger)
                await blobs.fill(swarm)
                return PassedOnBlobs(swarm: swarm)
            }, connect: { try await door.next() })
        await box.fill(opened.worker)
        try await peers.run {
            await blobs.value?.start()
            await door.open()
            await peers.service.advertise {
                let profile = await opened.worker.offeredProfile
                let isFree = await !door.isTaken && profile.paused.isEmpty
                return PeerService.Offer(
                    profile: profile, freeSlots: isFree ? max(1, Int(profile.capacity.cpuMillis / 1000)) : 0)
            }
            let peer = peers.host.localPeer
            let addresses = await peers.host.listenAddresses().map { $0.with(peer).description }
            context.logger.notice(
                "offered to peers", metadata: ["peer": "\(peer)", "at": "\(addresses.joined(separator: " "))"])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await blobs.value?.run() }
                defer { group.cancelAll() }
                try await service.run(opened, until: signals)
            }
        }
    }

    /// Blobs from the other nodes of the coordinator's jobs.
    private struct PassedOnBlobs: BlobPeers {
        let swarm: BlobSwarm

        func fetch(_ digest: Digest, of coordinator: NodeID) async throws -> BlobReference? {
            guard let peer = try? PeerID(parsing: coordinator.text) else { return nil }
            do { return try await swarm.fetch(digest, of: peer) } catch BlobFetchError.notOffered { return nil }
        }
    }

    /// What there will be only later than what asks for it.
    private actor Box<Value: Sendable> {
        private(set) var value: Value?
        func fill(_ value: Value) { self.value = value }
    }
}
