import WeftModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What `uname` says, in Weft's spelling.
struct SystemNames {
    var operatingSystem: String
    var architecture: String
    var host: String
    /// Of the kernel.
    var release: String

    static func read() -> SystemNames {
        var system = utsname()
        guard uname(&system) == 0 else {
            return SystemNames(operatingSystem: "unknown", architecture: "unknown", host: "unknown", release: "")
        }
        let kernel = text(of: system.sysname)
        return SystemNames(
            operatingSystem: kernel == "Linux" ? "linux" : kernel == "Darwin" ? "macos" : "unknown",
            architecture: architecture(machine: text(of: system.machine)), host: text(of: system.nodename),
            release: text(of: system.release))
    }

    /// One spelling for one architecture, whatever the kernel calls it.
    static func architecture(machine: String) -> String {
        machine.isEmpty ? "unknown" : Requirements.architecture(named: machine)
    }

    private static func text<Characters>(of characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// Bytes that this user may still write below `path`; nil when it cannot be told (no such path, for example).
package func freeDiskBytes(at path: String) -> Int64? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    let (bytes, overflow) = Int64(clamping: UInt64(status.f_bavail))
        .multipliedReportingOverflow(by: Int64(clamping: UInt64(status.f_frsize)))
    return overflow ? Int64.max : bytes
}

func currentLoad() -> Double? {
    var load = [0.0]
    return getloadavg(&load, 1) == 1 ? load[0] : nil
}

#if os(Linux)
    /// Affinity and control group quotas, whichever is less.
    func availableCPUMillis() -> Int64? {
        var processors = allowedProcessors(status: smallFile("/proc/self/status") ?? "")
        if processors == 0 { processors = sysconf(Int32(_SC_NPROCESSORS_ONLN)) }
        guard processors > 0 else { return nil }
        let quota = ControlGroups.ofThisProcess().cpuMillis() ?? .max
        return max(1, min(Int64(processors) * 1000, quota))
    }

    /// How many processors the affinity mask in `/proc/self/status` has (proc(5)); 0 when there is none.
    func allowedProcessors(status: String) -> Int {
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed:") }) else { return 0 }
        return line.dropFirst("Cpus_allowed:".count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
    }

    func processorModel() -> String { processorModel(info: smallFile("/proc/cpuinfo") ?? "") }

    /// What the first processor in `/proc/cpuinfo` (proc(5)) is called, family and model included, because one name may
    /// stand for several generations; on Arm, which has no names there, implementer and part; empty when it says neither.
    func processorModel(info: String) -> String {
        var values: [String: String] = [:]
        for line in info.split(separator: "\n", omittingEmptySubsequences: false) {
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingSpaces }
            guard parts.count == 2 else {
                if values.isEmpty { continue } else { break }
            }
            values[parts[0]] = values[parts[0]] ?? parts[1]
        }
        if let name = values["model name"], let family = values["cpu family"], let model = values["model"] {
            return "\(name) (family \(family), model \(model))"
        }
        if let implementer = values["CPU implementer"], let part = values["CPU part"] {
            return "arm \(implementer) \(part)"
        }
        return values["model name"] ?? values["uarch"] ?? ""
    }

    /// The machine's memory or a control group's bound on it, whichever is less.
    func availableMemoryBytes() -> Int64? {
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        let pageBytes = sysconf(Int32(_SC_PAGESIZE))
        guard pages > 0, pageBytes > 0 else { return nil }
        return min(Int64(pages) * Int64(pageBytes), ControlGroups.ofThisProcess().memoryBytes() ?? .max)
    }

    /// A kernel file's text, to 1 MiB; nil when it cannot be read.
    @Sendable func smallFile(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while content.count < 1 << 20 {
            let count = read(descriptor, &piece, piece.count)
            guard count > 0 else { return count == 0 ? String(decoding: content, as: UTF8.self) : nil }
            content.append(contentsOf: piece[..<count])
        }
        return String(decoding: content, as: UTF8.self)
    }
#elseif os(macOS)
    func availableCPUMillis() -> Int64? { systemInteger("hw.logicalcpu").map { $0 * 1000 } }
    func availableMemoryBytes() -> Int64? { systemInteger("hw.memsize") }

    func processorModel() -> String {
        var size = 0
        guard sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0) == 0, size > 0 else { return "" }
        var bytes = [UInt8](repeating: 0, count: size)
        guard sysctlbyname("machdep.cpu.brand_string", &bytes, &size, nil, 0) == 0 else { return "" }
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// A number that the system tells by that name; nil where it does not know it.
    func systemInteger(_ name: String) -> Int64? {
        var value: Int64 = 0
        var size = MemoryLayout<Int64>.size
        guard sysctlbyname(name, &value, &size, nil, 0) == 0, value > 0 else { return nil }
        // Some of these are 32 bits wide; the machine is little-endian, so the low half is the value.
        return size == MemoryLayout<Int32>.size ? Int64(Int32(truncatingIfNeeded: value)) : value
    }
#else
    func availableCPUMillis() -> Int64? { nil }
    func availableMemoryBytes() -> Int64? { nil }
    func processorModel() -> String { "" }
#endif

extension Substring {
    fileprivate var trimmingSpaces: String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
