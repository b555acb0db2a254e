/// The processors, by /proc/cpuinfo and sysfs (cputopology.rst of the kernel's documentation).
struct ProcessorDetection {
    let tree: HostTree
    private(set) var absent: [HardwareReport.Absence] = []

    init(tree: HostTree) { self.tree = tree }

    private static let folder = "/sys/devices/system/cpu"

    mutating func report(_ hardware: HostHardware) -> ProcessorReport {
        var report = ProcessorReport()
        report.model = hardware.processor.isEmpty ? nil : hardware.processor
        report.usableMillis = hardware.cpuMillis
        report.loadAverage = hardware.loadAverage
        #if os(Linux)
            // One processor's lines are alike to the others'; there may be hundreds.
            let info = tree.text("/proc/cpuinfo", limit: 16_384) ?? ""
            let fields = Self.firstProcessor(info)
            report.vendor = fields["vendor_id"] ?? fields["CPU implementer"].map { "arm \($0)" }
            report.flags = (fields["flags"] ?? fields["Features"] ?? fields["isa"] ?? "").split(separator: " ")
                .map(String.init).sorted()
            let processors = processorNumbers()
            count(processors, into: &report)
            report.caches = caches(processors)
            report.nodes = memoryNodes()
            report.frequency = frequency(processors, cpuinfo: fields["cpu MHz"])
            explain(report)
        #elseif os(macOS)
            report.threads = systemInteger("hw.logicalcpu").map { Int($0) }
            report.cores = systemInteger("hw.physicalcpu").map { Int($0) }
            report.sockets = systemInteger("hw.packages").map { Int($0) }
            for (name, level, kind) in [
                ("hw.l1dcachesize", 1, "data"), ("hw.l1icachesize", 1, "instruction"), ("hw.l2cachesize", 2, "unified"),
                ("hw.l3cachesize", 3, "unified"),
            ] {
                guard let size = systemInteger(name), size > 0 else { continue }
                report.caches.append(.init(level: level, kind: kind, sizeBytes: size, count: 1))
            }
            if let hertz = systemInteger("hw.cpufrequency_max") {
                report.frequency = .init(highest: Double(hertz) / 1e6)
            } else {
                note("processor.frequency", "this system does not tell")
            }
        #else
            note("processor", "it is not known how to ask this system")
        #endif
        return report
    }

    private mutating func note(_ field: String, _ reason: String) { absent.append(.init(field, reason)) }

    private mutating func explain(_ report: ProcessorReport) {
        if report.cores == nil { note("processor.cores", "\(Self.folder)/cpu*/topology is not there") }
        if report.caches.isEmpty { note("processor.caches", "\(Self.folder)/cpu0/cache is not there") }
        if report.nodes.isEmpty { note("processor.nodes", "/sys/devices/system/node is not there") }
        if report.frequency == nil { note("processor.frequency", "neither cpufreq nor /proc/cpuinfo tells") }
        if report.flags.isEmpty { note("processor.flags", "/proc/cpuinfo lists none") }
    }

    static func firstProcessor(_ info: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in info.split(separator: "\n", omittingEmptySubsequences: false) {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count < 2 {
                if line.trimmed.isEmpty, !fields.isEmpty { break }
                continue
            }
            fields[parts[0].trimmed] = fields[parts[0].trimmed] ?? parts[1].trimmed
        }
        return fields
    }

    private func processorNumbers() -> [Int] {
        tree.names(Self.folder).filter { $0.hasPrefix("cpu") }.compactMap { Int($0.dropFirst(3)) }.sorted()
            .filter { tree.line("\(Self.folder)/cpu\($0)/online") != "0" }
    }

    private func count(_ processors: [Int], into report: inout ProcessorReport) {
        var sockets: Set<String> = []
        var cores: Set<String> = []
        for number in processors {
            let topology = "\(Self.folder)/cpu\(number)/topology"
            guard let package = tree.line("\(topology)/physical_package_id"),
                let core = tree.line("\(topology)/core_id")
            else { continue }
            sockets.insert(package)
            let die = tree.line("\(topology)/die_id") ?? ""
            cores.insert("\(package) \(die) \(core)")
        }
        report.threads = processors.isEmpty ? nil : processors.count
        report.sockets = sockets.isEmpty ? nil : sockets.count
        report.cores = cores.isEmpty ? nil : cores.count
    }

    /// Each cache is listed by every processor that shares it.
    private func caches(_ processors: [Int]) -> [ProcessorReport.Cache] {
        var found: [String: (cache: ProcessorReport.Cache, sharers: Set<String>)] = [:]
        for number in processors {
            let folder = "\(Self.folder)/cpu\(number)/cache"
            for index in tree.names(folder) where index.hasPrefix("index") {
                let place = "\(folder)/\(index)"
                guard let level = tree.number("\(place)/level"), let kind = tree.line("\(place)/type"),
                    let size = tree.line("\(place)/size").flatMap(Self.kibibytes)
                else { continue }
                let sharers = tree.line("\(place)/shared_cpu_list") ?? "\(number)"
                let cache = ProcessorReport.Cache(level: Int(level), kind: kind.lowercased(), sizeBytes: size, count: 0)
                found["\(level) \(kind) \(size)", default: (cache, [])].sharers.insert(sharers)
            }
        }
        return found.values.map { entry in
            var cache = entry.cache
            cache.count = entry.sharers.count
            return cache
        }.sorted { ($0.level, $0.kind, $0.sizeBytes) < ($1.level, $1.kind, $1.sizeBytes) }
    }

    /// `48K`, `2048K`, `32M`.
    private static func kibibytes(_ text: String) -> Int64? {
        let number = Int64(text.prefix { $0.isNumber })
        switch text.last {
        case "K": return number.map { $0 << 10 }
        case "M": return number.map { $0 << 20 }
        default: return number
        }
    }

    private func memoryNodes() -> [ProcessorReport.MemoryNode] {
        tree.names("/sys/devices/system/node").filter { $0.hasPrefix("node") }.compactMap { Int($0.dropFirst(4)) }
            .sorted().map { number in
                let place = "/sys/devices/system/node/node\(number)"
                let total = (tree.text("\(place)/meminfo") ?? "").split(separator: "\n")
                    .first { $0.contains("MemTotal:") }?.split(separator: " ")
                let kibibytes = total.flatMap { $0.count > 1 ? Int64($0[$0.count - 2]) : nil }
                return .init(
                    number: number, processors: tree.line("\(place)/cpulist") ?? "",
                    memoryBytes: kibibytes.map { $0 << 10 })
            }
    }

    private func frequency(_ processors: [Int], cpuinfo: String?) -> ProcessorReport.Frequency? {
        func megahertz(_ name: String) -> Double? {
            processors.compactMap { tree.number("\(Self.folder)/cpu\($0)/cpufreq/\(name)") }.max().map {
                Double($0) / 1000
            }
        }
        let found = ProcessorReport.Frequency(
            current: megahertz("scaling_cur_freq") ?? cpuinfo.flatMap { Double($0) },
            lowest: megahertz("cpuinfo_min_freq"), highest: megahertz("cpuinfo_max_freq"))
        return found == ProcessorReport.Frequency() ? nil : found
    }
}
