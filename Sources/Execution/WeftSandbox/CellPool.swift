#if os(Linux)
    import Dispatch
    import Synchronization

    /// A cell with what belongs to it.
    struct PreparedCell: Sendable {
        var cell: Cell
        var group: SandboxGroup?
        var meter: GroupMeter?
        /// The directory that is bound at `/work`.
        var workRoot: String?
        /// Whether it has served a run already.
        var isUsed = false

        /// Ends whatever runs in it, and the cell.
        func end() {
            cell.end()
            group?.liftProcessorLimit()
        }

        /// Removes its groups once nothing of it is left, then calls `done`.
        func retire(_ done: @escaping @Sendable () -> Void = {}) {
            cell.close()
            cell.whenGone { [group] in
                offloadAndForget {
                    group?.remove()
                    done()
                }
            }
        }
    }

    /// Cells that wait for the next run of the same kind. Bounded in number and in time.
    final class CellPool: Sendable {
        /// Runs of equal kinds may follow each other in a cell.
        enum Kind: Sendable, Hashable {
            case open
            case walled(WalledKind)
        }

        /// Everything that a cell is made of, and whose runs it is for.
        struct WalledKind: Sendable, Hashable {
            var reuse: SandboxReuse
            var limits: SandboxLimits
            var network: SandboxNetwork
            var readOnlyPaths: [String]
            var binds: [SandboxBind]
            var user: UInt32

            init(_ spec: SandboxSpec, _ reuse: SandboxReuse) {
                self.reuse = reuse
                limits = spec.limits
                // These two are each run's own.
                limits.wallTime = nil
                limits.diskBytes = nil
                network = spec.network
                readOnlyPaths = spec.readOnlyPaths
                binds = spec.binds
                user = spec.user
            }
        }

        private struct Idle {
            var kind: Kind
            var prepared: PreparedCell
            var since: ContinuousClock.Instant
        }

        private struct State {
            /// Oldest first.
            var idle: [Idle] = []
            var isSweeping = false
            var isClosed = false
        }

        static let idleMax = 32
        static let idleTime = Duration.seconds(10)

        private let state = Mutex(State())
        private let queue = DispatchQueue(label: "weft.sandbox.cells")
        private let clock = ContinuousClock()

        /// The one that was used last, whose pages are warmest.
        func take(_ kind: Kind) -> PreparedCell? {
            while true {
                let found = state.withLock { state -> PreparedCell? in
                    guard let index = state.idle.lastIndex(where: { $0.kind == kind }) else { return nil }
                    return state.idle.remove(at: index).prepared
                }
                guard let found else { return nil }
                if found.cell.isUsable { return found }
                found.retire()
            }
        }

        /// Gives back a cell whose run is over.
        func put(_ prepared: PreparedCell, _ kind: Kind) {
            var prepared = prepared
            prepared.isUsed = true
            guard prepared.cell.isUsable else { return prepared.retire() }
            let (surplus, mustSweep) = state.withLock { state -> (PreparedCell?, Bool) in
                if state.isClosed { return (prepared, false) }
                state.idle.append(Idle(kind: kind, prepared: prepared, since: clock.now))
                let surplus = state.idle.count > Self.idleMax ? state.idle.removeFirst().prepared : nil
                defer { state.isSweeping = true }
                return (surplus, !state.isSweeping)
            }
            surplus?.retire()
            if mustSweep { scheduleSweep() }
        }

        /// Lets go of all that are idle; with `forGood`, also of what is given back later.
        func clear(forGood: Bool = false) {
            let idle = state.withLock { state in
                defer { state.idle = [] }
                state.isClosed = state.isClosed || forGood
                return state.idle
            }
            for cell in idle { cell.prepared.retire() }
        }

        private func scheduleSweep() {
            queue.asyncAfter(deadline: .now() + .seconds(1)) { [weak self] in self?.sweep() }
        }

        private func sweep() {
            let oldest = clock.now - Self.idleTime
            let (stale, isGoingOn) = state.withLock { state in
                let stale = state.idle.filter { $0.since < oldest || !$0.prepared.cell.isUsable }
                state.idle.removeAll { $0.since < oldest || !$0.prepared.cell.isUsable }
                state.isSweeping = !state.idle.isEmpty
                return (stale, state.isSweeping)
            }
            for cell in stale { cell.prepared.retire() }
            if isGoingOn { scheduleSweep() }
        }
    }
#endif
