import Dispatch
import Synchronization

/// Runs blocking work on at most so many dispatch threads, first come, first served, so that slow disks hold up
/// neither the cooperative pool nor the whole process.
final class BlockingPool: Sendable {
    fileprivate struct State {
        var running = 0
        /// In order of arrival; as long as there are callers waiting.
        var waiting: [@Sendable () -> Void] = []
        var firstWaiting = 0
    }

    private let queue = DispatchQueue(label: "weft.blobs", attributes: .concurrent)
    private let state = Mutex(State())
    private let width: Int

    init(width: Int) {
        precondition(width > 0, "a pool needs a thread")
        self.width = width
    }

    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            submit { continuation.resume(with: Result(catching: body)) }
        }
    }

    private func submit(_ work: @escaping @Sendable () -> Void) {
        let starts = state.withLock { state in
            if state.running < width {
                state.running += 1
                return true
            }
            state.waiting.append(work)
            return false
        }
        if starts { queue.async { self.work(through: work) } }
    }

    private func work(through first: @escaping @Sendable () -> Void) {
        var next: (@Sendable () -> Void)? = first
        while let work = next {
            work()
            next = state.withLock { $0.takeNext() }
        }
    }
}

extension BlockingPool.State {
    /// The next piece of work, or nil when this thread is no longer needed.
    fileprivate mutating func takeNext() -> (@Sendable () -> Void)? {
        guard firstWaiting < waiting.count else {
            waiting.removeAll()
            firstWaiting = 0
            running -= 1
            return nil
        }
        defer { firstWaiting += 1 }
        if firstWaiting > 64, firstWaiting * 2 > waiting.count {
            waiting.removeFirst(firstWaiting)
            firstWaiting = 0
        }
        return waiting[firstWaiting]
    }
}
