import WeftDevices
import WeftModel

/// A machine's hardware for people.
enum HardwareText {
    static func report(_ report: HardwareReport, _ context: Context) -> String {
        let style = context.console.style
        var text = machine(report).render(style: style)
        text += "\n\(style("Devices", .strong))\n"
        if report.devices.isEmpty { text += "  none\n" }
        for device in report.devices {
            let mark = device.fault == nil ? style("✓", .good) : style("✗", .bad)
            text += "  \(mark) \(device.id)  \(Printable.line(describe(device)))\n"
            if let fault = device.fault { text += "      \(style(Printable.line(fault), .quiet))\n" }
        }
        text += "\n\(style("Libraries for devices", .strong))\n"
        let width = report.backends.map(\.name.count).max() ?? 0
        for backend in report.backends {
            let mark =
                backend.state == .ready ? style("✓", .good) : style("✗", backend.state == .broken ? .bad : .quiet)
            let space = String(repeating: " ", count: width - backend.name.count)
            text += "  \(mark) \(backend.name)\(space)  \(Printable.line(describe(backend)))\n"
        }
        if !report.software.isEmpty {
            text += "\n\(style("Software", .strong))\n"
            for (kind, found) in Dictionary(grouping: report.software, by: \.kind).sorted(by: { $0.key < $1.key }) {
                let names = found.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
                text += "  \(kind): \(Printable.line(names))\n"
            }
        }
        if let measured = report.benchmark {
            text += "\n\(style("Benchmark", .strong))\n" + benchmark(measured, report.devices, style: style)
        } else {
            text += "\nNot measured yet: `weft hardware bench`\n"
        }
        if !report.absent.isEmpty {
            text += "\n\(style("Not found out", .strong))\n"
            for absence in report.absent {
                text += "  \(Printable.line(absence.field)): \(style(Printable.line(absence.reason), .quiet))\n"
            }
        }
        return text
    }

    private static func machine(_ report: HardwareReport) -> Details {
        var details = Details()
        let system = report.system
        details.add("Machine", system.hostName, .strong)
        details.add("Model", [system.vendor, system.model].compactMap(\.self).joined(separator: " ").nonEmpty)
        details.add(
            "System",
            ([system.distribution ?? system.operatingSystem, system.architecture]
                + [system.kernel.map { "kernel \($0)" }]
                .compactMap(\.self)).joined(separator: ", "))
        details.add("Container", system.container)
        details.add("Hypervisor", system.hypervisor)
        let processor = report.processor
        details.add("Processor", processor.model)
        details.add("Cores", cores(processor))
        details.add("Caches", caches(processor).nonEmpty)
        details.add("Temperature", processor.temperatureCelsius.map { "\(Int($0)) °C" })
        let memory = report.memory
        details.add(
            "Memory",
            memory.totalBytes.map { total in
                Humanize.bytes(total) + (memory.availableBytes.map { ", \(Humanize.bytes($0)) available" } ?? "")
                    + (memory.usableBytes.map { $0 < total ? ", \(Humanize.bytes($0)) for Weft" : "" } ?? "")
            })
        for disk in report.disks {
            details.add(
                "Disk",
                ([disk.name, disk.model, disk.kind, disk.sizeBytes.map { Humanize.bytes($0) }] as [String?])
                    .compactMap(\.self).joined(separator: ", "))
        }
        for network in report.networks where network.kind != "loopback" {
            details.add(
                "Network",
                ([network.name, network.kind, network.state, network.megabitsPerSecond.map { "\($0) Mbit/s" }]
                    as [String?])
                    .compactMap(\.self).joined(separator: ", "))
        }
        return details
    }

    private static func cores(_ processor: ProcessorReport) -> String? {
        let parts: [String?] = [
            processor.sockets.map { "\($0) socket\($0 == 1 ? "" : "s")" },
            processor.cores.map { "\($0) core\($0 == 1 ? "" : "s")" },
            processor.threads.map { "\($0) thread\($0 == 1 ? "" : "s")" },
            processor.usableMillis.map { "\(Humanize.cpu(millis: $0)) for Weft" },
            processor.nodes.count > 1 ? "\(processor.nodes.count) memory nodes" : nil,
            processor.frequency?.highest.map { "up to \(Int($0)) MHz" }
                ?? processor.frequency?.current.map { "\(Int($0)) MHz" },
        ]
        let known = parts.compactMap(\.self)
        return known.isEmpty ? nil : known.joined(separator: ", ")
    }

    private static func caches(_ processor: ProcessorReport) -> String {
        processor.caches.map { "\($0.count) × L\($0.level) \($0.kind) \(Humanize.bytes($0.sizeBytes))" }
            .joined(separator: ", ")
    }

    private static func describe(_ device: DeviceReport) -> String {
        var parts = ["\(device.kind) \(device.vendor) \(device.model)"]
        if let bytes = device.memoryBytes {
            parts.append(
                Humanize.bytes(bytes) + (device.memoryUsedBytes.map { " (\(Humanize.bytes($0)) in use)" } ?? ""))
        }
        let more: [String?] = [
            device.architecture, device.capability.map { "capability \($0.text)" },
            device.driver.map { "driver \($0)" },
            device.pciAddress, device.temperatureCelsius.map { "\(Int($0)) °C" },
            device.utilizationPercent.map { "\(Int($0)) % busy" }, device.powerWatts.map { "\(Int($0)) W" },
        ]
        parts += more.compactMap(\.self)
        if !device.backends.isEmpty { parts.append("by \(device.backends.map(\.name).joined(separator: ", "))") }
        return parts.joined(separator: ", ")
    }

    private static func describe(_ backend: BackendReport) -> String {
        switch backend.state {
        case .ready:
            "\(backend.deviceCount) device\(backend.deviceCount == 1 ? "" : "s")"
                + (backend.version.map { ", \($0)" } ?? "") + (backend.library.map { ", \($0)" } ?? "")
        case .noLibrary: "its library is not here: \(backend.reason ?? "")"
        case .noDevice: "no device: \(backend.reason ?? "")"
        case .broken: "broken: \(backend.reason ?? "")"
        case .notAsked: "not asked: \(backend.reason ?? "")"
        }
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
