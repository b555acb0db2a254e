import WeftModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a probe program prints of one library: a JSON object on one line. Of a stranger's library, so nothing in it is
/// taken as it is: texts are cut, numbers have ranges, and everything but the state may be missing.
struct ProbeAnswer: Decodable {
    var state: String
    var reason: String?
    var library: String?
    var driver: String?
    var version: String?
    var devices: [Device]?

    struct Device: Decodable {
        var index: Int?
        var kind: String?
        var vendor: String?
        var name: String?
        var memoryBytes: Int64?
        var computeUnits: Int?
        var clockMhz: Double?
        var capability: String?
        var architecture: String?
        var driver: String?
        var version: String?
        var pci: String?
        var uuid: String?
        var fp64: Bool?
        var fp16: Bool?
        var temperatureCelsius: Double?
        var utilizationPercent: Double?
        var memoryUsedBytes: Int64?
        var powerWatts: Double?
        var powerLimitWatts: Double?
        var fault: String?
    }

    /// Devices of one library that are looked at.
    private static let devicesMax = 64

    /// Nil for what is no such object.
    static func read(_ bytes: [UInt8]) -> ProbeAnswer? {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try? decoder.decode(ProbeAnswer.self, from: Data(bytes))
    }

    func reports(backend: String) -> [DeviceReport] {
        (devices ?? []).prefix(Self.devicesMax).enumerated().map { position, device in
            device.report(backend: backend, position: position, driver: driver)
        }
    }
}

extension ProbeAnswer.Device {
    func report(backend: String, position: Int, driver fallback: String?) -> DeviceReport {
        let isManagement = backend == "nvml" || backend == "rocm-smi"
        var report = DeviceReport(
            kind: kind.flatMap { Text.word($0) } ?? "gpu", vendor: Vendor.named(vendor ?? name ?? ""),
            model: Text.cut(name ?? ""), memoryBytes: memoryBytes.flatMap(Self.positive),
            capability: capability.flatMap { DeviceCapability($0) }, architecture: Text.orNil(architecture),
            driver: Text.orNil(driver ?? fallback), pciAddress: pci.flatMap(PCIAddress.normalized),
            uuid: Text.orNil(uuid),
            backends: isManagement
                ? [] : [.init(name: backend, index: index ?? position, version: Text.orNil(version))],
            fault: Text.orNil(fault))
        report.computeUnits = computeUnits.flatMap { $0 > 0 ? $0 : nil }
        report.clockMegahertz = clockMhz.flatMap { (0.001...1e6).contains($0) ? $0 : nil }
        report.hasDoubles = fp64
        report.hasHalves = fp16
        report.temperatureCelsius = temperatureCelsius.flatMap { (-100...300).contains($0) ? $0 : nil }
        report.utilizationPercent = utilizationPercent.flatMap { (0...100).contains($0) ? $0 : nil }
        report.memoryUsedBytes = memoryUsedBytes.flatMap { $0 >= 0 ? $0 : nil }
        report.powerWatts = powerWatts.flatMap { (0...1e5).contains($0) ? $0 : nil }
        report.powerLimitWatts = powerLimitWatts.flatMap { (0...1e5).contains($0) ? $0 : nil }
        return report
    }

    private static func positive(_ bytes: Int64) -> Int64? { bytes > 0 && bytes < 1 << 60 ? bytes : nil }
}

/// Texts of strangers.
enum Text {
    private static let bytesMax = 200

    /// On one line, printable, and short.
    static func cut(_ text: String) -> String {
        String(decoding: text.utf8.prefix(bytesMax), as: UTF8.self)
            .filter { character in !character.unicodeScalars.contains { $0.value < 32 || $0.value == 127 } }.trimmed
    }

    static func orNil(_ text: String?) -> String? {
        let text = cut(text ?? "")
        return text.isEmpty ? nil : text
    }

    /// A kind: lower-case letters; nil for anything else.
    static func word(_ text: String) -> String? {
        (1...32).contains(text.utf8.count) && text.utf8.allSatisfy({ (97...122).contains($0) }) ? text : nil
    }
}

/// Makers of devices.
enum Vendor {
    /// One spelling for one maker, whatever a driver calls it; the name in lower case, without spaces, for others.
    static func named(_ name: String) -> String {
        let name = name.lowercased()
        for (mark, vendor) in [
            ("nvidia", "nvidia"), ("advanced micro devices", "amd"), ("amd", "amd"), ("radeon", "amd"),
            ("ati technologies", "amd"), ("authenticamd", "amd"), ("genuineintel", "intel"), ("intel", "intel"),
            ("apple", "apple"), ("qualcomm", "qualcomm"), ("adreno", "qualcomm"), ("mali", "arm"),
            ("the pocl project", "pocl"), ("mesa", "mesa"),
        ] where name.contains(mark) {
            return vendor
        }
        return String(Text.cut(name).map { $0 == " " || $0 == "," ? "-" : $0 }.prefix(64))
    }

    static func numbered(_ number: UInt32) -> String {
        switch number {
        case 0x10de: "nvidia"
        case 0x1002, 0x1022: "amd"
        case 0x8086: "intel"
        case 0x106b: "apple"
        default: "pci-" + String(number, radix: 16)
        }
    }
}

/// Addresses on the PCI bus.
enum PCIAddress {
    /// `0000:65:00.0` for every spelling of it (`00000000:65:00.0`, `65:00.0`, `0000:65:00`); nil for what is none.
    static func normalized(_ text: String) -> String? {
        let parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count) else { return nil }
        let last = parts[parts.count - 1].split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(last.count), let domain = parts.count == 3 ? UInt32(parts[0], radix: 16) : 0,
            let bus = UInt32(parts[parts.count - 2], radix: 16), let device = UInt32(last[0], radix: 16),
            let function = last.count == 2 ? UInt32(last[1], radix: 16) : 0, bus < 256, device < 32, function < 8
        else { return nil }
        func hex(_ number: UInt32, _ digits: Int) -> String {
            let text = String(number, radix: 16)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        return "\(hex(domain, 4)):\(hex(bus, 2)):\(hex(device, 2)).\(function)"
    }
}
