import Synchronization
import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// How much of all processors others than Weft use: what the machine did (`/proc/stat`) less what this process and all
/// that came of it did. The latter is exact also for what has ended meanwhile, because a parent that waited for its
/// children counts their time as well.
final class LoadSensor: Sendable {
    private struct Sample {
        var at: ContinuousClock.Instant
        /// In clock ticks, over all processors.
        var busy: Int64
        var total: Int64
        var own: Int64
        var elsewhere: Duration
    }

    private struct State {
        var last: Sample?
        var percent = 0.0
    }

    /// Shorter spans are mostly the granularity of the clock.
    private static let span = Duration.milliseconds(400)
    private static let firstSpanMicroseconds: UInt32 = 200_000
    private static let ticksPerSecond = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))

    private let root: String
    private let state = Mutex(State())
    private let clock = ContinuousClock()

    init(root: String) { self.root = root }

    /// The first time it takes a fifth of a second, to have something to compare with.
    func read(elsewhere: Duration) -> Reading<Double> {
        state.withLock { state in
            if state.last == nil {
                state.last = sample(elsewhere)
                usleep(Self.firstSpanMicroseconds)
            } else if let last = state.last, clock.now - last.at < Self.span {
                return .value(state.percent)
            }
            guard let before = state.last, let now = sample(elsewhere) else {
                state.last = nil
                return .missing("\(root)/proc/stat cannot be read")
            }
            state.last = now
            let total = Double(now.total - before.total)
            guard total > 0 else { return .value(state.percent) }
            let away = now.elsewhere - before.elsewhere
            let awayTicks = Double(max(0, away.microseconds)) / 1_000_000 * Self.ticksPerSecond
            let others = Double(now.busy - before.busy) - Double(max(0, now.own - before.own)) - awayTicks
            state.percent = min(100, max(0, others / total * 100))
            return .value(state.percent)
        }
    }

    private func sample(_ elsewhere: Duration) -> Sample? {
        // cpu user nice system idle iowait irq softirq steal guest guest_nice (proc_stat(5)); guests are in user.
        guard let line = HostFiles.read(root + "/proc/stat", limit: 512)?.split(separator: "\n").first else {
            return nil
        }
        let fields = line.split(separator: " ")
        guard fields.first == "cpu" else { return nil }
        let numbers = fields.dropFirst().prefix(8).map { Int64($0) ?? 0 }
        guard numbers.count >= 4 else { return nil }
        let idle = numbers[3] + (numbers.count > 4 ? numbers[4] : 0)
        // What the host of a virtual machine took was not used here.
        let stolen = numbers.count > 7 ? numbers[7] : 0
        let total = numbers.reduce(0, +)
        return Sample(
            at: clock.now, busy: total - idle - stolen, total: total, own: Self.ownTicks(), elsewhere: elsewhere)
    }

    /// Of this process and everything that descends from it.
    private static func ownTicks() -> Int64 {
        var parents: [Int32: Int32] = [:]
        var ticks: [Int32: Int64] = [:]
        for name in HostFiles.names(in: "/proc") {
            guard let process = Int32(name), let text = HostFiles.read("/proc/\(name)/stat", limit: 1024),
                let end = text.utf8.lastIndex(of: UInt8(ascii: ")"))
            else { continue }
            // From the third field on: state, parent, …; 14 to 17 are times (proc_pid_stat(5)).
            let fields = text[end...].dropFirst(2).split(separator: " ")
            guard fields.count > 14, let parent = Int32(fields[1]) else { continue }
            parents[process] = parent
            ticks[process] = (11...14).reduce(0) { $0 + (Int64(fields[$1]) ?? 0) }
        }
        let own = getpid()
        var isOwn: [Int32: Bool] = [own: true, 0: false, 1: own == 1]
        func descends(_ process: Int32, depth: Int) -> Bool {
            if let known = isOwn[process] { return known }
            guard depth < 1000, let parent = parents[process] else { return false }
            let found = descends(parent, depth: depth + 1)
            isOwn[process] = found
            return found
        }
        return ticks.reduce(0) { descends($1.key, depth: 0) ? $0 + $1.value : $0 }
    }
}
