import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

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
    /// `NAME=value` in the environment of whatever belongs to it.
    let mark: String
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

    init(leader: pid_t, mark: String) {
        self.leader = leader
        self.mark = mark
    }

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
        #if canImport(Darwin)
            let unit: Int64 = 1
        #else
            let unit: Int64 = 1024
        #endif
        return Exit(
            status: status, user: Self.duration(usage.ru_utime), system: Self.duration(usage.ru_stime),
            peakMemoryBytes: Int64(usage.ru_maxrss) * unit)
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

    /// Sends SIGKILL until nothing of the tree is left to be found; bounded, for trees that grow as fast as they fall.
    private func clear() {
        #if os(Linux)
            var quietScans = 0
            for _ in 0..<2000 {
                let found = members()
                // SIGSTOP first: what stands still makes no more children while the rest is looked at.
                for process in found { Self.signal(process, SIGSTOP) }
                for process in found { Self.signal(process, SIGKILL) }
                quietScans = found.isEmpty ? quietScans + 1 : 0
                // Looked at twice: in the middle of an exec(2) a process's mark cannot be read.
                if quietScans == 2 { return }
                usleep(found.isEmpty ? 100 : 1000)
            }
        #else
            Self.signal(-leader, SIGKILL)
        #endif
    }

    private static func signal(_ process: pid_t, _ number: Int32) {
        #if canImport(Glibc)
            _ = Glibc.kill(process, number)
        #elseif canImport(Musl)
            _ = Musl.kill(process, number)
        #elseif canImport(Darwin)
            _ = Darwin.kill(process, number)
        #endif
    }

    #if os(Linux)
        private struct Entry {
            var process: pid_t
            var parent: pid_t
            var session: pid_t
            var isAlive: Bool
        }

        /// Living processes that are of the leader's session, descend from one that is, or carry the mark.
        private func members() -> [pid_t] {
            let entries = Self.processes()
            let own = getpid()
            var family: Set<pid_t> = [leader]
            for entry in entries where entry.session == leader { family.insert(entry.process) }
            for entry in entries where entry.process != own && !family.contains(entry.process) {
                if carriesMark(entry.process) { family.insert(entry.process) }
            }
            var grew = true
            while grew {
                grew = false
                for entry in entries where family.contains(entry.parent) && entry.process != own {
                    if family.insert(entry.process).inserted { grew = true }
                }
            }
            return entries.filter { $0.isAlive && family.contains($0.process) }.map(\.process)
        }

        private func carriesMark(_ process: pid_t) -> Bool {
            let wanted = Array(mark.utf8)
            return Self.read("/proc/\(process)/environ").split(separator: 0).contains { $0.elementsEqual(wanted) }
        }

        private static func processes() -> [Entry] {
            guard let directory = opendir("/proc") else { return [] }
            defer { closedir(directory) }
            var entries: [Entry] = []
            while let item = readdir(directory) {
                let name = withUnsafePointer(to: &item.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard let process = pid_t(name) else { continue }
                // The name in parentheses may hold anything; fields are counted from the last one (proc(5)).
                let text = String(decoding: read("/proc/\(process)/stat"), as: UTF8.self)
                guard let end = text.lastIndex(of: ")") else { continue }
                let fields = text[text.index(after: end)...].split(separator: " ")
                guard fields.count > 3, let parent = pid_t(fields[1]), let session = pid_t(fields[3]) else { continue }
                entries.append(
                    Entry(
                        process: process, parent: parent, session: session,
                        isAlive: fields[0] != "Z" && fields[0] != "X"))
            }
            return entries
        }

        private static func read(_ path: String) -> [UInt8] {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return [] }
            defer { close(descriptor) }
            var content: [UInt8] = []
            var piece = [UInt8](repeating: 0, count: 16_384)
            while content.count < 1 << 20 {
                let count = Glibc.read(descriptor, &piece, piece.count)
                guard count > 0 else { break }
                content.append(contentsOf: piece[..<count])
            }
            return content
        }
    #endif
}
