import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One thread that waits for many descriptors and calls whoever is concerned.
///
/// Handlers run on that thread, one at a time, and must not block. The thread ends when the reactor is let go.
package final class Reactor: Sendable {
    /// Called when the descriptor has something to read, has hung up, or when the time has come that the last call
    /// returned. Returns until when it wants to be called again even if nothing happens.
    package typealias Handler = @Sendable () -> ContinuousClock.Instant?
    package typealias Token = UInt64

    private let core: ReactorCore

    /// Throws when the system has no more descriptors.
    package init() throws {
        core = try ReactorCore()
        let core = core
        DispatchQueue(label: "weft.reactor").async { core.run() }
    }

    deinit { core.stop() }

    /// Watches a descriptor, which must stay open until ``remove(_:)``.
    package func add(_ descriptor: Int32, _ handler: @escaping Handler) throws -> Token {
        try core.add(descriptor, handler)
    }

    /// Lets go of the handler. A call of it may still be on its way: a handler must know by itself that it is over.
    ///
    /// - Parameter isClosing: the caller closes the descriptor right afterwards, and has no copy of it.
    package func remove(_ token: Token, isClosing: Bool = false) { core.remove(token, isClosing: isClosing) }
}

/// What the thread and the reactor share.
private final class ReactorCore: Sendable {
    private struct Watched {
        var descriptor: Int32
        var handler: Reactor.Handler
    }

    private struct State {
        var watched: [Reactor.Token: Watched] = [:]
        var nextToken: Reactor.Token = 1
        var isStopped = false
    }

    private let state = Mutex(State())
    private let poller: Poller

    init() throws { poller = try Poller() }

    deinit { poller.close() }

    func add(_ descriptor: Int32, _ handler: @escaping Reactor.Handler) throws -> Reactor.Token {
        try state.withLock { state in
            let token = state.nextToken
            state.nextToken += 1
            state.watched[token] = Watched(descriptor: descriptor, handler: handler)
            do { try poller.add(descriptor, token) } catch {
                state.watched[token] = nil
                throw error
            }
            return token
        }
    }

    func remove(_ token: Reactor.Token, isClosing: Bool) {
        // The handler may be what holds the last reference to something whose end comes back here: not in the lock.
        let removed = state.withLock { state -> Watched? in
            guard let watched = state.watched.removeValue(forKey: token) else { return nil }
            poller.remove(watched.descriptor, token, isClosing: isClosing)
            return watched
        }
        _ = removed
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        poller.wake()
    }

    func run() {
        let clock = ContinuousClock()
        var due: [Reactor.Token: ContinuousClock.Instant] = [:]
        var ready: [Reactor.Token] = []
        while !state.withLock({ $0.isStopped }) {
            var milliseconds: Int32 = -1
            if let next = due.values.min() {
                milliseconds = Int32(clamping: max(0, (next - clock.now).wholeMillisecondsUp))
            }
            ready.removeAll(keepingCapacity: true)
            poller.wait(milliseconds: milliseconds, into: &ready)
            if !due.isEmpty {
                let now = clock.now
                for (token, instant) in due where instant <= now && !ready.contains(token) { ready.append(token) }
            }
            for token in ready {
                let handler = state.withLock { $0.watched[token]?.handler }
                due[token] = handler?()
            }
        }
    }
}

extension Duration {
    fileprivate var wholeMillisecondsUp: Int64 {
        components.seconds * 1000 + (components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}

#if os(Linux)
    /// epoll(7): a descriptor is named once, whoever else is watched.
    private struct Poller: Sendable {
        private let functions: EpollFunctions
        private let epoll: Int32
        private let wakeup: (reading: Int32, writing: Int32)
        private static let wakeupToken: Reactor.Token = 0
        private static let batch = 64

        init() throws {
            functions = try EpollFunctions()
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { throw PosixError("cannot make a pipe") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            wakeup = (ends[0], ends[1])
            epoll = functions.create(EpollFunctions.closeOnExec)
            guard epoll >= 0 else {
                let error = PosixError("cannot make an epoll descriptor")
                for end in ends { Glibc.close(end) }
                throw error
            }
            try add(wakeup.reading, Self.wakeupToken)
        }

        func add(_ descriptor: Int32, _ token: Reactor.Token) throws {
            var event = EpollEvent()
            event.store(EpollFunctions.readable, token)
            guard functions.control(epoll, EpollFunctions.add, descriptor, &event) == 0 else {
                throw PosixError("cannot watch a descriptor")
            }
        }

        func remove(_ descriptor: Int32, _ token: Reactor.Token, isClosing: Bool) {
            // A closed descriptor leaves by itself; what it still had to say meets a token that nobody knows.
            if isClosing { return }
            var event = EpollEvent()
            _ = functions.control(epoll, EpollFunctions.delete, descriptor, &event)
        }

        func wake() {
            var byte: UInt8 = 1
            _ = write(wakeup.writing, &byte, 1)
        }

        func close() {
            for descriptor in [epoll, wakeup.reading, wakeup.writing] { Glibc.close(descriptor) }
        }

        /// The wakeup needs no reading: it is for the end, and comes once.
        func wait(milliseconds: Int32, into ready: inout [Reactor.Token]) {
            withUnsafeTemporaryAllocation(of: EpollEvent.self, capacity: Self.batch) { events in
                let count = functions.wait(epoll, events.baseAddress!, Int32(Self.batch), milliseconds)
                for index in 0..<max(0, Int(count)) where events[index].token != Self.wakeupToken {
                    ready.append(events[index].token)
                }
            }
        }
    }

    /// `struct epoll_event`, which is packed on x86-64 only (sys/epoll.h). Of words, so that it
    /// has the kernel's size in an array either way.
    private struct EpollEvent {
        var events: UInt32 = 0
        #if !arch(x86_64)
            var padding: UInt32 = 0
        #endif
        var low: UInt32 = 0
        var high: UInt32 = 0

        var token: Reactor.Token { Reactor.Token(high) << 32 | Reactor.Token(low) }

        mutating func store(_ events: UInt32, _ token: Reactor.Token) {
            self.events = events
            low = UInt32(truncatingIfNeeded: token)
            high = UInt32(truncatingIfNeeded: token >> 32)
        }
    }

    /// The C library has these, but its Swift module does not show them.
    private struct EpollFunctions: Sendable {
        typealias Create = @convention(c) @Sendable (Int32) -> Int32
        typealias Control =
            @convention(c) @Sendable (Int32, Int32, Int32, UnsafeMutableRawPointer) -> Int32
        typealias Wait = @convention(c) @Sendable (Int32, UnsafeMutableRawPointer, Int32, Int32) -> Int32

        static let closeOnExec: Int32 = 0o2_000_000
        static let readable: UInt32 = 1
        static let add: Int32 = 1
        static let delete: Int32 = 2

        let create: Create
        let control: Control
        let wait: Wait

        init() throws {
            guard let create = dlsym(nil, "epoll_create1"), let control = dlsym(nil, "epoll_ctl"),
                let wait = dlsym(nil, "epoll_wait")
            else { throw PosixError("cannot find epoll", errno: ENOSYS) }
            self.create = unsafeBitCast(create, to: Create.self)
            self.control = unsafeBitCast(control, to: Control.self)
            self.wait = unsafeBitCast(wait, to: Wait.self)
        }
    }
#else
    /// poll(2), for systems without epoll: every change of what is watched wakes the thread.
    private final class Poller: Sendable {
        private let pipe: (reading: Int32, writing: Int32)
        private let watched = Mutex<[Reactor.Token: Int32]>([:])

        init() throws {
            var ends: [Int32] = [-1, -1]
            guard Self.makePipe(&ends) else { throw PosixError("cannot make a pipe") }
            for end in ends {
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
            }
            pipe = (ends[0], ends[1])
        }

        func add(_ descriptor: Int32, _ token: Reactor.Token) throws {
            watched.withLock { $0[token] = descriptor }
            wake()
        }

        func remove(_ descriptor: Int32, _ token: Reactor.Token, isClosing: Bool) {
            watched.withLock { _ = $0.removeValue(forKey: token) }
            wake()
        }

        func wake() {
            var byte: UInt8 = 1
            _ = write(pipe.writing, &byte, 1)
        }

        func close() {
            for end in [pipe.reading, pipe.writing] { _ = Self.closeOne(end) }
        }

        func wait(milliseconds: Int32, into ready: inout [Reactor.Token]) {
            let list = watched.withLock { Array($0) }
            var polled = [pollfd(fd: pipe.reading, events: Int16(POLLIN), revents: 0)]
            polled += list.map { pollfd(fd: $0.value, events: Int16(POLLIN), revents: 0) }
            guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return }
            if polled[0].revents != 0 {
                var bytes = [UInt8](repeating: 0, count: 64)
                while read(pipe.reading, &bytes, bytes.count) == bytes.count {}
            }
            for (index, entry) in list.enumerated() where polled[index + 1].revents != 0 { ready.append(entry.key) }
        }

        private static func closeOne(_ descriptor: Int32) -> Int32 {
            #if canImport(Darwin)
                return Darwin.close(descriptor)
            #else
                return -1
            #endif
        }

        private static func makePipe(_ ends: inout [Int32]) -> Bool {
            #if canImport(Darwin)
                return Darwin.pipe(&ends) == 0
            #else
                return false
            #endif
        }
    }
#endif
