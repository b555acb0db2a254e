import LibP2P
import Logging
import WeftFormats
import WeftModel
import WeftStorage

/// One blob at a node: on its way here, and passed on to others as it comes and afterwards.
actor BlobShare: ChunkHolder {
    enum Phase: Hashable {
        /// Exits: `.loading` when the coordinator says what the chunks are, `.ended` when it does not, or nobody wants it.
        case joining
        /// Exits: `.whole` with the last chunk, `.ended` when it cannot be had, or nobody wants it.
        case loading
        /// Exits: `.ended` when the coordinator is gone.
        case whole
        case ended
    }

    /// What a share's own tasks are started for.
    enum Work: Sendable {
        case ask(BlobSource)
        case finish
    }

    /// A stream on which this end asks.
    struct Speaker {
        let stream: any PeerStream
        let requests: AsyncStream<BlobRequest>.Continuation
    }

    /// How often a source that cannot be reached is tried.
    static let tries = 6
    static let tick = Duration.milliseconds(250)

    nonisolated let digest: Digest
    nonisolated let coordinator: PeerID
    let kit: BlobSwarm.Kit
    /// Tells that a peer has sent what it should not have.
    let blame: @Sendable (PeerID) async -> Void
    var phase = Phase.joining
    var list: ChunkList?
    var grant: [UInt8] = []
    var partial: (any PartialBlob)?
    var plan: DownloadPlan?
    var dropped: Set<PeerID>
    var random = SystemRandomNumberGenerator()
    var lastArrival: Duration
    var speakers: [PeerID: Speaker] = [:]
    /// Sources that were ever heard of, and those that wait to be asked.
    var known: Set<PeerID> = []
    var spare: [BlobSource] = []
    var askedSources = 0
    var bell = ChangeBell()
    var result: Result<BlobReference, any Error>?
    var waiter: CheckedContinuation<BlobReference, any Error>?
    var received: [PeerID: Int] = [:]
    let works: AsyncStream<Work>
    let work: AsyncStream<Work>.Continuation

    init(
        digest: Digest, coordinator: PeerID, dropped: Set<PeerID>, kit: BlobSwarm.Kit,
        blame: @escaping @Sendable (PeerID) async -> Void
    ) {
        self.digest = digest
        self.coordinator = coordinator
        self.dropped = dropped
        self.kit = kit
        self.blame = blame
        lastArrival = kit.clock.now()
        (works, work) = AsyncStream.makeStream()
    }

    // MARK: Its life

    /// Works until it is ended, its task is cancelled, or the coordinator has gone.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.keepAskingCoordinator() }
            group.addTask { await self.keepTime() }
            for await work in works {
                switch work {
                case .ask(let source): group.addTask { await self.keepAsking(source) }
                case .finish: group.addTask { await self.finish() }
                }
            }
            group.cancelAll()
        }
        end()
    }

    /// Returns when it is whole. Called once.
    func outcome() async throws -> BlobReference {
        if let result { return try result.get() }
        return try await withCheckedThrowingContinuation { waiter = $0 }
    }

    func settle(_ outcome: Result<BlobReference, any Error>) {
        guard result == nil else { return }
        result = outcome
        waiter?.resume(with: outcome)
        waiter = nil
    }

    func end() { end(.ended) }

    func end(_ why: BlobFetchError) {
        settle(.failure(why))
        phase = .ended
        work.finish()
        for speaker in speakers.values { speaker.requests.finish() }
        bell.end()
    }

    func endIfWhole() { if phase == .whole { end() } }

    func keepTime() async {
        while phase == .joining || phase == .loading {
            do { try await kit.clock.sleep(Self.tick) } catch { return }
            guard phase == .loading else { continue }
            let now = kit.clock.now()
            for peer in plan?.overdue(at: now) ?? [] { speakers[peer]?.stream.reset() }
            if now - lastArrival > kit.patience { return end(.starved(kit.patience)) }
            pump()
        }
    }

    func finish() async {
        guard phase == .loading, let partial else { return }
        do {
            let blob = try await partial.finish()
            guard phase == .loading else { return }
            phase = .whole
            for (peer, speaker) in speakers where peer != coordinator { speaker.requests.finish() }
            settle(.success(blob))
            self.partial = nil
            plan = nil
            let others = received.filter { $0.key != coordinator }.values.reduce(0, +)
            kit.logger.info(
                "a blob has come from peers",
                metadata: [
                    "blob": "\(digest)", "chunks_from_coordinator": "\(received[coordinator] ?? 0)",
                    "chunks_from_nodes": "\(others)",
                ])
        } catch BlobError.mismatch {
            end(.wrong(from: coordinator, "its chunks do not make up the blob"))
        } catch {
            end(.notKept("\(error)"))
        }
    }

    // MARK: Passing on

    /// Answers a peer that may read it.
    func serve(_ stream: any PeerStream, _ reader: MessageReader) async throws {
        guard phase != .ended else { throw PeerStreamError.closed }
        try await MessageWriter(stream).write(BlobCodec.encode(.opened(nil)))
        let (number, changes) = bell.listen()
        defer { bell.leave(number) }
        try await ServingSession(stream: stream, holder: self, changes: changes, clock: kit.clock).run(reader)
    }

    func offer(to peer: PeerID) -> ChunkSet? {
        switch phase {
        case .joining, .ended: nil
        case .loading: plan?.have
        case .whole: list.map { .all(of: $0.count) }
        }
    }

    func newSources(for peer: PeerID) -> [BlobSource] { [] }

    func give(_ chunk: Int, to peer: PeerID, insists: Bool) async throws -> [UInt8]? {
        guard let list, !dropped.contains(peer), offer(to: peer).map({ chunk < $0.count && $0.contains(chunk) }) == true
        else { return nil }
        let (offset, length) = (list.offset(of: chunk), list.length(of: chunk))
        if let partial { return try await partial.read(at: offset, length: length) }
        return try await kit.read(digest, offset, length)
    }
}
