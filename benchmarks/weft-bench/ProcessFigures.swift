import Foundation
import Glibc

/// What the kernel says of a process (proc(5)).
struct ProcessFigures {
    let identifier: Int32

    /// User and system time so far; a hundredth of a second is the resolution.
    var cpuSeconds: Double {
        guard let text = read("stat"), let end = text.lastIndex(of: ")") else { return 0 }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    var residentBytes: Int { memory("VmRSS:") }
    var peakResidentBytes: Int { memory("VmHWM:") }

    var descriptorCount: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/fd").count) ?? 0
    }

    private func memory(_ name: String) -> Int {
        for line in (read("status") ?? "").split(separator: "\n") where line.hasPrefix(name) {
            return (line.split(separator: " ").dropFirst().first ?? line.split(separator: "\t").last).flatMap {
                Int($0.filter(\.isNumber))
            }.map { $0 * 1024 } ?? 0
        }
        return 0
    }

    private func read(_ file: String) -> String? {
        try? String(contentsOfFile: "/proc/\(identifier)/\(file)", encoding: .utf8)
    }
}

/// Starts a process and waits for it, as nothing but the system does: what a task of `true` costs at least.
func spawnAndWait(_ path: String = "/bin/true") throws -> Duration {
    let start = ContinuousClock.now
    var process: pid_t = 0
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(path), nil]
    defer { free(arguments[0]) }
    guard posix_spawn(&process, path, nil, nil, &arguments, environ) == 0 else {
        throw BenchFailure("cannot start \(path)")
    }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else { throw BenchFailure("\(path) ended with \(status)") }
    return ContinuousClock.now - start
}

struct BenchFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
