#if os(Linux)
    import Glibc
    import Synchronization
    import WeftSandbox

    /// Follows one container's control groups from start to end: what it used, and whether the kernel killed for want
    /// of memory. Engines do not say the latter reliably, and say the former only while it runs.
    ///
    /// The engine removes the groups soon after the container's first process has ended. So they are read in the
    /// moment when the kernel reports that end, and every few milliseconds before.
    final class ContainerUsage: Sendable {
        private struct State {
            var group: ForeignGroup?
            var usage = ForeignGroup.Usage()
            var process: Int32 = -1
            var token: Reactor.Token?
        }

        private let id: String
        private let reactor: Reactor
        private let state = Mutex(State())

        init(id: String, reactor: Reactor) {
            self.id = id
            self.reactor = reactor
        }

        deinit { close() }

        /// The last reading.
        func read() -> ForeignGroup.Usage {
            state.withLock { state in
                if let group = state.group { state.usage = group.read() }
                return state.usage
            }
        }

        /// Every process of the container, as far as it is known.
        var group: ForeignGroup? { state.withLock { $0.group } }

        /// The container's first process, once the engine knows it.
        func follow(process: Int32) {
            let handle = PidDescriptor.open(process)
            // After opening the descriptor: had the number passed to another process before, this tells.
            let found = ForeignGroup(ofProcess: process, whoseNameContains: id)
            guard let found else {
                if handle >= 0 { Glibc.close(handle) }
                return
            }
            state.withLock { if $0.group == nil { $0.group = found } }
            _ = read()
            guard handle >= 0 else { return }
            guard let token = try? reactor.add(handle, { [weak self] in self?.firstProcessEnded() }) else {
                // Then the regular readings have to do.
                Glibc.close(handle)
                return
            }
            state.withLock {
                $0.process = handle
                $0.token = token
            }
        }

        private func firstProcessEnded() -> ContinuousClock.Instant? {
            _ = read()
            close()
            return nil
        }

        /// Looks for the groups under the names that engines give them, until they are there.
        ///
        /// - Returns: whether they are.
        func find(named paths: [String]) -> Bool {
            if state.withLock({ $0.group != nil }) { return true }
            for path in paths {
                guard let found = ForeignGroup(named: path) else { continue }
                state.withLock { $0.group = found }
                _ = read()
                return true
            }
            return false
        }

        /// Where engines that run on this machine put a container's groups.
        static func groupPaths(id: String, isPodman: Bool) -> [String] {
            isPodman
                ? ["/libpod_parent/libpod-\(id)", "/machine.slice/libpod-\(id).scope"]
                : ["/docker/\(id)", "/system.slice/docker-\(id).scope"]
        }

        private func close() {
            let (token, process) = state.withLock { state in
                defer {
                    state.token = nil
                    state.process = -1
                }
                return (state.token, state.process)
            }
            if let token { reactor.remove(token, isClosing: true) }
            if process >= 0 { Glibc.close(process) }
        }
    }

    /// pidfd_open(2), which the C library's module does not show: readable once the process has ended.
    private enum PidDescriptor {
        private typealias Call = @convention(c) @Sendable (Int, Int, Int) -> Int
        private static let call = dlsym(nil, "syscall").map { unsafeBitCast($0, to: Call.self) }
        /// The same on every architecture, as for all calls since Linux 5.1.
        private static let number = 434

        /// -1 where the kernel has none, or no such process.
        static func open(_ process: Int32) -> Int32 {
            guard process > 0, let call else { return -1 }
            return Int32(clamping: call(number, Int(process), 0))
        }
    }
#endif
