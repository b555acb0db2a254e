import LibP2P
import WeftFormats
import WeftModel
import WeftStorage

/// One blob of a submitter: what of it was given to whom, and who is fetching it.
actor BlobSeed: ChunkHolder {
    /// A node that has a stream for it.
    private struct Member {
        /// Told apart from an earlier stream of the same node.
        var session: UInt64
        /// Others that it was told of.
        var told: Set<PeerID> = []
    }

    private let digest: Digest
    private let sizeBytes: Int64
    private let chunkBytes: Int
    private let store: any BlobStore
    private let network: any PeerNetwork
    private var listing: Task<ChunkList, any Error>?
    private var list: ChunkList?
    private var book: HandoutBook?
    private var members: [PeerID: Member] = [:]
    private var seen: Set<PeerID> = []
    private var bell = ChangeBell()
    private(set) var givenBytes: Int64 = 0

    init(digest: Digest, sizeBytes: Int64, chunkBytes: Int, store: any BlobStore, network: any PeerNetwork) {
        self.digest = digest
        self.sizeBytes = sizeBytes
        self.chunkBytes = chunkBytes
        self.store = store
        self.network = network
    }

    var account: BlobAccount {
        BlobAccount(digest: digest, sizeBytes: sizeBytes, givenBytes: givenBytes, peerCount: seen.count)
    }

    func serve(_ stream: any PeerStream, _ reader: MessageReader, clock: ProtocolClock) async throws {
        let list = try await chunks()
        let grant = BlobGrant(peer: stream.peer, digest: digest).signed(by: network.keys)
        try await MessageWriter(stream).write(
            BlobCodec.encode(.opened(BlobAnswer.Opened(list: list, grant: grant))))
        let (number, changes) = enter(stream.peer)
        defer { leave(stream.peer, number) }
        try await ServingSession(stream: stream, holder: self, changes: changes, clock: clock).run(reader)
    }

    /// The digests of its chunks; computed once.
    private func chunks() async throws -> ChunkList {
        if let list { return list }
        let listing =
            listing
            ?? Task { [store, digest, sizeBytes, chunkBytes] in
                var digests: [Digest] = []
                var offset: Int64 = 0
                while offset < sizeBytes {
                    let bytes = try await store.read(digest, offset: offset, length: chunkBytes)
                    guard !bytes.isEmpty else { throw BlobError.missing(digest) }
                    digests.append(Hashing.sha256(bytes))
                    offset += Int64(bytes.count)
                }
                guard let list = ChunkList(sizeBytes: sizeBytes, chunkBytes: chunkBytes, digests: digests) else {
                    throw BlobError.damaged(digest)
                }
                return list
            }
        self.listing = listing
        do {
            let list = try await listing.value
            self.list = list
            if book == nil { book = HandoutBook(count: list.count) }
            return list
        } catch {
            self.listing = nil
            throw error
        }
    }

    private func enter(_ peer: PeerID) -> (UInt64, AsyncStream<Void>) {
        if members[peer] != nil { _ = book?.left(peer) }
        let (number, changes) = bell.listen()
        members[peer] = Member(session: number)
        if seen.count < 4096 { seen.insert(peer) }
        // The others hear of it.
        bell.ring()
        return (number, changes)
    }

    private func leave(_ peer: PeerID, _ number: UInt64) {
        bell.leave(number)
        guard members[peer]?.session == number else { return }
        members[peer] = nil
        // Whoever was told of it has room for another.
        for other in members.keys { members[other]?.told.remove(peer) }
        if book?.left(peer) == true { bell.ring() }
    }

    // MARK: ChunkHolder

    func offer(to peer: PeerID) -> ChunkSet? { book?.offered }

    func newSources(for peer: PeerID) async -> [BlobSource] {
        guard let told = members[peer]?.told else { return [] }
        let left = BlobProtocol.sources - told.count
        let new = members.keys.filter { $0 != peer && !told.contains($0) }.shuffled().prefix(max(0, left))
        members[peer]?.told.formUnion(new)
        var sources: [BlobSource] = []
        for other in new {
            sources.append(BlobSource(peer: other, addresses: await network.knownAddresses(of: other)))
        }
        return sources
    }

    func give(_ chunk: Int, to peer: PeerID, insists: Bool) async throws -> [UInt8]? {
        guard let list, book?.give(chunk, to: peer, insists: insists) == true else { return nil }
        bell.ring()
        let bytes = try await store.read(digest, offset: list.offset(of: chunk), length: list.length(of: chunk))
        givenBytes += Int64(bytes.count)
        return bytes
    }
}
