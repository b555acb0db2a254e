import LibP2P
import Synchronization
import WeftModel

/// Who has chunks of one blob and answers for them.
protocol ChunkHolder: Sendable {
    /// What would be given to the peer now; nil as long as it is not known how many chunks there are.
    func offer(to peer: PeerID) async -> ChunkSet?
    /// Nodes that the peer has not been told of; from a coordinator alone.
    func newSources(for peer: PeerID) async -> [BlobSource]
    /// The chunk's bytes; nil if the peer is not to have it now. Throws where the blob cannot be read any more.
    func give(_ chunk: Int, to peer: PeerID, insists: Bool) async throws -> [UInt8]?
}

/// One stream that a peer has opened and that was let in: answers reads in their order, and says what is new.
struct ServingSession: Sendable {
    let stream: any PeerStream
    let holder: any ChunkHolder
    /// Fires when the offer or the sources may have changed; one for this session alone.
    let changes: AsyncStream<Void>
    let clock: ProtocolClock

    /// Returns when the peer has closed its side.
    /// - Throws: `PeerStreamError`, `BlobError` or `CancellationError`: the stream is of no use then.
    func run(_ reader: MessageReader) async throws {
        let waiting = WaitingWork()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var reader = reader
                while let bytes = try await reader.read(limit: BlobProtocol.requestBytes) {
                    guard case .read(let chunk, let insists) = try BlobCodec.request(from: bytes) else {
                        throw PeerStreamError.malformed("a stream is opened for one blob")
                    }
                    guard waiting.add(chunk, insists) else {
                        throw PeerStreamError.malformed("more reads at a time than anybody may wait for")
                    }
                }
            }
            group.addTask {
                for await _ in changes {
                    waiting.change()
                    try await clock.sleep(BlobProtocol.offerPause)
                }
                // The holder has ended.
                throw PeerStreamError.closed
            }
            group.addTask { for await _ in waiting.wakes { try await answer(waiting) } }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func answer(_ waiting: WaitingWork) async throws {
        let writer = MessageWriter(stream)
        while let work = waiting.next() {
            switch work {
            case .change:
                let sources = await holder.newSources(for: stream.peer)
                if !sources.isEmpty { try await writer.write(BlobCodec.encode(.sources(sources))) }
                if let offer = await holder.offer(to: stream.peer) {
                    try await writer.write(BlobCodec.encode(.offer(offer.bytes)))
                }
            case .read(let chunk, let insists):
                let bytes = try await holder.give(chunk, to: stream.peer, insists: insists)
                try await writer.write(
                    BlobCodec.encode(bytes.map { .chunk(chunk, $0) } ?? .declined(chunk)))
            }
        }
    }
}

/// What one stream has to be answered, bounded.
private final class WaitingWork: Sendable {
    enum Work {
        case change
        case read(Int, insists: Bool)
    }

    private struct State {
        var reads: [(chunk: Int, insists: Bool)] = []
        var isChanged = true
    }

    let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    init() {
        (wakes, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        wake.yield()
    }

    /// False when too much waits already.
    func add(_ chunk: Int, _ insists: Bool) -> Bool {
        let hasRoom = state.withLock { state in
            guard state.reads.count < BlobProtocol.waitingReads else { return false }
            state.reads.append((chunk, insists))
            return true
        }
        wake.yield()
        return hasRoom
    }

    func change() {
        state.withLock { $0.isChanged = true }
        wake.yield()
    }

    /// What is new is said first, so that it is not asked for in vain.
    func next() -> Work? {
        state.withLock { state in
            if state.isChanged {
                state.isChanged = false
                return .change
            }
            guard !state.reads.isEmpty else { return nil }
            let read = state.reads.removeFirst()
            return .read(read.chunk, insists: read.insists)
        }
    }
}
