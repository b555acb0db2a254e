import Foundation
import Glibc

/// What the kernel tells of processes.
enum ProcessNumbers {
    /// Bytes of memory that this process has now (`/proc/self/statm`, second number, in pages).
    static func residentBytes() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let words = text.split(separator: " ")
        guard words.count > 1, let pages = Int(words[1]) else { return 0 }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Seconds of processor time that this process has used, all threads, kernel and user.
    static func processorSeconds() -> Double { processorSeconds(Int32(RUSAGE_SELF.rawValue)) }

    /// The same with those of programs that it started and that have ended.
    static func processorSecondsWithChildren() -> Double {
        processorSeconds() + processorSeconds(Int32(RUSAGE_CHILDREN.rawValue))
    }

    private static func processorSeconds(_ who: Int32) -> Double {
        var usage = rusage()
        guard getrusage(who, &usage) == 0 else { return 0 }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// Seconds for which the machine's processors were at work since it started (`/proc/stat`, all but idle and waiting).
    static func machineSeconds() -> Double {
        guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
            let line = text.split(separator: "\n").first
        else { return 0 }
        // user, nice, system, idle, iowait, irq, softirq, steal; what comes after is counted in the first two.
        let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
        guard ticks.count == 8 else { return 0 }
        return (ticks.reduce(0, +) - ticks[3] - ticks[4]) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// What `processorSeconds` says, of another process (`/proc/PID/stat`, numbers 14 and 15, in ticks).
    static func processorSeconds(of process: Int32) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let name = text.lastIndex(of: ")")
        else { return 0 }
        // After the name, which may have spaces, comes number 3.
        let words = text[text.index(after: name)...].split(separator: " ")
        guard words.count > 12, let user = Double(words[11]), let system = Double(words[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
