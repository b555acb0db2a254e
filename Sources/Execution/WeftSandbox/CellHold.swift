#if os(Linux)
    import Synchronization

    /// Has one run in a cell follow a pause: by freezing the cell's control group where that can be done, else by signals.
    final class CellHold: Sendable {
        private struct State {
            var frozenSince: ContinuousClock.Instant?
            var isOver = false
        }

        private let prepared: PreparedCell
        private let pause: RunPause
        private let freezes: Bool
        private let isHeldElsewhere: Bool
        private let state = Mutex(State())
        private let follower = Mutex<UInt64?>(nil)
        private let clock = ContinuousClock()

        init(_ prepared: PreparedCell, following pause: RunPause, isHeldElsewhere: Bool) {
            self.prepared = prepared
            self.pause = pause
            self.isHeldElsewhere = isHeldElsewhere
            freezes = prepared.group?.canFreeze ?? false
            let number = pause.follow { [weak self] in self?.hold($0) }
            follower.withLock { $0 = number }
        }

        /// The run is over: nothing stays frozen.
        func end() {
            if let number = follower.withLock({ $0.take() }) { pause.unfollow(number) }
            state.withLock { $0.isOver = true }
            hold(false)
        }

        private func hold(_ isPaused: Bool) {
            guard freezes, let group = prepared.group else {
                return prepared.cell.pause(isPaused, isHeldElsewhere: isHeldElsewhere)
            }
            state.withLock { state in
                // A group that cannot be frozen any more is gone, or about to be.
                if isPaused, state.frozenSince == nil, !state.isOver {
                    state.frozenSince = clock.now
                    try? group.freeze(true)
                } else if !isPaused, let since = state.frozenSince {
                    state.frozenSince = nil
                    // Its init is frozen as well, and looks at its clock as soon as it is not.
                    prepared.cell.extend(by: since.duration(to: clock.now))
                    try? group.freeze(false)
                }
            }
        }
    }
#endif
