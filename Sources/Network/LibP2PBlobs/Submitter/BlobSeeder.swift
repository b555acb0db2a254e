package import LibP2P
package import Logging
import WeftFormats
package import WeftModel
package import WeftStorage

/// Gives the blobs of a coordinator's jobs to the nodes that work on them: each chunk once, and tells each node of the others, so
/// that they pass them on.
///
/// Nobody reads what ``admits`` does not say.
package actor BlobSeeder {
    private let network: any PeerNetwork
    private let store: any BlobStore
    /// Whether the node works on something that the blob belongs to.
    private let admits: @Sendable (PeerID, Digest) async -> Bool
    private let clock: ProtocolClock
    private let logger: Logger
    private var seeds: [Digest: BlobSeed] = [:]
    /// Oldest first.
    private var order: [Digest] = []
    private var streams = StreamCount()

    package init(
        network: any PeerNetwork, store: any BlobStore, clock: ProtocolClock = .continuous(), logger: Logger,
        admits: @escaping @Sendable (PeerID, Digest) async -> Bool
    ) {
        self.network = network
        self.store = store
        self.clock = clock
        self.logger = logger
        self.admits = admits
    }

    /// Answers from now on.
    package func start() async {
        await network.handle(BlobProtocol.name) { [weak self] stream in
            guard let self else { return stream.reset() }
            try await self.answer(stream)
        }
    }

    /// Bytes of chunks that were given to nodes, in all and of everything.
    package func givenBytes() async -> Int64 {
        var bytes: Int64 = 0
        for seed in seeds.values { bytes += await seed.givenBytes }
        return bytes
    }

    /// What was given of each blob.
    package func accounts() async -> [BlobAccount] {
        var accounts: [BlobAccount] = []
        for digest in order { if let account = await seeds[digest]?.account { accounts.append(account) } }
        return accounts
    }

    private func answer(_ stream: any PeerStream) async throws {
        guard streams.enter(stream.peer) else { return stream.reset() }
        defer { streams.leave(stream.peer) }
        var reader = MessageReader(stream)
        guard let (digest, _) = try await BlobDoor.question(&reader, clock: clock) else { return }
        guard await admits(stream.peer, digest) else {
            logger.notice("a blob was asked for in vain", metadata: ["peer": "\(stream.peer)", "blob": "\(digest)"])
            return try await BlobDoor.refuse(stream, "no job of yours has this blob", never: true)
        }
        guard let size = try await store.size(of: digest), size >= BlobProtocol.leastBlobBytes,
            let chunkBytes = ChunkList.chunkBytes(forSize: size)
        else { return try await BlobDoor.refuse(stream, "it comes over the link", never: true) }
        guard let seed = seed(of: digest, sizeBytes: size, chunkBytes: chunkBytes) else {
            return try await BlobDoor.refuse(stream, "too many blobs are on their way", never: true)
        }
        try await seed.serve(stream, reader, clock: clock)
    }

    private func seed(of digest: Digest, sizeBytes: Int64, chunkBytes: Int) -> BlobSeed? {
        if let seed = seeds[digest] { return seed }
        guard seeds.count < BlobProtocol.lists else { return nil }
        let seed = BlobSeed(
            digest: digest, sizeBytes: sizeBytes, chunkBytes: chunkBytes, store: store, network: network)
        seeds[digest] = seed
        order.append(digest)
        return seed
    }
}

/// How much of a blob has left this machine.
package struct BlobAccount: Sendable, Hashable {
    package var digest: Digest
    package var sizeBytes: Int64
    /// Bytes of chunks that were given, to whomever.
    package var givenBytes: Int64
    /// Nodes that asked.
    package var peerCount: Int
}
