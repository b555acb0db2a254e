import WeftModel

/// What weft-kernel is told, as the lines that its `order.c` describes.
struct KernelOrder: Sendable {
    var program: KernelProgram
    /// What all buffers together may have.
    var memoryBytes: Int64
    var processors: Int
    /// To compile for, where the runner cannot ask the device.
    var architecture: String?
    /// The device's address on the PCI bus, or else its number among those that the library shows.
    var pciAddress: String?
    var deviceIndex: Int

    var text: String {
        var lines = ["weft-kernel 1"]
        if program.usesFastMath { lines.append("fast") }
        lines += program.defines.map { "define \($0.name) \($0.value)".trimmed }
        lines += ["memory \(max(0, memoryBytes))", "processors \(max(1, min(processors, 4096)))"]
        if let architecture, !architecture.isEmpty { lines.append("architecture \(architecture)") }
        lines.append(pciAddress.map { "pci \($0)" } ?? "device \(max(0, deviceIndex))")
        for buffer in program.buffers {
            let numbers = [buffer.sizeBytes, Int64(buffer.shape.count)] + buffer.shape
            lines.append("buffer \(buffer.type.rawValue) " + numbers.map(String.init).joined(separator: " "))
            if let path = buffer.inputPath { lines.append("in \(path)") }
            if let path = buffer.outputPath { lines.append("out \(path)") }
        }
        let indexes = Dictionary(uniqueKeysWithValues: program.buffers.enumerated().map { ($1.name, $0) })
        for launch in program.launches {
            let numbers = launch.grid.all + launch.block.all + [launch.sharedBytes]
            lines.append("launch \(numbers.map(String.init).joined(separator: " ")) \(launch.entry)")
            lines += launch.arguments.map { Self.line($0, indexes) }
        }
        return (lines + ["end"]).joined(separator: "\n") + "\n"
    }

    private static func line(_ argument: KernelArgument, _ indexes: [String: Int]) -> String {
        switch argument {
        case .buffer(let name): "pass \(indexes[name] ?? -1)"
        case .local(let bytes): "local \(bytes)"
        case .integer(let type, let value): scalar(UInt64(bitPattern: value), type)
        case .real(.float64, let value): scalar(value.bitPattern, .float64)
        case .real(let type, let value): scalar(UInt64(Float(value).bitPattern), type)
        }
    }

    /// Little-endian, as all numbers are.
    private static func scalar(_ bits: UInt64, _ type: KernelType) -> String {
        let digits = (0..<type.sizeBytes).map { position in
            let byte = UInt8(truncatingIfNeeded: bits >> (8 * UInt64(position)))
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return "scalar \(type.sizeBytes) \(digits.joined())"
    }
}

extension String {
    /// Without the blank that an empty value leaves.
    fileprivate var trimmed: String { hasSuffix(" ") ? String(dropLast()) : self }
}
