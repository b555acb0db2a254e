#if canImport(Darwin)
    import Darwin
    import Synchronization

    /// A process that leads a session of its own, with everything that came of it.
    final class ProcessTree: Sendable {
        struct Exit: Sendable {
            /// As waitpid(2) gives it.
            var status: Int32
            var user: Duration
            var system: Duration
            var peakMemoryBytes: Int64
        }

        let leader: pid_t
        /// Why the tree came to its end.
        enum Reason: Sendable { case ended, timedOut, cancelled }

        private struct State {
            /// From then on the leader's process id may mean somebody else: signals are sent only before.
            var isReaped = false
            /// Whether the leader is known to have ended.
            var hasEnded = false
            var reason = Reason.ended
        }

        private let state = Mutex(State())
        /// The first one counts; ``Reason/ended`` when the leader ended by itself.
        var reason: Reason { state.withLock { $0.reason } }

        init(leader: pid_t) { self.leader = leader }

        /// Blocks until the leader ends by itself or is killed; ends the others; then reaps the leader. The leader stays a
        /// zombie until all is over, so that its process id and session mean nobody else.
        func waitAndClear() -> Exit {
            var information = siginfo_t()
            while waitid(P_PID, id_t(leader), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            state.withLock { $0.hasEnded = true }
            clear()
            return reap()
        }

        private func reap() -> Exit {
            var status: Int32 = 0
            var usage = rusage()
            state.withLock { state in
                while wait4(leader, &status, 0, &usage) < 0, errno == EINTR {}
                state.isReaped = true
            }
            return Exit(
                status: status, user: Self.duration(usage.ru_utime), system: Self.duration(usage.ru_stime),
                peakMemoryBytes: Int64(usage.ru_maxrss))
        }

        private static func duration(_ time: timeval) -> Duration {
            .seconds(Int64(time.tv_sec)) + .microseconds(Int64(time.tv_usec))
        }

        /// Sends SIGKILL to what is found now, from any thread. The leader is among it, so ``waitAndClear()`` does the rest.
        func kill(_ reason: Reason) {
            state.withLock { state in
                guard !state.isReaped else { return }
                if !state.hasEnded, state.reason == .ended { state.reason = reason }
                Self.signal(leader, SIGKILL)
                Self.signal(-leader, SIGKILL)
            }
        }

        /// Stops its process group, or lets it go on.
        func hold(_ isPaused: Bool) {
            state.withLock { state in
                guard !state.isReaped else { return }
                Self.signal(-leader, isPaused ? SIGSTOP : SIGCONT)
            }
        }

        private func clear() { Self.signal(-leader, SIGKILL) }

        private static func signal(_ process: pid_t, _ number: Int32) { _ = Darwin.kill(process, number) }
    }
#endif
