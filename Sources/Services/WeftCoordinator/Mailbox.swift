import Synchronization

/// Hands elements from many senders to one reader, in batches: whatever has gathered since the last one. Senders never
/// wait and never hop executors.
package final class Mailbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var reader: CheckedContinuation<[Element]?, Never>?
        /// Senders that wait until what is there has been taken.
        var patient: [CheckedContinuation<Void, Never>] = []
        var isClosed = false
        var dropped = 0
    }

    private let state = Mutex(State())
    /// Elements beyond this many are dropped and counted; nil keeps all (the sender is bounded otherwise).
    private let limit: Int?

    package init(limit: Int? = nil) { self.limit = limit }

    /// False when the mailbox is closed or some elements did not fit.
    @discardableResult
    package func push(_ elements: [Element]) -> Bool {
        guard !elements.isEmpty else { return true }
        let (reader, batch, isWhole) = state.withLock {
            state -> (CheckedContinuation<[Element]?, Never>?, [Element], Bool) in
            guard !state.isClosed else { return (nil, [], false) }
            let room = limit.map { max(0, $0 - state.elements.count) } ?? elements.count
            let kept = elements.prefix(room)
            state.dropped += elements.count - kept.count
            guard let reader = state.reader, !kept.isEmpty else {
                state.elements.append(contentsOf: kept)
                return (nil, [], kept.count == elements.count)
            }
            state.reader = nil
            return (reader, state.elements + kept, kept.count == elements.count)
        }
        reader?.resume(returning: batch)
        return isWhole
    }

    @discardableResult
    package func push(_ element: Element) -> Bool { push([element]) }

    /// All that has gathered, waiting for the first; nil once the mailbox is closed and empty, or the task cancelled.
    /// One reader at a time.
    package func next() async -> [Element]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (ready, patient) = state.withLock { state -> ([Element]??, [CheckedContinuation<Void, Never>]) in
                    if !state.elements.isEmpty {
                        defer {
                            state.elements = []
                            state.patient = []
                        }
                        return (.some(state.elements), state.patient)
                    }
                    if state.isClosed || Task.isCancelled { return (.some(nil), []) }
                    precondition(state.reader == nil, "a mailbox has one reader")
                    state.reader = continuation
                    return (nil, [])
                }
                for sender in patient { sender.resume() }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            let reader = state.withLock { state in
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume(returning: nil)
        }
    }

    /// How many wait to be read.
    package var count: Int { state.withLock { $0.elements.count } }

    /// Returns once fewer than `bound` elements wait to be read, or the mailbox is closed. A sender that asks before each
    /// push, and stops reading from its own source meanwhile, hands back-pressure on.
    package func room(below bound: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                guard state.elements.count >= bound, !state.isClosed else { return true }
                state.patient.append(continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    package var isClosed: Bool { state.withLock { $0.isClosed } }

    /// How many elements have been dropped since this was last asked.
    package func takeDropped() -> Int {
        state.withLock { state in
            defer { state.dropped = 0 }
            return state.dropped
        }
    }

    /// No more elements come in; those that are there can still be read.
    package func close() {
        let (reader, patient) = state.withLock { state in
            state.isClosed = true
            defer {
                state.reader = nil
                state.patient = []
            }
            return (state.reader, state.patient)
        }
        reader?.resume(returning: nil)
        for sender in patient { sender.resume() }
    }
}
