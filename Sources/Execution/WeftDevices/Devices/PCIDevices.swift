/// GPUs and accelerators on the PCI bus, whether a library reaches them or not, and what sysfs tells of their state.
struct PCIDevices {
    let tree: HostTree

    /// The PCI code and ID assignment specification, base classes 03h (display), 12h (processing accelerator).
    private static let displayClass: UInt32 = 0x03
    private static let acceleratorClass: UInt32 = 0x12
    private static let folder = "/sys/bus/pci/devices"
    private static let devicesMax = 4096

    init(tree: HostTree) { self.tree = tree }

    /// Whether there is a bus to look at.
    var isVisible: Bool { tree.exists(Self.folder) }

    func all() -> [DeviceReport] {
        var names: PCINames?
        return tree.names(Self.folder).prefix(Self.devicesMax).compactMap { name -> DeviceReport? in
            let place = "\(Self.folder)/\(name)"
            guard let code = tree.hexadecimal("\(place)/class"), let address = PCIAddress.normalized(name) else {
                return nil
            }
            let base = code >> 16
            guard base == Self.displayClass || base == Self.acceleratorClass else { return nil }
            let vendor = tree.hexadecimal("\(place)/vendor") ?? 0
            let device = tree.hexadecimal("\(place)/device") ?? 0
            let maker = Vendor.numbered(vendor)
            let isComputing = ["nvidia", "amd", "intel"].contains(maker)
            if names == nil { names = PCINames(tree: tree) }
            var report = DeviceReport(
                kind: base == Self.acceleratorClass ? "accelerator" : isComputing ? "gpu" : "display", vendor: maker,
                model: names?.name(vendor: vendor, device: device)
                    ?? "\(String(vendor, radix: 16)):\(String(device, radix: 16))", pciAddress: address)
            report.driver = tree.linkName("\(place)/driver").map { driver in
                tree.line("/sys/module/\(driver)/version").map { "\(driver) \($0)" } ?? driver
            }
            report.memoryNode = tree.number("\(place)/numa_node").flatMap { $0 >= 0 ? Int($0) : nil }
            // amdgpu's own files (gpu/amdgpu/driver-misc of the kernel's documentation).
            report.memoryBytes = tree.number("\(place)/mem_info_vram_total")
            report.memoryUsedBytes = tree.number("\(place)/mem_info_vram_used")
            report.utilizationPercent = tree.number("\(place)/gpu_busy_percent").map { Double($0) }
            for monitor in tree.names("\(place)/hwmon") {
                let sensor = "\(place)/hwmon/\(monitor)"
                report.temperatureCelsius = tree.number("\(sensor)/temp1_input").map { Double($0) / 1000 }
                report.powerWatts = (tree.number("\(sensor)/power1_average") ?? tree.number("\(sensor)/power1_input"))
                    .map { Double($0) / 1e6 }
                report.powerLimitWatts = tree.number("\(sensor)/power1_cap").map { Double($0) / 1e6 }
            }
            return report
        }
    }

    /// Changes when a device comes or goes; cheap.
    func signature() -> String {
        let nodes = ["/dev/nvidiactl", "/dev/kfd", "/dev/dxg"].filter(tree.exists)
        let cards =
            tree.names("/dev/dri") + tree.names("/dev").filter { $0.hasPrefix("nvidia") || $0.hasPrefix("accel") }
        let bus = tree.names(Self.folder).prefix(Self.devicesMax).filter {
            tree.line("\(Self.folder)/\($0)/class").map { $0.hasPrefix("0x03") || $0.hasPrefix("0x12") } ?? false
        }
        return (nodes + cards + bus).joined(separator: " ")
    }
}

/// The names of PCI devices, from the list that distributions install (`pci.ids`).
struct PCINames {
    private let text: String

    private static let places = ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"]
    private static let bytesMax = 8 << 20

    /// Nil where there is no list.
    init?(tree: HostTree) {
        guard let text = Self.places.lazy.compactMap({ tree.text($0, limit: Self.bytesMax) }).first else { return nil }
        self.text = text
    }

    /// Vendors begin their lines, devices follow them after a tab.
    func name(vendor: UInt32, device: UInt32) -> String? {
        func digits(_ number: UInt32) -> String {
            let text = String(number, radix: 16)
            return String(repeating: "0", count: max(0, 4 - text.count)) + text
        }
        let vendorMark = digits(vendor) + "  "
        let deviceMark = "\t" + digits(device) + "  "
        var isInside = false
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            if isInside {
                if line.starts(with: deviceMark.utf8) {
                    return Text.orNil(String(decoding: line.dropFirst(deviceMark.utf8.count), as: UTF8.self))
                }
                if line.first != UInt8(ascii: "\t"), line.first != UInt8(ascii: "#") { return nil }
            } else if line.starts(with: vendorMark.utf8) {
                isInside = true
            }
        }
        return nil
    }
}
