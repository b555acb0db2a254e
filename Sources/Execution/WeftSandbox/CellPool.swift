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
        /// Counts the cells whose groups are not yet removed.
        var living: DispatchGroup?

        /// Ends whatever runs in it, and the cell.
        func end() {
            cell.end()
            group?.liftProcessorLimit()
        }

        /// Removes its groups once nothing of it is left, then calls `done`.
        func retire(_ done: @escaping @Sendable () -> Void = {}) {
            cell.close()
            cell.whenGone { [group, living] in
                offloadAndForget {
                    group?.remove()
                    living?.leave()
                    done()
                }
            }
        }
    }

    /// Cells that wait: used ones for the next run of the same kind, spare ones for a kind that comes for the first time.
    /// Bounded in number, used ones in time as well.
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

            /// The same for nobody in particular: what a cell is before its first run.
            var unbound: WalledKind {
                var kind = self
                kind.reuse.key = ""
                return kind
            }

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
            /// Nobody's yet; by unbound kinds, oldest first.
            var spares: [(kind: WalledKind, prepared: PreparedCell)] = []
            /// Of unbound kinds: how many are being made.
            var making: [WalledKind: Int] = [:]
            var isSweeping = false
            var isClosed = false

            /// The used cell that has waited longest, if there is one too many.
            mutating func takeSurplus() -> PreparedCell? {
                guard idle.count + spares.count > CellPool.idleMax, !idle.isEmpty else { return nil }
                return idle.removeFirst().prepared
            }
        }

        /// Cells that wait, of all sorts.
        static let idleMax = 32
        static let idleTime = Duration.seconds(10)
        /// Spare cells of one kind, and of all kinds.
        static let sparesOfKind = 2
        static let sparesMax = 8

        private let state = Mutex(State())
        private let queue = DispatchQueue(label: "weft.sandbox.cells")
        private let clock = ContinuousClock()

        /// The one that was used last, whose pages are warmest.
        func take(_ kind: Kind) -> PreparedCell? {
            while true {
                let found = state.withLock { state -> PreparedCell? in
                    if let index = state.idle.lastIndex(where: { $0.kind == kind }) {
                        return state.idle.remove(at: index).prepared
                    }
                    guard case .walled(let walled) = kind,
                        let index = state.spares.firstIndex(where: { $0.kind == walled.unbound })
                    else { return nil }
                    return state.spares.remove(at: index).prepared
                }
                guard let found else { return nil }
                if found.cell.isUsable { return found }
                found.retire()
            }
        }

        /// Whether a spare cell of this kind is wanted; then one has to be made, and ``putSpare(_:_:)`` called.
        func wantsSpare(_ kind: WalledKind) -> Bool {
            state.withLock { state in
                let unbound = kind.unbound
                let count = state.spares.count { $0.kind == unbound } + state.making[unbound, default: 0]
                guard !state.isClosed, count < Self.sparesOfKind else { return false }
                state.making[unbound, default: 0] += 1
                return true
            }
        }

        /// Takes the spare cell that ``wantsSpare(_:)`` asked for; nil when it could not be made.
        func putSpare(_ prepared: PreparedCell?, _ kind: WalledKind) {
            let surplus = state.withLock { state -> PreparedCell? in
                let left = state.making[kind.unbound, default: 1] - 1
                state.making[kind.unbound] = left > 0 ? left : nil
                guard let prepared else { return nil }
                if state.isClosed { return prepared }
                state.spares.append((kind.unbound, prepared))
                if state.spares.count > Self.sparesMax { return state.spares.removeFirst().prepared }
                return state.takeSurplus()
            }
            surplus?.retire()
        }

        /// Gives back a cell whose run is over.
        func put(_ prepared: PreparedCell, _ kind: Kind) {
            var prepared = prepared
            prepared.isUsed = true
            guard prepared.cell.isUsable else { return prepared.retire() }
            let (surplus, mustSweep) = state.withLock { state -> (PreparedCell?, Bool) in
                if state.isClosed { return (prepared, false) }
                state.idle.append(Idle(kind: kind, prepared: prepared, since: clock.now))
                let surplus = state.takeSurplus()
                defer { state.isSweeping = true }
                return (surplus, !state.isSweeping)
            }
            surplus?.retire()
            if mustSweep { scheduleSweep() }
        }

        /// Lets go of all that are idle; with `forGood`, also of what is given back later.
        func clear(forGood: Bool = false) {
            let cells = state.withLock { state in
                defer {
                    state.idle = []
                    state.spares = []
                }
                state.isClosed = state.isClosed || forGood
                return state.idle.map(\.prepared) + state.spares.map(\.prepared)
            }
            for cell in cells { cell.retire() }
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
