#if os(Linux)
    import Glibc
    import Synchronization
    import WeftModel

    /// A connection to a Unix socket, for one thread that blocks on it and others that may interrupt that one.
    final class UnixStream: Sendable {
        /// Non-blocking, open as long as this object lives.
        let descriptor: Int32
        private let wasInterrupted = Atomic<Bool>(false)

        /// Waits until `deadline` where the listener's queue is full.
        init(connectingTo path: String, by deadline: ContinuousClock.Instant) throws(EngineError) {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(path.utf8)
            let room = MemoryLayout.size(ofValue: address.sun_path)
            guard bytes.count < room, !bytes.contains(0) else {
                throw .cannotConnect(path: path, message: "a socket's path has at most \(room - 1) bytes")
            }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
            descriptor = socket(AF_UNIX, kind, 0)
            guard descriptor >= 0 else { throw .system("cannot make a socket: \(String(cString: strerror(errno)))") }
            while true {
                let result = withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                    }
                }
                if result == 0 { return }
                let code = errno
                if code == EINTR { continue }
                // Everything is set by now, so that a failure runs `deinit`, which closes it.
                guard code == EAGAIN else {
                    throw .cannotConnect(path: path, message: String(cString: strerror(code)))
                }
                guard ContinuousClock.now < deadline else { throw .timedOut }
                usleep(1000)
            }
        }

        deinit { close(descriptor) }

        /// Ends every wait on it, now and later. May come from any thread.
        func interrupt() {
            wasInterrupted.store(true, ordering: .sequentiallyConsistent)
            shutdown(descriptor, Int32(SHUT_RDWR))
        }

        /// No more bytes go out; answers still come in.
        func finishWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

        /// Waits for bytes; 0 at the end of the stream.
        func read(
            into buffer: UnsafeMutableRawBufferPointer, by deadline: ContinuousClock.Instant?
        ) throws(EngineError) -> Int {
            while true {
                if wasInterrupted.load(ordering: .sequentiallyConsistent) { throw .interrupted }
                let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                if count >= 0 {
                    if count == 0, wasInterrupted.load(ordering: .sequentiallyConsistent) { throw .interrupted }
                    return count
                }
                switch errno {
                case EINTR: continue
                case EAGAIN: _ = try wait(Int16(POLLIN), by: deadline)
                case ECONNRESET: throw .truncated
                default: throw .system("cannot read from a container engine: \(String(cString: strerror(errno)))")
                }
            }
        }

        /// Writes all of it.
        func write(_ bytes: UnsafeRawBufferPointer, by deadline: ContinuousClock.Instant?) throws(EngineError) {
            var rest = bytes
            while rest.count > 0 {
                let count = try writeSome(rest)
                if count == 0 { _ = try wait(Int16(POLLOUT), by: deadline) }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }

        /// Writes what there is room for, maybe nothing.
        func writeSome(_ bytes: UnsafeRawBufferPointer) throws(EngineError) -> Int {
            while true {
                if wasInterrupted.load(ordering: .sequentiallyConsistent) { throw .interrupted }
                let count = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
                if count >= 0 { return count }
                switch errno {
                case EINTR: continue
                case EAGAIN: return 0
                case EPIPE, ECONNRESET: throw .truncated
                default: throw .system("cannot write to a container engine: \(String(cString: strerror(errno)))")
                }
            }
        }

        /// Waits for one of `events`; returns what is there.
        func wait(_ events: Int16, by deadline: ContinuousClock.Instant?) throws(EngineError) -> Int16 {
            while true {
                if wasInterrupted.load(ordering: .sequentiallyConsistent) { throw .interrupted }
                var milliseconds: Int32 = -1
                if let deadline {
                    let left = deadline - ContinuousClock.now
                    guard left > .zero else { throw .timedOut }
                    milliseconds = Int32(clamping: left.milliseconds + 1)
                }
                var polled = pollfd(fd: descriptor, events: events, revents: 0)
                if poll(&polled, 1, milliseconds) > 0 { return polled.revents }
            }
        }
    }
#endif
