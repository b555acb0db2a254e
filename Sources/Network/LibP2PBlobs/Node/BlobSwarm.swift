package import LibP2P
package import Logging
package import WeftModel
package import WeftStorage

/// A node's part in passing blobs on: fetches those of its coordinator's jobs from whoever has parts of them, and gives parts to
/// whoever its coordinator has allowed to read them.
///
/// What was fetched is passed on for as long as the coordinator is there. Call ``start()``, keep ``run()`` going.
package actor BlobSwarm {
    /// What shares of blobs are made with.
    struct Kit: Sendable {
        let network: any PeerNetwork
        let partials: any PartialBlobs
        /// Bytes of a blob that is here whole.
        let read: @Sendable (Digest, Int64, Int) async throws -> [UInt8]
        let clock: ProtocolClock
        /// A fetch that gets nothing for so long is given up.
        let patience: Duration
        let logger: Logger
    }

    private let kit: Kit
    private var shares: [Digest: BlobShare] = [:]
    /// Oldest first.
    private var order: [Digest] = []
    /// Peers that have sent what they should not have, by whose jobs that was for.
    private var dropped: [PeerID: Set<PeerID>] = [:]
    private var streams = StreamCount()
    private let begun: AsyncStream<BlobShare>
    private let begin: AsyncStream<BlobShare>.Continuation

    /// - Parameters:
    ///   - partials: where blobs grow until they are whole.
    ///   - read: bytes of one that is whole; throws where it is not here any more.
    package init(
        network: any PeerNetwork, partials: any PartialBlobs,
        read: @escaping @Sendable (_ digest: Digest, _ offset: Int64, _ length: Int) async throws -> [UInt8],
        clock: ProtocolClock = .continuous(), patience: Duration = .seconds(60), logger: Logger
    ) {
        kit = Kit(
            network: network, partials: partials, read: read, clock: clock, patience: patience, logger: logger)
        (begun, begin) = AsyncStream.makeStream()
    }

    /// Answers other nodes from now on.
    package func start() async {
        await kit.network.handle(BlobProtocol.name) { [weak self] stream in
            guard let self else { return stream.reset() }
            try await self.answer(stream)
        }
    }

    /// Works until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await share in begun {
                group.addTask {
                    await share.run()
                    await self.forget(share)
                }
            }
            group.cancelAll()
        }
        await kit.network.stopHandling(BlobProtocol.name)
    }

    /// Brings a blob into the store. Its digest and those of its chunks have been checked then.
    /// - Throws: ``BlobFetchError``, or `CancellationError`; what has come by then stays for the next time.
    package func fetch(_ digest: Digest, of coordinator: PeerID) async throws -> BlobReference {
        // It was here and is not any more, or it is another's.
        if let old = shares.removeValue(forKey: digest) {
            order.removeAll { $0 == digest }
            await old.end()
        }
        while order.count >= BlobProtocol.shares {
            await shares.removeValue(forKey: order.removeFirst())?.endIfWhole()
        }
        if dropped.keys.contains(where: { $0 != coordinator }) { dropped = dropped.filter { $0.key == coordinator } }
        let share = BlobShare(
            digest: digest, coordinator: coordinator, dropped: dropped[coordinator] ?? [], kit: kit
        ) { [weak self] in await self?.drop($0, of: coordinator) }
        shares[digest] = share
        order.append(digest)
        begin.yield(share)
        return try await withTaskCancellationHandler {
            try await share.outcome()
        } onCancel: {
            Task { await share.end() }
        }
    }

    /// Peers that nothing is asked of any more, and nothing given to, for this coordinator's jobs.
    package func droppedPeers(of coordinator: PeerID) -> Set<PeerID> { dropped[coordinator] ?? [] }

    /// From whom how many chunks of a blob came.
    package func received(of digest: Digest) async -> [PeerID: Int] { await shares[digest]?.received ?? [:] }

    private func forget(_ share: BlobShare) {
        guard shares[share.digest] === share else { return }
        shares[share.digest] = nil
        order.removeAll { $0 == share.digest }
    }

    private func drop(_ peer: PeerID, of coordinator: PeerID) async {
        dropped[coordinator, default: []].insert(peer)
        for share in shares.values where share.coordinator == coordinator { await share.forbid(peer) }
        await kit.network.disconnect(peer)
    }

    // MARK: Others

    private func answer(_ stream: any PeerStream) async throws {
        guard streams.enter(stream.peer) else { return stream.reset() }
        defer { streams.leave(stream.peer) }
        var reader = MessageReader(stream)
        guard let (digest, grant) = try await BlobDoor.question(&reader, clock: kit.clock) else { return }
        guard let share = shares[digest], dropped[share.coordinator]?.contains(stream.peer) != true,
            BlobGrant(peer: stream.peer, digest: digest).isSigned(grant, by: share.coordinator)
        else {
            // Whether it is here is nobody's business who may not read it.
            return try await BlobDoor.refuse(stream, "not for you, or not here", never: false)
        }
        try await share.serve(stream, reader)
    }
}
