#if os(Linux)
    import Glibc
    import Synchronization

    /// A place where runs take place, one after the other: a first process with, mostly, walls around it.
    ///
    /// It is made by sending the launcher its spec, and used by sending messages to its own socket at once, without
    /// waiting for it to be ready. Whatever goes wrong is the answer to the run, and the end of the cell.
    final class Cell: Sendable {
        /// How a run came to its end.
        enum Ending: Sendable {
            /// What the cell said. Nothing of the run is left.
            case replied(LauncherReply)
            /// The cell is gone, with everything in it. `begun` is false when it never saw the run.
            case gone(begun: Bool)
        }

        private struct State {
            var token: Reactor.Token?
            var waiting: CheckedContinuation<Ending, Never>?
            var sayGone: [@Sendable () -> Void] = []
            var leftUnread = false
            /// What runs, or will, is to stand still.
            var isPaused = false
            var isHeldElsewhere = false
            /// No run may begin: it has failed, was killed, or is gone.
            var isSpent = false
            var isGone = false
        }

        let id: UInt64
        private let socket: Int32
        private let reactor: Reactor
        private let kill: @Sendable () -> Void
        private let state = Mutex(State())

        /// Takes over the socket. `kill` asks the launcher to end the cell.
        init(id: UInt64, socket: Int32, reactor: Reactor, kill: @escaping @Sendable () -> Void) {
            self.id = id
            self.socket = socket
            self.reactor = reactor
            self.kill = kill
        }

        /// To be called once, before anything else.
        func open() throws {
            let token = try reactor.add(socket) { [weak self] in
                self?.receive()
                return nil
            }
            state.withLock { $0.token = token }
        }

        /// Whether another run may begin.
        var isUsable: Bool { state.withLock { !$0.isSpent } }

        // MARK: runs

        /// Runs one command and returns when nothing of it is left. One at a time.
        func run(_ spec: [UInt8], descriptors: [Int32]) async -> Ending {
            let isInline = spec.count <= LauncherProtocol.inlineBytesMax
            let message = LauncherProtocol.request(.run, id: id, spec: isInline ? spec : [])
            return await withCheckedContinuation { continuation in
                let refused = state.withLock { state in
                    precondition(state.waiting == nil, "a cell has one run at a time")
                    if state.isGone || state.isSpent { return true }
                    state.waiting = continuation
                    // Not sent: then the cell is about to be gone, and that will be the answer.
                    if !SocketMessage.send(message, descriptors: descriptors, to: socket) { state.leftUnread = true }
                    if state.isPaused { say(.pause, state.isHeldElsewhere ? [1] : []) }
                    return false
                }
                if refused { continuation.resume(returning: .gone(begun: false)) }
            }
        }

        /// Has what runs stand still, by signals, and its clock, or lets it go on. The next run, too, until it is told
        /// otherwise. Only its clock, if it is held elsewhere.
        func pause(_ isPaused: Bool, isHeldElsewhere: Bool) {
            state.withLock { state in
                state.isPaused = isPaused
                state.isHeldElsewhere = isHeldElsewhere
                guard state.waiting != nil, !state.isGone else { return }
                say(isPaused ? .pause : .resume, isPaused && isHeldElsewhere ? [1] : [])
            }
        }

        /// Gives what runs more time: to be called before a frozen cell goes on.
        func extend(by time: Duration) {
            var bytes: [UInt8] = []
            bytes.append(native: UInt64(max(0, time.wholeMicroseconds)))
            state.withLock { state in if state.waiting != nil, !state.isGone { say(.extend, bytes) } }
        }

        /// Not heard: then the cell is about to be gone.
        private func say(_ kind: LauncherProtocol.RequestKind, _ content: [UInt8] = []) {
            _ = SocketMessage.send(LauncherProtocol.request(kind, id: id, spec: content), to: socket)
        }

        /// Ends the run, and the cell with it.
        func end() {
            let isThere = state.withLock { state in
                state.isSpent = true
                return !state.isGone
            }
            if isThere { kill() }
        }

        /// No more runs: the cell ends by itself.
        func close() {
            state.withLock { state in
                state.isSpent = true
                if !state.isGone { shutdown(socket, Int32(SHUT_RDWR)) }
            }
        }

        /// Calls `body` once nothing of the cell is left, from any thread.
        func whenGone(_ body: @escaping @Sendable () -> Void) {
            let isGone = state.withLock { state in
                if !state.isGone { state.sayGone.append(body) }
                return state.isGone
            }
            if isGone { body() }
        }

        // MARK: what is heard

        /// The socket has something to say.
        private func receive() {
            let (waiter, reply, isEnd) = state.withLock { state in
                guard !state.isGone else {
                    return (nil as CheckedContinuation<Ending, Never>?, nil as LauncherReply?, false)
                }
                return take(&state)
            }
            if isEnd { stopListening() }
            if let waiter, let reply { waiter.resume(returning: .replied(reply)) }
        }

        private func take(_ state: inout State) -> (CheckedContinuation<Ending, Never>?, LauncherReply?, Bool) {
            while true {
                switch SocketMessage.receive(socket) {
                case .nothing: return (nil, nil, false)
                case .end(leftUnread: true): state.leftUnread = true  // there may still be words before the end
                case .end(leftUnread: false):
                    state.isSpent = true
                    return (nil, nil, true)
                case .reply(let reply):
                    // What failed to be set up is not to be trusted with another run. A command that could not be
                    // executed is the command's fault.
                    if reply.kind == .error, reply.step != "exec" { state.isSpent = true }
                    defer { state.waiting = nil }
                    return (state.waiting, reply, false)
                }
            }
        }

        private func stopListening() {
            let token = state.withLock { state in
                defer { state.token = nil }
                return state.token
            }
            if let token { reactor.remove(token) }
        }

        /// The launcher says that nothing of the cell is left. Called once.
        func becomeGone() {
            stopListening()
            let (waiter, ending, sayGone) = state.withLock { state in
                // Its last words may lie in the socket still.
                let (waiter, reply, _) = take(&state)
                let left = waiter ?? state.waiting
                state.waiting = nil
                state.isSpent = true
                state.isGone = true
                Glibc.close(socket)
                defer { state.sayGone = [] }
                return (left, reply.map(Ending.replied) ?? .gone(begun: !state.leftUnread), state.sayGone)
            }
            waiter?.resume(returning: ending)
            for body in sayGone { body() }
        }
    }
#endif
