import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A program of the machine that is asked something: what it says and how it ends, within bounds of time and size.
///
/// GPU libraries crash and hang, so they are never loaded into this process: a program of their own asks them.
package struct ChildProgram: Sendable {
    package enum End: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
        /// It was still running when its time was up, and was ended.
        case tookTooLong
        case notStarted(String)
    }

    package struct Answer: Hashable, Sendable {
        package var end: End
        /// The beginning of what it wrote to standard output, and to standard error.
        package var output: [UInt8]
        package var complaint: String
    }

    package var arguments: [String]
    package var environment: [String: String]
    package var limit: Duration

    private static let stackBytes = 512 << 10
    /// What is kept of standard output; of standard error a hundredth.
    private static let outputBytesMax = 4 << 20
    private static let complaintBytesMax = 4096
    /// How long one that was killed may take to go. Who waits for a broken driver in the kernel does not go at all.
    private static let farewell = Duration.seconds(1)
    /// How long a program that is being written is waited for. One that was just written may still be open in a child
    /// that another thread is making, until that child executes something.
    private static let busyMax = Duration.seconds(1)

    /// `environment` is the whole environment of the program.
    package init(_ arguments: [String], environment: [String: String], limit: Duration) {
        self.arguments = arguments
        self.environment = environment
        self.limit = limit
    }

    /// Returns when it has ended, or has been ended. Blocks no shared thread.
    package func run() async -> Answer {
        await withCheckedContinuation { continuation in
            let isStarted = startThread(stackBytes: Self.stackBytes) { continuation.resume(returning: runHere()) }
            if !isStarted {
                continuation.resume(
                    returning: Answer(end: .notStarted("no thread is to be had"), output: [], complaint: ""))
            }
        }
    }

    /// As ``run()``, on this thread.
    package func runHere() -> Answer {
        var output: [Int32] = [-1, -1]
        var complaint: [Int32] = [-1, -1]
        guard makePipe(&output), makePipe(&complaint) else {
            for descriptor in output + complaint where descriptor >= 0 { close(descriptor) }
            return Answer(end: .notStarted("no pipes are to be had"), output: [], complaint: "")
        }
        defer {
            close(output[0])
            close(complaint[0])
        }
        let started = start(output[1], complaint[1])
        close(output[1])
        close(complaint[1])
        guard case .success(let child) = started else {
            guard case .failure(let why) = started else { preconditionFailure("it was started or not") }
            return Answer(end: .notStarted(why.text), output: [], complaint: "")
        }
        let deadline = ContinuousClock.now + limit
        var heard = Reading(output[0], Self.outputBytesMax)
        var said = Reading(complaint[0], Self.complaintBytesMax)
        while !heard.isOver || !said.isOver {
            guard deadline > .now else { break }
            wait(for: [heard, said], until: deadline)
            heard.take()
            said.take()
        }
        let end = reap(child, until: deadline)
        // What it has started goes with it.
        kill(-child, SIGKILL)
        return Answer(end: end, output: heard.bytes, complaint: String(decoding: said.bytes, as: UTF8.self).trimmed)
    }

    private struct NotStarted: Error { var text: String }

    private func start(_ output: Int32, _ complaint: Int32) -> Result<pid_t, NotStarted> {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, complaint, 2)
        // What this process does not want to hear of is no matter of the program's.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
        posix_spawnattr_setpgroup(&attributes, 0)
        var argumentPointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var environmentPointers: [UnsafeMutablePointer<CChar>?] =
            environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        var child: pid_t = 0
        var code: Int32
        let deadline = ContinuousClock.now + Self.busyMax
        repeat {
            code = posix_spawn(&child, arguments[0], &actions, &attributes, &argumentPointers, &environmentPointers)
            guard code == ETXTBSY else { break }
            usleep(1000)
        } while deadline > .now
        guard code == 0 else {
            return .failure(NotStarted(text: "\(arguments[0]) cannot be started: \(String(cString: strerror(code)))"))
        }
        return .success(child)
    }

    private func makePipe(_ ends: inout [Int32]) -> Bool {
        guard pipe(&ends) == 0 else { return false }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0
    }

    private struct Reading {
        let descriptor: Int32
        let limit: Int
        var bytes: [UInt8] = []
        var isOver = false

        init(_ descriptor: Int32, _ limit: Int) {
            self.descriptor = descriptor
            self.limit = limit
        }

        mutating func take() {
            var piece = [UInt8](repeating: 0, count: 65_536)
            while !isOver {
                let count = read(descriptor, &piece, piece.count)
                if count > 0 {
                    // What is over the limit is read all the same, so that who writes it can go on.
                    bytes += piece[..<min(count, limit - bytes.count)]
                } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                    isOver = true
                } else if errno == EAGAIN {
                    return
                }
            }
        }
    }

    private func wait(for readings: [Reading], until deadline: ContinuousClock.Instant) {
        var watched = readings.filter { !$0.isOver }.map {
            pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0)
        }
        let left = max(1, min(1000, (deadline - .now) / .milliseconds(1)))
        _ = poll(&watched, numericCast(watched.count), Int32(left))
    }

    private func reap(_ child: pid_t, until deadline: ContinuousClock.Instant) -> End {
        if let end = seeEnd(of: child, until: deadline) { return end }
        kill(-child, SIGKILL)
        // Whether it goes or not, its time was up.
        _ = seeEnd(of: child, until: .now + Self.farewell)
        return .tookTooLong
    }

    private func seeEnd(of child: pid_t, until deadline: ContinuousClock.Instant) -> End? {
        while true {
            var status: Int32 = 0
            let found = waitpid(child, &status, WNOHANG)
            if found == child {
                return status & 0x7f == 0 ? .exited((status >> 8) & 0xff) : .signalled(status & 0x7f)
            }
            if found < 0, errno != EINTR { return .notStarted("its end was not seen") }
            guard deadline > .now else { return nil }
            usleep(2000)
        }
    }
}
