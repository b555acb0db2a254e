import Synchronization
import WeftWire

/// What waits to be sent to the coordinator: filled from anywhere, emptied by the one task that sends.
///
/// Order is kept. Messages gather while the link is busy and leave in batches. Logs are taken while there is room and
/// declined otherwise; everything else is bounded by whoever posts it (one result per attempt, one heartbeat at a
/// time), and pieces of blobs wait for room.
final class Outbox: Sendable {
    struct Bounds: Sendable {
        var batchMessages = 512
        var batchBytes = 1 << 20
        /// Log bytes and blob bytes, each.
        var waitingBytes = 4 << 20
        /// A coordinator that makes the worker say this much and does not listen loses the link.
        var waitingMessages = 65_536
    }

    private enum Kind: Sendable { case control, log, blob }

    /// What leaves: a message as it is, or a result that is signed on its way out, together with its neighbours.
    enum Outgoing: Sendable {
        case message(Message)
        case result(FinishedAttempt)
    }

    private struct Entry: Sendable {
        var content: Outgoing
        var kind: Kind
        var bytes: Int
    }

    private struct State: Sendable {
        var isOpen = false
        var isFinishing = false
        var entries: [Entry] = []
        /// Entries before this one have left.
        var front = 0
        var logBytes = 0
        var blobBytes = 0
        /// Whether something waits that should leave at once, or has lingered for long enough.
        var isUrgent = false
        /// Whether ``flush()`` has been asked for.
        var isFlushing = false
        var flusher: CheckedContinuation<Void, Never>?
        var sender: CheckedContinuation<Void, Never>?
        var blobWaiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let bounds: Bounds

    init(bounds: Bounds = Bounds()) { self.bounds = bounds }

    /// Starts afresh for a new link: what an earlier one did not take is gone.
    func open() {
        state.withLock { state in
            precondition(state.sender == nil && state.blobWaiter == nil, "an outbox serves one link at a time")
            state = State(isOpen: true)
        }
    }

    /// The link is over; nothing is taken any more.
    func close() {
        let waiters = state.withLock { state in
            let waiters = [state.sender, state.blobWaiter, state.flusher]
            state = State()
            return waiters
        }
        for waiter in waiters { waiter?.resume() }
    }

    /// Nothing more is taken; what is there is still sent, then ``next()`` returns nil.
    func finish() {
        let waiters = state.withLock { state in
            state.isFinishing = true
            return [state.sender.take(), state.flusher.take()]
        }
        for waiter in waiters { waiter?.resume() }
    }

    /// Ignored while there is no link: what must not be lost is said again in the next greeting.
    ///
    /// What `mayLinger` may wait a moment for others to leave with: see ``flushLingering(after:)``.
    func post(_ message: Message, mayLinger: Bool = false) {
        _ = add(.message(message), .control, bytes: 256, isUrgent: !mayLinger)
    }

    /// As ``post(_:mayLinger:)``.
    func post(_ result: FinishedAttempt, mayLinger: Bool = false) {
        _ = add(.result(result), .control, bytes: result.estimatedBytes, isUrgent: !mayLinger)
    }

    /// False when there is no room, or no link.
    func offerLog(_ message: Message, bytes: Int) -> Bool { add(.message(message), .log, bytes: bytes + 64) }

    /// Waits for room first. Used by one task. False when there is no link any more.
    func postBlob(_ message: Message, bytes: Int) async -> Bool {
        while true {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.isOpen, state.blobBytes >= bounds.waitingBytes else { return true }
                    precondition(state.blobWaiter == nil, "one task posts pieces of blobs")
                    state.blobWaiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
            let isOpen = state.withLock { $0.isOpen && !$0.isFinishing }
            guard isOpen else { return false }
            if add(.message(message), .blob, bytes: bytes) { return true }
        }
    }

    private func add(_ content: Outgoing, _ kind: Kind, bytes: Int, isUrgent: Bool = true) -> Bool {
        let (isTaken, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard state.isOpen, !state.isFinishing else { return (false, nil) }
            switch kind {
            case .control:
                if state.entries.count - state.front >= bounds.waitingMessages { state.isFinishing = true }
            case .log:
                guard state.logBytes < bounds.waitingBytes else { return (false, nil) }
                state.logBytes += bytes
            case .blob:
                guard state.blobBytes < bounds.waitingBytes else { return (false, nil) }
                state.blobBytes += bytes
            }
            state.isUrgent = state.isUrgent || isUrgent
            state.entries.append(Entry(content: content, kind: kind, bytes: bytes))
            if state.isUrgent { return (true, state.sender.take()) }
            guard !state.isFlushing else { return (true, nil) }
            state.isFlushing = true
            return (true, state.flusher.take())
        }
        waiter?.resume()
        return isTaken
    }

    /// The next batch as soon as something should leave; nil when the link is over. For the one task that sends.
    func next() async -> [Outgoing]? {
        while true {
            switch take() {
            case .batch(let batch): return batch
            case .over: return nil
            case .nothing: break
            }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.isOpen, !state.isFinishing, !state.isUrgent else { return true }
                    state.sender = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }

    /// Sends what lingers after `linger` has been awaited, again and again until the link is over. More leaves then at a
    /// time, which costs both ends less. For one task.
    func flushLingering(after linger: () async -> Void) async {
        while true {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    guard state.isOpen, !state.isFinishing, !state.isFlushing else { return true }
                    state.flusher = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
            guard state.withLock({ $0.isOpen && !$0.isFinishing }) else { return }
            await linger()
            let sender = state.withLock { state in
                state.isFlushing = false
                guard !state.entries.isEmpty else { return nil as CheckedContinuation<Void, Never>? }
                state.isUrgent = true
                return state.sender.take()
            }
            sender?.resume()
        }
    }

    private enum Taken {
        case batch([Outgoing])
        case over, nothing
    }

    private func take() -> Taken {
        let (taken, waiter) = state.withLock { state -> (Taken, CheckedContinuation<Void, Never>?) in
            guard state.isOpen else { return (.over, nil) }
            guard !state.entries.isEmpty else { return (state.isFinishing ? .over : .nothing, nil) }
            guard state.isUrgent || state.isFinishing else { return (.nothing, nil) }
            var batch: [Outgoing] = []
            var bytes = 0
            while state.front < state.entries.count, batch.count < bounds.batchMessages {
                let entry = state.entries[state.front]
                guard batch.isEmpty || bytes + entry.bytes <= bounds.batchBytes else { break }
                bytes += entry.bytes
                batch.append(entry.content)
                switch entry.kind {
                case .control: break
                case .log: state.logBytes -= entry.bytes
                case .blob: state.blobBytes -= entry.bytes
                }
                state.front += 1
            }
            if state.front == state.entries.count {
                state.entries.removeAll(keepingCapacity: state.entries.capacity <= 4096)
                state.front = 0
                state.isUrgent = false
            } else if state.front > 1024 {
                state.entries.removeFirst(state.front)
                state.front = 0
            }
            let waiter = state.blobBytes < bounds.waitingBytes ? state.blobWaiter.take() : nil
            return (.batch(batch), waiter)
        }
        waiter?.resume()
        return taken
    }
}
