import WeftModel
import WeftStorage
import WeftWire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Fetches blobs into the cache: from peers where the coordinator offers that, otherwise over its link. One fetch serves
/// everybody who wants the blob at that time, and goes on over a new link where the last one broke off.
actor BlobInlet {
    private struct Flight {
        var plan: ChunkPlan
        /// Bytes that arrived and wait to be written.
        var arrived: [[UInt8]] = []
        var isComplete = false
        var failure: AttemptFailure?
        /// The flight's own task, when it has nothing to do.
        var idle: CheckedContinuation<Void, Never>?
        var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var task: Task<Void, Never>?
        /// Counts what arrives, for whoever watches for silence.
        var pieces: UInt64 = 0
    }

    private let cache: BlobCache
    private let outbox: Outbox
    private let configuration: WorkerConfiguration
    private let environment: WorkerEnvironment
    private let peers: (any BlobPeers)?
    private var flights: [Digest: Flight] = [:]
    private var requests: [UInt64: Digest] = [:]
    private var lastRequest: UInt64 = 0
    private var lastWaiter: UInt64 = 0
    private var isLinked = false

    private static let windowPieces = 16
    /// How often a blob that was evicted the moment it came is fetched again.
    private static let tries = 3

    init(
        cache: BlobCache, outbox: Outbox, configuration: WorkerConfiguration, environment: WorkerEnvironment,
        peers: (any BlobPeers)? = nil
    ) {
        self.peers = peers
        self.cache = cache
        self.outbox = outbox
        self.configuration = configuration
        self.environment = environment
    }

    /// The blob, of a job of this coordinator, is in the cache afterwards, pinned once for the caller. Throws
    /// ``AttemptFailure`` or `CancellationError`.
    func ensure(_ digest: Digest, of coordinator: NodeID) async throws {
        for _ in 0..<Self.tries {
            if await cache.pin(digest) { return }
            try await join(digest, coordinator)
        }
        if await cache.pin(digest) { return }
        throw AttemptFailure(.inputUnavailable, "the cache is too small to keep \(digest)")
    }

    // MARK: The link

    /// A link is up: what has not come over the last one is asked for again.
    func linkOpened() {
        isLinked = true
        requests = [:]
        for digest in flights.keys {
            let pieces = flights[digest]!.plan.askAgain(number: takeNumber)
            send(pieces, digest)
        }
    }

    func linkClosed() { isLinked = false }

    func receive(_ pieces: [Weft_Wire_V1_BlobData]) { for piece in pieces { receive(piece) } }

    private func receive(_ data: Weft_Wire_V1_BlobData) {
        guard let digest = requests.removeValue(forKey: data.request), flights[digest] != nil else { return }
        flights[digest]!.pieces += 1
        if !data.error.isEmpty {
            fail(digest, "the coordinator cannot send \(digest): \(data.error.prefix(500))")
            return
        }
        let (answer, more) = flights[digest]!.plan.receive(
            request: data.request, total: data.totalBytes, bytes: [UInt8](data.bytes), number: takeNumber)
        send(more, digest)
        switch answer {
        case .write(let pieces, let isComplete):
            flights[digest]!.arrived += pieces
            flights[digest]!.isComplete = isComplete
            flights[digest]!.idle.take()?.resume()
        case .failed(let why):
            fail(digest, "the coordinator sent \(digest) wrongly: \(why)")
        }
    }

    private func fail(_ digest: Digest, _ why: String) {
        flights[digest]?.failure = AttemptFailure(.inputUnavailable, why)
        flights[digest]?.idle.take()?.resume()
    }

    private func takeNumber() -> UInt64 {
        lastRequest += 1
        return lastRequest
    }

    private func send(_ pieces: [(request: UInt64, piece: ChunkPlan.Piece)], _ digest: Digest) {
        for (request, piece) in pieces {
            requests[request] = digest
            var message = Weft_Wire_V1_BlobRequest()
            message.request = request
            message.digest = digest.wire
            message.offset = piece.offset
            message.length = piece.length
            outbox.post(Message(.blobRequest(message)))
        }
    }

    // MARK: Waiting

    private func join(_ digest: Digest, _ coordinator: NodeID) async throws {
        lastWaiter += 1
        let waiter = lastWaiter
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                    return
                }
                if flights[digest] == nil { launch(digest, coordinator) }
                flights[digest]!.waiters[waiter] = continuation
            }
        } onCancel: {
            Task { await self.leave(digest, waiter) }
        }
    }

    private func leave(_ digest: Digest, _ waiter: UInt64) {
        guard let continuation = flights[digest]?.waiters.removeValue(forKey: waiter) else { return }
        continuation.resume(throwing: CancellationError())
        if flights[digest]?.waiters.isEmpty == true {
            flights[digest]?.task?.cancel()
            fail(digest, "nobody wants it any more")
        }
    }

    // MARK: One fetch

    private func launch(_ digest: Digest, _ coordinator: NodeID) {
        flights[digest] = Flight(
            plan: ChunkPlan(
                chunkBytes: UInt32(LinkBounds.blobChunkBytes), windowPieces: Self.windowPieces,
                limitBytes: UInt64(configuration.blobBytesLimit)))
        flights[digest]!.task = Task {
            var failure: AttemptFailure?
            do {
                if try await !fetchFromPeers(digest, coordinator) { try await fetch(digest) }
            } catch let error as AttemptFailure {
                failure = error
            } catch {
                failure = AttemptFailure(.inputUnavailable, "\(digest) could not be kept: \(error)")
            }
            land(digest, failure)
        }
    }

    /// False where it has to come over the link.
    private func fetchFromPeers(_ digest: Digest, _ coordinator: NodeID) async throws -> Bool {
        guard let peers else { return false }
        let blob: BlobReference
        do {
            guard let fetched = try await peers.fetch(digest, of: coordinator) else { return false }
            blob = fetched
        } catch {
            throw AttemptFailure(.inputUnavailable, "\(digest) could not be had from peers: \(error)")
        }
        try await cache.adopt(blob)
        await cache.unpin(digest)
        return true
    }

    private func land(_ digest: Digest, _ failure: AttemptFailure?) {
        guard let flight = flights.removeValue(forKey: digest) else { return }
        for request in flight.plan.outstanding.keys { requests[request] = nil }
        for waiter in flight.waiters.values {
            if let failure { waiter.resume(throwing: failure) } else { waiter.resume() }
        }
    }

    private func askMore(_ digest: Digest) {
        guard let held = flights[digest]?.arrived.count else { return }
        send(flights[digest]!.plan.ask(held: held, number: takeNumber), digest)
    }

    private func fetch(_ digest: Digest) async throws {
        askMore(digest)
        let watchdog = Task { try await watch(digest) }
        defer { watchdog.cancel() }
        var writer: (any BlobWriter)?
        do {
            while true {
                let (pieces, isComplete) = try await nextPieces(digest)
                if writer == nil {
                    let total = flights[digest]?.plan.totalBytes ?? 0
                    writer = try await cache.makeWriter(sizeBytes: Int64(clamping: total))
                }
                for piece in pieces { try await writer!.write(piece) }
                if isComplete { break }
                askMore(digest)
            }
            try await cache.adopt(try await writer!.finish(expecting: digest))
            // Adopting pins; whoever waits takes a pin of his own.
            await cache.unpin(digest)
        } catch {
            await writer?.cancel()
            throw error
        }
    }

    private func nextPieces(_ digest: Digest) async throws -> (pieces: [[UInt8]], isComplete: Bool) {
        while true {
            guard let flight = flights[digest] else { throw CancellationError() }
            if let failure = flight.failure { throw failure }
            if !flight.arrived.isEmpty || flight.isComplete {
                flights[digest]!.arrived = []
                return (flight.arrived, flight.isComplete)
            }
            await withCheckedContinuation { flights[digest]!.idle = $0 }
        }
    }

    /// Gives a fetch up that gets nothing although there is a link.
    private func watch(_ digest: Digest) async throws {
        var last = flights[digest]?.pieces
        while true {
            try await environment.sleep(configuration.fetchPatience)
            guard let pieces = flights[digest]?.pieces else { return }
            if pieces == last, isLinked {
                fail(digest, "the coordinator sent nothing of \(digest) for \(configuration.fetchPatience)")
                return
            }
            last = pieces
        }
    }
}
