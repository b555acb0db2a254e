#if os(Linux)
    import Dispatch
    import Glibc
    import Synchronization

    /// One running launcher process: requests go out, and every reply wakes the one who waits for it.
    ///
    /// A thread of its own reads the socket until the launcher has gone; then it reaps the process and tells everyone
    /// who still waits.
    final class LauncherConnection: Sendable {
        private enum Slot {
            /// Cancelled before it was asked for: must not start.
            case cancelled
            case waiting(CheckedContinuation<LauncherReply, Never>, started: (@Sendable (Int32) -> Void)?)
        }

        private struct State {
            var socket: Int32
            var isOpen = true
            var nextID: UInt64 = 1
            var slots: [UInt64: Slot] = [:]
        }

        let process: pid_t
        private let state: Mutex<State>
        private let ended = DispatchGroup()

        var isAlive: Bool { state.withLock { $0.isOpen } }

        private init(process: pid_t, socket: Int32) {
            self.process = process
            state = Mutex(State(socket: socket))
        }

        /// Starts the launcher and waits for its first word. Blocks for as long as that takes: a few milliseconds.
        static func open(executablePath: String) throws(SandboxError) -> LauncherConnection {
            var pair: [Int32] = [-1, -1]
            let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            guard socketpair(AF_UNIX, type, 0, &pair) == 0 else {
                throw .launcherUnavailable(message: "\(PosixError("cannot make a socket"))")
            }
            let process: pid_t
            do throws(PosixError) { process = try spawn(executablePath, socket: pair[1]) } catch {
                for fd in pair { close(fd) }
                throw .launcherUnavailable(message: "\(error)")
            }
            close(pair[1])
            var timeout = timeval(tv_sec: 10, tv_usec: 0)
            setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
            guard let hello = receive(pair[0]), hello.kind == .hello, hello.first == LauncherProtocol.version else {
                close(pair[0])
                kill(process, SIGKILL)
                waitpid(process, nil, 0)
                throw .launcherUnavailable(
                    message: "\(executablePath) does not speak version \(LauncherProtocol.version) of the protocol")
            }
            timeout.tv_sec = 0
            setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
            let connection = LauncherConnection(process: process, socket: pair[0])
            connection.startReading(pair[0])
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

        // MARK: requests

        /// A name for a run, by which it can be killed from now on.
        func makeID() -> UInt64 {
            state.withLock { state in
                defer { state.nextID += 1 }
                return state.nextID
            }
        }

        /// Starts a sandbox and returns its end, whatever that is. Does not throw: a lost launcher is an end too.
        ///
        /// - Parameters:
        ///   - descriptors: standard input, output and error, and the spec's file.
        ///   - started: called with the host's number of the sandbox's init.
        func run(
            id: UInt64, descriptors: [Int32], started: (@Sendable (Int32) -> Void)? = nil
        ) async -> LauncherReply {
            await withCheckedContinuation { continuation in
                let refusal: LauncherReply? = state.withLock { state in
                    if case .cancelled = state.slots.removeValue(forKey: id) { return LauncherReply(cancelled: id) }
                    guard state.isOpen else { return LauncherReply(lost: id) }
                    let request = LauncherProtocol.request(.spawn, id: id)
                    guard Self.send(request, descriptors: descriptors, to: state.socket) else {
                        return LauncherReply(lost: id)
                    }
                    state.slots[id] = .waiting(continuation, started: started)
                    return nil
                }
                if let refusal { continuation.resume(returning: refusal) }
            }
        }

        /// Kills a run, now or as soon as it would start. One that has ended, or is not this connection's, is ignored.
        func cancel(_ id: UInt64) {
            state.withLock { state in
                switch state.slots[id] {
                case .waiting:
                    if state.isOpen { _ = Self.send(LauncherProtocol.request(.kill, id: id), to: state.socket) }
                case .cancelled, nil: state.slots[id] = .cancelled
                }
            }
        }

        /// Forgets a name whose run is over.
        func forget(_ id: UInt64) {
            state.withLock { state in
                if case .cancelled = state.slots[id] { state.slots[id] = nil }
            }
        }

        /// Hangs up: the launcher kills every sandbox and ends. Returns when it has.
        func hangUp() async {
            state.withLock { state in
                if state.isOpen { _ = shutdown(state.socket, Int32(SHUT_RDWR)) }
            }
            await withCheckedContinuation { continuation in
                ended.notify(queue: .global()) { continuation.resume() }
            }
        }

        // MARK: the socket

        private func startReading(_ socket: Int32) {
            ended.enter()
            DispatchQueue(label: "weft.sandbox.launcher").async {
                while let reply = Self.receive(socket) { self.deliver(reply) }
                self.finish()
            }
        }

        private func deliver(_ reply: LauncherReply) {
            if reply.kind == .started {
                let started: (@Sendable (Int32) -> Void)? = state.withLock { state in
                    if case .waiting(_, let started) = state.slots[reply.id] { return started }
                    return nil
                }
                started?(reply.first)
                return
            }
            let continuation: CheckedContinuation<LauncherReply, Never>? = state.withLock { state in
                if case .waiting(let continuation, _) = state.slots.removeValue(forKey: reply.id) {
                    return continuation
                }
                return nil
            }
            continuation?.resume(returning: reply)
        }

        private func finish() {
            let slots = state.withLock { state in
                state.isOpen = false
                Glibc.close(state.socket)
                state.socket = -1
                defer { state.slots = [:] }
                return state.slots
            }
            // Also when it is the protocol that broke, not the process.
            kill(process, SIGKILL)
            while waitpid(process, nil, 0) < 0 && errno == EINTR {}
            for (id, slot) in slots {
                if case .waiting(let continuation, _) = slot { continuation.resume(returning: LauncherReply(lost: id)) }
            }
            ended.leave()
        }

        /// Nil at the end of the conversation, and for anything that is no reply.
        private static func receive(_ socket: Int32) -> LauncherReply? {
            withUnsafeTemporaryAllocation(byteCount: LauncherProtocol.replyBytes, alignment: 8) { buffer in
                var count: Int
                repeat { count = recv(socket, buffer.baseAddress, buffer.count, 0) } while count < 0 && errno == EINTR
                return count <= 0 ? nil : LauncherReply(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }

        /// Sends one message, with descriptors if there are any (unix(7), SCM_RIGHTS).
        private static func send(_ bytes: [UInt8], descriptors: [Int32] = [], to socket: Int32) -> Bool {
            var bytes = bytes
            let headerBytes = MemoryLayout<cmsghdr>.size
            let dataBytes = descriptors.count * MemoryLayout<Int32>.size
            let alignment = MemoryLayout<Int>.alignment
            let controlBytes = headerBytes + (dataBytes + alignment - 1) / alignment * alignment
            return withUnsafeTemporaryAllocation(byteCount: controlBytes, alignment: 8) { control in
                control.initializeMemory(as: UInt8.self, repeating: 0)
                var header = cmsghdr()
                header.cmsg_len = headerBytes + dataBytes
                header.cmsg_level = SOL_SOCKET
                header.cmsg_type = Int32(SCM_RIGHTS)
                control.storeBytes(of: header, as: cmsghdr.self)
                for (index, descriptor) in descriptors.enumerated() {
                    control.storeBytes(
                        of: descriptor, toByteOffset: headerBytes + index * MemoryLayout<Int32>.size, as: Int32.self)
                }
                return bytes.withUnsafeMutableBytes { bytes in
                    var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                    return withUnsafeMutablePointer(to: &part) { part in
                        var message = msghdr()
                        message.msg_iov = part
                        message.msg_iovlen = 1
                        if !descriptors.isEmpty {
                            message.msg_control = control.baseAddress
                            message.msg_controllen = controlBytes
                        }
                        var count: Int
                        repeat {
                            count = sendmsg(socket, &message, Int32(MSG_NOSIGNAL))
                        } while count < 0 && errno == EINTR
                        return count == bytes.count
                    }
                }
            }
        }
    }
#endif
