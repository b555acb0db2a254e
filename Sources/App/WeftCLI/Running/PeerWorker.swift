import LibP2P
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
        let box = WorkerBox()
        let door = LinkDoor(
            of: peers.service, admits: { await box.worker?.admits($0) ?? false },
            changed: { await peers.service.renewAdvertisement() })
        let opened = try await service.open(joinToken: "", connect: { try await door.next() })
        await box.fill(opened.worker)
        try await peers.run {
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
            try await service.run(opened, until: signals)
        }
    }

    /// The worker, once there is one: the door is made before it.
    private actor WorkerBox {
        private(set) var worker: Worker?
        func fill(_ worker: Worker) { self.worker = worker }
    }
}
