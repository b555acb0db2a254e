import Synchronization

/// The shell around ``LinkMachine`` that every adapter is built on: suspends senders and the reader, and wakes the
/// transport. The transport puts on the wire what ``takeOutbound()`` gives it until that is `.nothing`, hands in what
/// arrives, and says when the connection is over.
package final class LinkCore: Sendable {
    private struct State: Sendable {
        var machine: LinkMachine
        var nextSender: UInt64 = 0
        var senders: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var reader: CheckedContinuation<[Message]?, any Error>?
        var closers: [CheckedContinuation<Void, Never>] = []
        var wake: (@Sendable () -> Void)?
    }

    package let limits: LinkLimits
    private let state: Mutex<State>

    package init(limits: LinkLimits) {
        self.limits = limits
        state = Mutex(State(machine: LinkMachine(limits: limits)))
    }

    /// Sets what is called, from any thread, when the transport has something to take; calls it for the first credit.
    package func attach(wake: @escaping @Sendable () -> Void) {
        apply { state in
            state.wake = wake
            return state.machine.wakeIfNeeded()
        }
    }

    /// Forgets the transport, which may then be freed. The link must have ended.
    package func detach() { state.withLock { $0.wake = nil } }

    /// Bytes held for the transport and for the reader.
    package var heldBytes: Int { state.withLock { $0.machine.heldBytes } }

    // MARK: The link's users

    /// See ``Link/send(_:)``.
    package func send(_ messages: [Message]) async throws {
        let frames = try Frame.encode(messages, limits: limits)
        let taken = try perform { state throws(LinkError) in try state.machine.sendNow(frames) }
        if taken { return }
        let sender = state.withLock { state in
            state.nextSender += 1
            return state.nextSender
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                do throws(LinkError) {
                    // Asked inside the lock that the cancellation handler takes, so that neither misses the other.
                    let isCancelled = try perform { state throws(LinkError) in
                        if Task.isCancelled { return (true, LinkMachine.Effects()) }
                        let effects = try state.machine.sendLater(frames, sender: sender)
                        state.senders[sender] = continuation
                        return (false, effects)
                    }
                    if isCancelled { continuation.resume(throwing: CancellationError()) }
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            let continuation = perform { state in
                let (wasWaiting, effects) = state.machine.cancel(sender: sender)
                return (wasWaiting ? state.senders.removeValue(forKey: sender) : nil, effects)
            }
            continuation?.resume(throwing: CancellationError())
        }
    }

    /// See ``Link/inbound``.
    package func next() async throws -> [Message]? {
        switch perform({ $0.machine.read() }) {
        case .batch(let batch): return batch
        case .end: return nil
        case .failure(let error): throw error
        case .wait: break
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome: LinkMachine.ReadOutcome? = perform { state in
                    precondition(state.reader == nil, "a link is read by one task")
                    let (outcome, effects) = state.machine.read()
                    guard case .wait = outcome else { return (outcome, effects) }
                    if Task.isCancelled { return (nil, effects) }
                    state.reader = continuation
                    return (.wait, effects)
                }
                guard let outcome else { return continuation.resume(throwing: CancellationError()) }
                Self.resume(continuation, with: outcome)
            }
        } onCancel: {
            let continuation = state.withLock { state in
                defer { state.reader = nil }
                return state.reader
            }
            continuation?.resume(throwing: CancellationError())
        }
    }

    /// See ``Link/close()``. Returns when ``end(_:)`` was called, which the transport does within a bounded time.
    package func close() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let hasEnded = perform { state in
                let effects = state.machine.close()
                if case .ended = state.machine.phase { return (true, effects) }
                state.closers.append(continuation)
                return (false, effects)
            }
            if hasEnded { continuation.resume() }
        }
    }

    // MARK: The transport

    package func takeOutbound() -> LinkMachine.Outbound { perform { $0.machine.takeOutbound() } }

    /// Whether the link is still wanted: neither closed here nor ended.
    package var isOpen: Bool { state.withLock { $0.machine.phase == .open } }

    /// What the link ended with, or nil while it has not.
    package var ending: LinkError? {
        state.withLock { state in
            guard case .ended(let error) = state.machine.phase else { return nil }
            return error
        }
    }

    /// Hands in frames that arrived, in order. A violation of the credit ends the link (see ``ending``).
    package func receive(_ frames: [Frame]) {
        for frame in frames { apply { $0.machine.receive(frame) } }
    }

    /// The connection is over; ``LinkError/closed`` after a goodbye. Later calls change nothing.
    package func end(_ error: LinkError) { apply { $0.machine.end(error) } }

    /// Starts an orderly close without waiting for it.
    package func startClosing() { apply { $0.machine.close() } }

    // MARK: Effects

    private struct Resumptions: Sendable {
        var senders: [(CheckedContinuation<Void, any Error>, LinkError?)] = []
        var reader: (CheckedContinuation<[Message]?, any Error>, LinkMachine.ReadOutcome)?
        var closers: [CheckedContinuation<Void, Never>] = []
        var wake: (@Sendable () -> Void)?
    }

    private func apply(_ step: (inout State) -> LinkMachine.Effects) {
        perform { state in ((), step(&state)) }
    }

    /// Changes the state under the lock, then resumes and wakes outside of it.
    private func perform<Result: Sendable, Failure>(
        _ step: (inout State) throws(Failure) -> (Result, LinkMachine.Effects)
    ) throws(Failure) -> Result {
        let (result, resumptions) = try state.withLock { state throws(Failure) in
            let (result, effects) = try step(&state)
            return (result, Self.collect(effects, from: &state))
        }
        for (continuation, error) in resumptions.senders {
            if let error { continuation.resume(throwing: error) } else { continuation.resume() }
        }
        if let (continuation, outcome) = resumptions.reader { Self.resume(continuation, with: outcome) }
        for continuation in resumptions.closers { continuation.resume() }
        resumptions.wake?()
        return result
    }

    private static func collect(_ effects: LinkMachine.Effects, from state: inout State) -> Resumptions {
        var resumptions = Resumptions()
        var wakesTransport = effects.wakesTransport
        for (sender, error) in effects.settled {
            if let continuation = state.senders.removeValue(forKey: sender) {
                resumptions.senders.append((continuation, error))
            }
        }
        if effects.wakesReader, let reader = state.reader {
            let (outcome, effects) = state.machine.read()
            if case .wait = outcome {
            } else {
                state.reader = nil
                resumptions.reader = (reader, outcome)
            }
            wakesTransport = wakesTransport || effects.wakesTransport
        }
        if effects.hasEnded {
            resumptions.closers = state.closers
            state.closers = []
        }
        if wakesTransport { resumptions.wake = state.wake }
        return resumptions
    }

    private static func resume(
        _ continuation: CheckedContinuation<[Message]?, any Error>, with outcome: LinkMachine.ReadOutcome
    ) {
        switch outcome {
        case .batch(let batch): continuation.resume(returning: batch)
        case .end: continuation.resume(returning: nil)
        case .failure(let error): continuation.resume(throwing: error)
        case .wait: break
        }
    }
}
