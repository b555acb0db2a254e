import Foundation

/// Waits for the end of what starting brings with it, at Weft as at its peers (`peerkit.Servers.settle`): a worker goes
/// on trying its drivers after it is there, boots a machine and compiles kernels.
enum QuietMachine {
    /// A second in which the processors were used less than this, 0 to 1, is quiet.
    private static let quietShare = 0.1

    /// Returns after a quiet second, or when the limit is over.
    static func wait(atMost limit: Duration) async throws {
        let end = ContinuousClock.now + limit
        var earlier = try Ticks()
        while end > .now {
            try await Task.sleep(for: .seconds(1))
            let now = try Ticks()
            if now.busyShare(since: earlier) < quietShare { return }
            earlier = now
        }
    }

    /// Clock ticks of all processors since the start of the machine: user nice system idle iowait irq softirq steal
    /// (proc_stat(5)).
    private struct Ticks {
        var total: Int
        var idle: Int

        init() throws {
            let text = try String(contentsOfFile: "/proc/stat", encoding: .utf8)
            let ticks = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().prefix(8).compactMap { Int($0) }
            guard ticks.count == 8 else { throw BenchFailure("/proc/stat does not begin with the processors' times") }
            total = ticks.reduce(0, +)
            idle = ticks[3] + ticks[4]
        }

        func busyShare(since earlier: Ticks) -> Double {
            1 - Double(idle - earlier.idle) / Double(max(1, total - earlier.total))
        }
    }
}
