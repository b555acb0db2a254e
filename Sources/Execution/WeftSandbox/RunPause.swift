import Synchronization

/// Holds runs still and lets them go on, from any thread, whenever they come to running. Tells how long they stood still.
package final class RunPause: Sendable, Hashable {
    private struct State {
        var pausedSince: ContinuousClock.Instant?
        var pausedBefore = Duration.zero
        var followers: [UInt64: @Sendable (Bool) -> Void] = [:]
        var lastFollower: UInt64 = 0
        var cpuElsewhere = Duration.zero
    }

    /// Held while followers are told, so that each hears of every change in its order, and of none once it is gone.
    private let telling = Mutex<Void>(())
    private let state = Mutex(State())
    private let clock = ContinuousClock()

    package init() {}

    package static func == (left: RunPause, right: RunPause) -> Bool { left === right }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }

    package var isPaused: Bool { state.withLock { $0.pausedSince != nil } }

    /// For how long runs have stood still up to now, in all.
    package var pausedTime: Duration {
        let now = clock.now
        return state.withLock { state in
            state.pausedBefore + (state.pausedSince.map { $0.duration(to: now) } ?? .zero)
        }
    }

    /// Processor time of the run where that is none of this process's descendants: it would be taken for the owner's.
    package var cpuElsewhere: Duration { state.withLock { $0.cpuElsewhere } }

    /// `cpu` is what it has used up to now.
    package func note(cpuElsewhere cpu: Duration) {
        state.withLock { $0.cpuElsewhere = max($0.cpuElsewhere, cpu) }
    }

    package func pause() { set(true) }
    package func resume() { set(false) }

    private func set(_ isPaused: Bool) {
        let now = clock.now
        telling.withLock { _ in
            let followers = state.withLock { state -> [@Sendable (Bool) -> Void] in
                guard isPaused != (state.pausedSince != nil) else { return [] }
                if let since = state.pausedSince { state.pausedBefore += since.duration(to: now) }
                state.pausedSince = isPaused ? now : nil
                return Array(state.followers.values)
            }
            for follower in followers { follower(isPaused) }
        }
    }

    /// Calls `body` at every change, and at once if it is paused. It must not wait, and not call back.
    package func follow(_ body: @escaping @Sendable (Bool) -> Void) -> UInt64 {
        telling.withLock { _ in
            let (number, isPaused) = state.withLock { state in
                state.lastFollower += 1
                state.followers[state.lastFollower] = body
                return (state.lastFollower, state.pausedSince != nil)
            }
            if isPaused { body(true) }
            return number
        }
    }

    /// It is not called any more once this has returned.
    package func unfollow(_ number: UInt64) {
        telling.withLock { _ in state.withLock { _ = $0.followers.removeValue(forKey: number) } }
    }

    /// Returns when nothing stands still. Throws when the calling task is cancelled first.
    package func waitWhilePaused() async throws {
        while isPaused { try await Task.sleep(for: .milliseconds(20)) }
    }
}

/// A time that does not run while its run stands still.
package struct RunningTime: Sendable {
    private let end: ContinuousClock.Instant
    private let pause: RunPause?
    private let pausedBefore: Duration
    /// What no clock counts past.
    private static let longest = Duration.seconds(315_360_000)

    /// Begins now.
    package init(_ limit: Duration, pause: RunPause?) {
        end = ContinuousClock.now + min(limit, Self.longest)
        self.pause = pause
        pausedBefore = pause?.pausedTime ?? .zero
    }

    /// Less than nothing once it is over.
    package var left: Duration {
        ContinuousClock.now.duration(to: end) + (pause?.pausedTime ?? .zero) - pausedBefore
    }

    /// Returns when it is over. Throws when the calling task is cancelled first.
    package func wait() async throws {
        while true {
            let left = left
            guard left > .zero else { return }
            try await Task.sleep(for: pause?.isPaused == true ? .milliseconds(100) : left)
        }
    }
}
