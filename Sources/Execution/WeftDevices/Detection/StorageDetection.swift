/// Memory, disks and networks, by /proc and sysfs.
struct StorageDetection {
    let tree: HostTree
    private(set) var absent: [HardwareReport.Absence] = []

    /// A machine with more of either is not listed to the end.
    private static let listLimit = 256

    init(tree: HostTree) { self.tree = tree }

    private mutating func note(_ field: String, _ reason: String) { absent.append(.init(field, reason)) }

    mutating func memory(_ hardware: HostHardware) -> MemoryReport {
        var report = MemoryReport()
        report.usableBytes = hardware.memoryBytes
        #if os(macOS)
            report.totalBytes = systemInteger("hw.memsize")
        #else
            var fields: [String: Int64] = [:]
            for line in (tree.text("/proc/meminfo") ?? "").split(separator: "\n") {
                let parts = line.split(separator: " ")
                guard parts.count >= 2, parts[0].hasSuffix(":"), let amount = Int64(parts[1]) else { continue }
                // Kibibytes, whatever the unit's name says (proc_meminfo(5)).
                fields[String(parts[0].dropLast())] = amount << 10
            }
            report.totalBytes = fields["MemTotal"]
            report.availableBytes = fields["MemAvailable"]
            report.swapBytes = fields["SwapTotal"]
        #endif
        if report.totalBytes == nil { note("memory.total_bytes", "/proc/meminfo does not tell") }
        if report.availableBytes == nil { note("memory.available_bytes", "this system does not tell") }
        return report
    }

    mutating func disks() -> [DiskReport] {
        let folder = "/sys/block"
        guard tree.exists(folder) else {
            note("disks", "\(folder) is not there")
            return []
        }
        let ignored = ["loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd"]
        let disks = tree.names(folder).filter { name in !ignored.contains { name.hasPrefix($0) } }
            .prefix(Self.listLimit).map { name in
                let place = "\(folder)/\(name)"
                var disk = DiskReport(name: name)
                disk.model = tree.line("\(place)/device/model")
                disk.sizeBytes = tree.number("\(place)/size").map { $0 * 512 }
                disk.kind = tree.line("\(place)/queue/rotational").map { $0 == "0" ? "ssd" : "hdd" }
                disk.isRemovable = tree.line("\(place)/removable").map { $0 == "1" }
                return disk
            }
        if disks.isEmpty { note("disks", "no disk is shown here") }
        return Array(disks)
    }

    mutating func networks() -> [NetworkReport] {
        let folder = "/sys/class/net"
        guard tree.exists(folder) else {
            note("networks", "\(folder) is not there")
            return []
        }
        return tree.names(folder).prefix(Self.listLimit).map { name in
            let place = "\(folder)/\(name)"
            let kind =
                if tree.line("\(place)/type") == "772" {
                    "loopback"
                } else if tree.exists("\(place)/wireless") {
                    "wireless"
                } else if tree.exists("\(place)/device") {
                    "ethernet"
                } else {
                    "virtual"
                }
            var network = NetworkReport(name: name, kind: kind)
            network.state = tree.line("\(place)/operstate")
            network.mtu = tree.number("\(place)/mtu")
            // -1 where there is no cable, and no number at all on a wireless one.
            network.megabitsPerSecond = tree.number("\(place)/speed").flatMap { $0 > 0 ? $0 : nil }
            return network
        }
    }
}
