import Synchronization

/// Hands elements from many senders to one reader, in batches: whatever has gathered since the last one. Senders never
/// wait and never hop executors.
package final class Mailbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        /// Of all elements together.
        var weight = 0
        var reader: CheckedContinuation<[Element]?, Never>?
        /// Senders that wait until what is there has been taken.
        var patient: [CheckedContinuation<Void, Never>] = []
        var isClosed = false
        var dropped = 0
    }

    private let state = Mutex(State())
    /// While this much waits, further elements are dropped and counted; nil keeps all (the sender is bounded otherwise).
    private let limit: Int?
    private let weight: (@Sendable (Element) -> Int)?

    /// - Parameter weight: of an element; 1 if nil. The last one that is kept may weigh more than what the limit leaves.
    package init(limit: Int? = nil, weight: (@Sendable (Element) -> Int)? = nil) {
        self.limit = limit
        self.weight = weight
    }

    /// False when the mailbox is closed or some elements did not fit.
    @discardableResult
    package func push(_ elements: [Element]) -> Bool {
        guard !elements.isEmpty else { return true }
        let (reader, batch, isWhole) = state.withLock {
            state -> (CheckedContinuation<[Element]?, Never>?, [Element], Bool) in
            guard !state.isClosed else { return (nil, [], false) }
            let kept = elements.prefix(room(for: elements, beside: state.weight))
            if kept.count < elements.count { state.dropped += weigh(elements[kept.endIndex...]) }
            guard let reader = state.reader, !kept.isEmpty else {
                state.elements.append(contentsOf: kept)
                state.weight += weigh(kept)
                return (nil, [], kept.count == elements.count)
            }
            state.reader = nil
            return (reader, state.elements + kept, kept.count == elements.count)
        }
        reader?.resume(returning: batch)
        return isWhole
    }

    private func weigh(_ elements: ArraySlice<Element>) -> Int {
        guard let weight else { return elements.count }
        return elements.reduce(0) { $0 + weight($1) }
    }

    /// How many of the elements are kept beside what waits already.
    private func room(for elements: [Element], beside waiting: Int) -> Int {
        guard let limit else { return elements.count }
        guard let weight else { return min(elements.count, max(0, limit - waiting)) }
        var total = waiting
        return elements.prefix { element in
            guard total < limit else { return false }
            total += weight(element)
            return true
        }.count
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
                            state.weight = 0
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

    /// How much has been dropped since this was last asked.
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
