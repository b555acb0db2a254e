#if os(Linux)
    import Glibc
    import Synchronization

    /// One running launcher process: makes cells, ends them, and hears when they are gone.
    final class LauncherConnection: Sendable {
        private struct State {
            var isOpen = true
            var token: Reactor.Token?
            var nextID: UInt64 = 1
            var cells: [UInt64: Cell] = [:]
            var sayEnded: [CheckedContinuation<Void, Never>] = []
        }

        let process: pid_t
        private let socket: Int32
        private let reactor: Reactor
        private let state = Mutex(State())

        var isAlive: Bool { state.withLock { $0.isOpen } }

        private init(process: pid_t, socket: Int32, reactor: Reactor) {
            self.process = process
            self.socket = socket
            self.reactor = reactor
        }

        /// Starts the launcher and waits for its first word. Blocks for as long as that takes: a few milliseconds.
        static func open(executablePath: String, reactor: Reactor) throws(SandboxError) -> LauncherConnection {
            let own: Int32
            let process: pid_t
            do throws(PosixError) {
                let pair = try SocketMessage.makePair()
                own = pair.own
                defer { close(pair.theirs) }
                do throws(PosixError) { process = try spawn(executablePath, socket: pair.theirs) } catch {
                    close(own)
                    throw error
                }
            } catch {
                throw .launcherUnavailable(message: "\(error)")
            }
            var timeout = timeval(tv_sec: 10, tv_usec: 0)
            setsockopt(own, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
            let connection = LauncherConnection(process: process, socket: own, reactor: reactor)
            guard case .reply(let hello) = SocketMessage.receive(own, waits: true), hello.kind == .hello,
                hello.first == LauncherProtocol.version, connection.listen()
            else {
                close(own)
                kill(process, SIGKILL)
                waitpid(process, nil, 0)
                throw .launcherUnavailable(
                    message: "\(executablePath) does not speak version \(LauncherProtocol.version) of the protocol")
            }
            return connection
        }

        /// With an empty environment: the init of a sandbox is a copy of this process, and must hold no secret.
        private static func spawn(_ path: String, socket: Int32) throws(PosixError) -> pid_t {
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
            posix_spawn_file_actions_init(&actions)
            posix_spawnattr_init(&attributes)
            defer {
                posix_spawn_file_actions_destroy(&actions)
                posix_spawnattr_destroy(&attributes)
            }
            // Moving a descriptor onto itself would leave close-on-exec set; a high number first avoids that case.
            let source = fcntl(socket, F_DUPFD_CLOEXEC, 10)
            guard source >= 0 else { throw PosixError("cannot duplicate a socket") }
            defer { close(source) }
            posix_spawn_file_actions_adddup2(&actions, source, 3)
            var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(path), nil]
            var environment: [UnsafeMutablePointer<CChar>?] = [nil]
            defer { free(arguments[0]) }
            var process: pid_t = 0
            let code = posix_spawn(&process, path, &actions, &attributes, &arguments, &environment)
            if code != 0 { throw PosixError("cannot start \(path)", errno: code) }
            return process
        }

        // MARK: cells

        /// Makes a cell. What goes wrong while it is set up is the answer to its first run.
        func makeCell(_ spec: [UInt8], specFile: Int32? = nil) throws -> Cell {
            let pair = try SocketMessage.makePair()
            defer { close(pair.theirs) }
            let id = state.withLock { state in
                defer { state.nextID += 1 }
                return state.nextID
            }
            let cell = Cell(id: id, socket: pair.own, reactor: reactor) { [weak self] in self?.end(id) }
            do { try cell.open() } catch {
                close(pair.own)
                throw error
            }
            let message = LauncherProtocol.request(.cell, id: id, spec: specFile == nil ? spec : [])
            let isAsked = state.withLock { state in
                guard state.isOpen,
                    SocketMessage.send(message, descriptors: [pair.theirs] + [specFile].compactMap(\.self), to: socket)
                else { return false }
                state.cells[id] = cell
                return true
            }
            if !isAsked { cell.becomeGone() }
            return cell
        }

        private func end(_ id: UInt64) {
            state.withLock { state in
                guard state.isOpen, state.cells[id] != nil else { return }
                _ = SocketMessage.send(LauncherProtocol.request(.kill, id: id), to: socket)
            }
        }

        /// Hangs up: the launcher kills every cell and ends. Returns when it has.
        func hangUp() async {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isOpen {
                        state.sayEnded.append(continuation)
                        shutdown(socket, Int32(SHUT_RDWR))
                    }
                    return !state.isOpen
                }
                if isOver { continuation.resume() }
            }
        }

        // MARK: the socket

        private func listen() -> Bool {
            do {
                let token = try reactor.add(socket) {
                    self.receive()
                    return nil
                }
                state.withLock { $0.token = token }
                return true
            } catch {
                return false
            }
        }

        private func receive() {
            while true {
                switch SocketMessage.receive(socket) {
                case .nothing: return
                case .end: return finish()
                case .reply(let reply):
                    guard reply.kind == .gone else { continue }
                    state.withLock { $0.cells.removeValue(forKey: reply.id) }?.becomeGone()
                }
            }
        }

        private func finish() {
            let (token, cells) = state.withLock { state in
                state.isOpen = false
                defer {
                    state.token = nil
                    state.cells = [:]
                }
                return (state.token, state.cells)
            }
            if let token { reactor.remove(token) }
            // Also when it is the protocol that broke, not the process.
            kill(process, SIGKILL)
            while waitpid(process, nil, 0) < 0 && errno == EINTR {}
            close(socket)
            for cell in cells.values { cell.becomeGone() }
            let sayEnded = state.withLock { state in
                defer { state.sayEnded = [] }
                return state.sayEnded
            }
            for continuation in sayEnded { continuation.resume() }
        }
    }
#endif
