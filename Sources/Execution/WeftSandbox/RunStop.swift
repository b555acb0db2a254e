import Synchronization

/// Ends a run before its time, from any thread, whenever it comes to running.
package final class RunStop: Sendable {
    private struct State {
        var isStopped = false
        var body: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    package func stop() {
        let body = state.withLock { state in
            state.isStopped = true
            defer { state.body = nil }
            return state.body
        }
        body?()
    }

    /// Calls `body` once the run is to be stopped, or at once if it already is. For one caller at a time: the last one
    /// counts.
    package func whenStopped(_ body: @escaping @Sendable () -> Void) {
        let isStopped = state.withLock { state in
            if !state.isStopped { state.body = body }
            return state.isStopped
        }
        if isStopped { body() }
    }
}
