#if os(Linux)
    import Dispatch
    import Synchronization

    /// Looks after the working directories of all runs together: a run that is over its limit is ended.
    ///
    /// There is one clock for all, so that a run that is over sooner than its first measurement costs nothing.
    final class DiskWatch: Sendable {
        private struct Watched {
            var directory: String
            var limitBytes: Int64
            var group: SandboxGroup?
            var overflow: @Sendable () -> Void
            var isMeasuring = false
            var due: ContinuousClock.Instant
        }

        private struct State {
            var watched: [UInt64: Watched] = [:]
            var nextNumber: UInt64 = 1
            var isTicking = false
        }

        /// How often a directory is measured, at most.
        private static let interval = Duration.milliseconds(100)

        private let state = Mutex(State())
        private let queue = DispatchQueue(label: "weft.sandbox.disk")
        private let clock = ContinuousClock()

        /// Watches until ``remove(_:)``. `overflow` is called once, from any thread.
        func add(
            _ directory: String, limitBytes: Int64, group: SandboxGroup?, overflow: @escaping @Sendable () -> Void
        ) -> UInt64 {
            let (number, mustStart) = state.withLock { state in
                let number = state.nextNumber
                state.nextNumber += 1
                state.watched[number] = Watched(
                    directory: directory, limitBytes: limitBytes, group: group, overflow: overflow,
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
            let due = state.withLock { state in
                state.isTicking = !state.watched.isEmpty
                let due = state.watched.filter { !$0.value.isMeasuring && $0.value.due <= now }
                for number in due.keys { state.watched[number]!.isMeasuring = true }
                return state.isTicking ? due : nil
            }
            guard let due else { return }
            for (number, watched) in due { offloadAndForget { [weak self] in self?.measure(number, watched) } }
            schedule()
        }

        private func measure(_ number: UInt64, _ watched: Watched) {
            let start = clock.now
            let bytes = Self.occupied(watched.directory, limitBytes: watched.limitBytes, group: watched.group)
            let took = clock.now - start
            let isOver = bytes > watched.limitBytes
            let isThere = state.withLock { state in
                guard state.watched[number] != nil else { return false }
                state.watched[number]!.isMeasuring = isOver
                // A large tree takes long to walk: never spend more than a tenth of a processor on it.
                state.watched[number]!.due = clock.now + max(Self.interval, took * 10)
                return true
            }
            if isThere && isOver { watched.overflow() }
        }

        private static func occupied(_ directory: String, limitBytes: Int64, group: SandboxGroup?) -> Int64 {
            let bytes = DiskUsage.measure(directory, limitBytes: limitBytes)
            guard bytes <= limitBytes, let processes = group?.processes else { return bytes }
            return bytes.addingSaturated(DiskUsage.deletedFiles(of: processes, onDeviceOf: directory))
        }
    }
#endif
