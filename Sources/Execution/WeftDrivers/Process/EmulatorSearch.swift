import Synchronization

/// Emulators that are looked for, once, when somebody asks: trying them takes a moment, and native programs need none.
package final class EmulatorSearch: Sendable {
    private struct State {
        var found = Emulators.none
        var searching: Task<Emulators, Never>?
    }

    private let search: @Sendable () async -> Emulators
    private let state = Mutex(State())

    package init(_ search: @escaping @Sendable () async -> Emulators) { self.search = search }

    /// None before they have been looked for.
    package var found: Emulators { state.withLock { $0.found } }

    /// Returns when they have been looked for, by whomever.
    package func find() async {
        let search = search
        let searching = state.withLock { state in
            let searching = state.searching ?? Task { await search() }
            state.searching = searching
            return searching
        }
        let found = await searching.value
        state.withLock { $0.found = found }
    }
}
