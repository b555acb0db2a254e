#if os(Linux)
    import Dispatch
    import Synchronization

    /// Looks after all runs together: one whose directory is over its limit is ended, and one whose cell does not end it
    /// in time. That happens when the task starves its init of the processor they share.
    ///
    /// There is one clock for all, so that a run that is over sooner than its first measurement costs nothing.
    final class RunWatch: Sendable {
        enum Excess: Sendable { case disk, time }

        private struct Watched {
            var directory: String?
            var limitBytes: Int64
            var end: ContinuousClock.Instant?
            var pause: RunPause?
            /// For how long that had stood still before.
            var pausedBefore: Duration
            var group: SandboxGroup?
            var exceeded: @Sendable (Excess) -> Void
            var isMeasuring = false
            var due: ContinuousClock.Instant

            func isLate(at now: ContinuousClock.Instant) -> Bool {
                guard let end else { return false }
                return end + ((pause?.pausedTime ?? .zero) - pausedBefore) <= now
            }
        }

        private struct State {
            var watched: [UInt64: Watched] = [:]
            var nextNumber: UInt64 = 1
            var isTicking = false
        }

        /// How often a directory is measured, at most.
        private static let interval = Duration.milliseconds(100)

        private let state = Mutex(State())
        private let queue = DispatchQueue(label: "weft.sandbox.watch")
        private let clock = ContinuousClock()

        /// What a cell may take to end a run whose time is up.
        private static let grace = Duration.milliseconds(500)

        /// Watches until ``remove(_:)``. `exceeded` is called from any thread, and not for both.
        func add(
            _ limits: SandboxLimits, directory: String?, group: SandboxGroup?, pause: RunPause? = nil,
            exceeded: @escaping @Sendable (Excess) -> Void
        ) -> UInt64 {
            let (number, mustStart) = state.withLock { state in
                let number = state.nextNumber
                state.nextNumber += 1
                state.watched[number] = Watched(
                    directory: limits.diskBytes == nil ? nil : directory, limitBytes: limits.diskBytes ?? .max,
                    end: limits.wallTime.map { clock.now + $0 + Self.grace }, pause: pause,
                    pausedBefore: pause?.pausedTime ?? .zero, group: group, exceeded: exceeded,
                    due: clock.now + Self.interval)
                defer { state.isTicking = true }
                return (number, !state.isTicking)
            }
            if mustStart { schedule() }
            return number
        }

        func remove(_ number: UInt64) {
            state.withLock { _ = $0.watched.removeValue(forKey: number) }
        }

        private func schedule() {
            queue.asyncAfter(deadline: .now() + .milliseconds(100)) { [weak self] in self?.tick() }
        }

        private func tick() {
            let now = clock.now
            let (due, late, isGoingOn) = state.withLock { state in
                let late = state.watched.filter { $0.value.isLate(at: now) }
                for number in late.keys { state.watched[number] = nil }
                let due = state.watched.filter {
                    $0.value.directory != nil && !$0.value.isMeasuring && $0.value.due <= now
                }
                for number in due.keys { state.watched[number]!.isMeasuring = true }
                state.isTicking = !state.watched.isEmpty
                return (due, late, state.isTicking)
            }
            for watched in late.values { watched.exceeded(.time) }
            for (number, watched) in due { offloadAndForget { [weak self] in self?.measure(number, watched) } }
            if isGoingOn { schedule() }
        }

        private func measure(_ number: UInt64, _ watched: Watched) {
            let start = clock.now
            guard let directory = watched.directory else { return }
            let bytes = Self.occupied(directory, limitBytes: watched.limitBytes, group: watched.group)
            let took = clock.now - start
            let isOver = bytes > watched.limitBytes
            let isThere = state.withLock { state in
                guard state.watched[number] != nil else { return false }
                state.watched[number]!.isMeasuring = isOver
                // A large tree takes long to walk: never spend more than a tenth of a processor on it.
                state.watched[number]!.due = clock.now + max(Self.interval, took * 10)
                return true
            }
            if isThere && isOver { watched.exceeded(.disk) }
        }

        private static func occupied(_ directory: String, limitBytes: Int64, group: SandboxGroup?) -> Int64 {
            let bytes = DiskUsage.measure(directory, limitBytes: limitBytes)
            guard bytes <= limitBytes, let processes = group?.processes else { return bytes }
            return bytes.addingSaturated(DiskUsage.deletedFiles(of: processes, onDeviceOf: directory))
        }
    }
#endif
