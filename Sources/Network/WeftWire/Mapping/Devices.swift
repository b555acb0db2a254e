import WeftModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension DeviceProfile {
    static func list(wire: [Weft_Wire_V1_Device], field: String) throws(LinkError) -> [DeviceProfile] {
        try checkedCount(wire.count, field, limit: DeviceShelf.limit)
        var devices: [DeviceProfile] = []
        for (position, device) in wire.enumerated() {
            devices.append(try DeviceProfile(wire: device, field: "\(field)[\(position)]"))
        }
        return devices
    }

    private init(wire: Weft_Wire_V1_Device, field: String) throws(LinkError) {
        try checkedNames(wire.backends, "\(field).backends")
        let memory = try checkedQuantity(wire.memoryBytes, "\(field).memory_bytes")
        self.init(
            id: try checkedText(wire.id, "\(field).id", mayBeEmpty: false),
            kind: try checkedText(wire.kind, "\(field).kind", mayBeEmpty: false),
            vendor: try checkedText(wire.vendor, "\(field).vendor"),
            model: try checkedText(wire.model, "\(field).model"), memoryBytes: memory == 0 ? nil : memory,
            capability: try checkedCapability(wire.capability, "\(field).capability"),
            architecture: try checkedText(wire.architecture, "\(field).architecture"),
            driver: try checkedText(wire.driver, "\(field).driver"),
            pciAddress: try checkedText(wire.pciAddress, "\(field).pci_address"), backends: wire.backends,
            fault: try checkedText(wire.fault, "\(field).fault"))
    }

    var wire: Weft_Wire_V1_Device {
        var device = Weft_Wire_V1_Device()
        device.id = id
        device.kind = kind
        device.vendor = vendor
        device.model = model
        device.memoryBytes = memoryBytes ?? 0
        device.capability = capability?.text ?? ""
        device.architecture = architecture
        device.driver = driver
        device.pciAddress = pciAddress
        device.backends = backends
        device.fault = fault
        return device
    }
}

extension HardwareBenchmark {
    init(wire: Weft_Wire_V1_Benchmark, field: String) throws(LinkError) {
        // A processor that OpenCL reaches is a device here, too, and there is one for each implementation.
        try checkedCount(wire.devices.count, "\(field).devices", limit: 2 * DeviceShelf.limit)
        try checkedCount(wire.signature.count, "\(field).signature", limit: WireBounds.signatureBytes)
        var devices: [DeviceBenchmark] = []
        for (position, device) in wire.devices.enumerated() {
            devices.append(try DeviceBenchmark(wire: device, field: "\(field).devices[\(position)]"))
        }
        self.init(
            fingerprint: try checkedText(wire.fingerprint, "\(field).fingerprint", mayBeEmpty: false),
            measuredAt: try checkedInstant(wire.measuredAt, "\(field).measured_at"),
            processor: ProcessorBenchmark(
                singleMegaflops: try measured(wire.singleMegaflops, "\(field).single_megaflops"),
                allMegaflops: try measured(wire.allMegaflops, "\(field).all_megaflops"),
                memoryBytesPerSecond: try measured(wire.memoryBytesPerSecond, "\(field).memory_bytes_per_second"),
                diskWriteBytesPerSecond: try measured(
                    wire.diskWriteBytesPerSecond, "\(field).disk_write_bytes_per_second"),
                diskReadBytesPerSecond: try measured(
                    wire.diskReadBytesPerSecond, "\(field).disk_read_bytes_per_second")),
            devices: devices, signature: Base64.encode(Array(wire.signature)))
    }

    var wire: Weft_Wire_V1_Benchmark {
        var benchmark = Weft_Wire_V1_Benchmark()
        benchmark.fingerprint = fingerprint
        benchmark.measuredAt = measuredAt.microseconds
        benchmark.singleMegaflops = processor.singleMegaflops ?? 0
        benchmark.allMegaflops = processor.allMegaflops ?? 0
        benchmark.memoryBytesPerSecond = processor.memoryBytesPerSecond ?? 0
        benchmark.diskWriteBytesPerSecond = processor.diskWriteBytesPerSecond ?? 0
        benchmark.diskReadBytesPerSecond = processor.diskReadBytesPerSecond ?? 0
        benchmark.devices = devices.map(\.wire)
        benchmark.signature = Data(Base64.decode(signature) ?? [])
        return benchmark
    }
}

extension DeviceBenchmark {
    fileprivate init(wire: Weft_Wire_V1_DeviceBenchmark, field: String) throws(LinkError) {
        try checkedNames(wire.notes, "\(field).notes")
        self.init(
            id: try checkedText(wire.id, "\(field).id", mayBeEmpty: false),
            backend: try checkedText(wire.backend, "\(field).backend"),
            doubleMegaflops: try measured(wire.doubleMegaflops, "\(field).double_megaflops"),
            singleMegaflops: try measured(wire.singleMegaflops, "\(field).single_megaflops"),
            halfMegaflops: try measured(wire.halfMegaflops, "\(field).half_megaflops"),
            memoryBytesPerSecond: try measured(wire.memoryBytesPerSecond, "\(field).memory_bytes_per_second"),
            uploadBytesPerSecond: try measured(wire.uploadBytesPerSecond, "\(field).upload_bytes_per_second"),
            downloadBytesPerSecond: try measured(wire.downloadBytesPerSecond, "\(field).download_bytes_per_second"),
            launchNanoseconds: try measured(wire.launchNanoseconds, "\(field).launch_nanoseconds"),
            allocatableBytes: try measured(wire.allocatableBytes, "\(field).allocatable_bytes"),
            loadMillidegrees: try measured(wire.loadMillidegrees, "\(field).load_millidegrees"), notes: wire.notes)
    }

    fileprivate var wire: Weft_Wire_V1_DeviceBenchmark {
        var benchmark = Weft_Wire_V1_DeviceBenchmark()
        benchmark.id = id
        benchmark.backend = backend
        benchmark.doubleMegaflops = doubleMegaflops ?? 0
        benchmark.singleMegaflops = singleMegaflops ?? 0
        benchmark.halfMegaflops = halfMegaflops ?? 0
        benchmark.memoryBytesPerSecond = memoryBytesPerSecond ?? 0
        benchmark.uploadBytesPerSecond = uploadBytesPerSecond ?? 0
        benchmark.downloadBytesPerSecond = downloadBytesPerSecond ?? 0
        benchmark.launchNanoseconds = launchNanoseconds ?? 0
        benchmark.allocatableBytes = allocatableBytes ?? 0
        benchmark.loadMillidegrees = loadMillidegrees ?? 0
        benchmark.notes = notes
        return benchmark
    }
}

/// A quantity of which 0 says that it was not measured.
private func measured(_ value: Int64, _ field: String) throws(LinkError) -> Int64? {
    let value = try checkedQuantity(value, field)
    return value == 0 ? nil : value
}
