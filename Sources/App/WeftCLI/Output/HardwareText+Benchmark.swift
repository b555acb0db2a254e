import WeftDevices
import WeftModel

/// How fast a machine is, for people.
extension HardwareText {
    static func benchmark(_ measured: HardwareBenchmark, _ devices: [DeviceReport], style: Style) -> String {
        var details = Details()
        let names = Dictionary(devices.map { ($0.id, $0.model) }) { first, _ in first }
        var last = ""
        for (name, value) in lines(measured, names: names) {
            details.add(name == last ? "" : name, value)
            last = name
        }
        return details.render(style: style)
    }

    /// What was measured, and its figures; what has many has several lines of the same name.
    static func lines(_ measured: HardwareBenchmark, names: [String: String] = [:]) -> [(String, String)] {
        let processor = measured.processor
        var lines: [(String, String)] = []
        func add(_ name: String, _ figures: [String?], before: String = "", otherwise: String? = nil) {
            let known = figures.compactMap(\.self)
            if let text = known.isEmpty ? otherwise : before + known.joined(separator: ", ") {
                lines.append((name, text))
            }
        }
        add(
            "Processor",
            [
                processor.singleMegaflops.map { "one core \(operations($0))" },
                processor.allMegaflops.map { "all \(operations($0))" },
            ], before: "FP64 ", otherwise: "not measured")
        add("Memory", [processor.memoryBytesPerSecond.map(bytes)])
        add(
            "Disk",
            [
                processor.diskWriteBytesPerSecond.map { "writes \(bytes($0))" },
                processor.diskReadBytesPerSecond.map { "reads \(bytes($0))" },
            ])
        for device in measured.devices {
            add(device.id, [names[device.id], device.backend.isEmpty ? nil : "by \(device.backend)"])
            add(
                device.id,
                [
                    device.doubleMegaflops.map { "FP64 \(operations($0))" },
                    device.singleMegaflops.map { "FP32 \(operations($0))" },
                    device.halfMegaflops.map { "FP16 \(operations($0))" },
                ])
            add(
                device.id,
                [
                    device.memoryBytesPerSecond.map { "memory \(bytes($0))" },
                    device.uploadBytesPerSecond.map { "to it \(bytes($0))" },
                    device.downloadBytesPerSecond.map { "from it \(bytes($0))" },
                    device.launchNanoseconds.map { "launch \(Double(($0 + 50) / 100) / 10) µs" },
                ])
            add(
                device.id,
                [
                    device.allocatableBytes.map { "\(Humanize.bytes($0)) to be had" },
                    device.loadMillidegrees.map { "\(($0 + 500) / 1000) °C at work" },
                ])
            for note in device.notes { add(device.id, [note], before: "not measured: ") }
        }
        return lines
    }

    private static func operations(_ millions: Int64) -> String { Humanize.rate(millions * 1_000_000, "FLOP/s") }

    private static func bytes(_ count: Int64) -> String { Humanize.rate(count, "B/s") }
}
