/// How fast a machine is, as it has measured itself, and signed by its node. What could not be measured is nil.
package struct HardwareBenchmark: Hashable, Sendable, Codable {
    /// The SHA-256 of what was measured (processors, memory, devices, drivers), in hex: another one, and it is measured
    /// anew.
    package var fingerprint: String
    package var measuredAt: Instant
    package var processor: ProcessorBenchmark
    package var devices: [DeviceBenchmark]
    /// The node's Ed25519 signature over all the above, in base64; empty before it was signed.
    package var signature: String

    package init(
        fingerprint: String, measuredAt: Instant, processor: ProcessorBenchmark, devices: [DeviceBenchmark] = [],
        signature: String = ""
    ) {
        self.fingerprint = fingerprint
        self.measuredAt = measuredAt
        self.processor = processor
        self.devices = devices
        self.signature = signature
    }

    /// What was measured of a device; nil if it was not.
    package func device(_ id: String) -> DeviceBenchmark? { devices.first { $0.id == id } }
}

/// Of the processor, its memory, and the disk where the worker has its state.
package struct ProcessorBenchmark: Hashable, Sendable, Codable {
    /// Millions of operations with numbers of 64 bits, a second; of one core, and of all that the worker may use.
    package var singleMegaflops: Int64?
    package var allMegaflops: Int64?
    package var memoryBytesPerSecond: Int64?
    package var diskWriteBytesPerSecond: Int64?
    package var diskReadBytesPerSecond: Int64?

    package init(
        singleMegaflops: Int64? = nil, allMegaflops: Int64? = nil, memoryBytesPerSecond: Int64? = nil,
        diskWriteBytesPerSecond: Int64? = nil, diskReadBytesPerSecond: Int64? = nil
    ) {
        self.singleMegaflops = singleMegaflops
        self.allMegaflops = allMegaflops
        self.memoryBytesPerSecond = memoryBytesPerSecond
        self.diskWriteBytesPerSecond = diskWriteBytesPerSecond
        self.diskReadBytesPerSecond = diskReadBytesPerSecond
    }
}

/// Of one device.
package struct DeviceBenchmark: Hashable, Sendable, Codable {
    /// Of its ``DeviceProfile``; processors that are reached by OpenCL have one of their own.
    package var id: String
    /// The driver that it was measured with.
    package var backend: String
    /// Millions of operations a second, with numbers of so many bits.
    package var doubleMegaflops: Int64?
    package var singleMegaflops: Int64?
    package var halfMegaflops: Int64?
    /// Of its own memory, reading and writing together.
    package var memoryBytesPerSecond: Int64?
    package var uploadBytesPerSecond: Int64?
    package var downloadBytesPerSecond: Int64?
    /// From asking for a kernel that does nothing until it has ended.
    package var launchNanoseconds: Int64?
    /// How much of its memory one program could really have.
    package var allocatableBytes: Int64?
    /// While it was at work, in thousandths of a degree Celsius.
    package var loadMillidegrees: Int64?
    /// What could not be measured and why, one sentence each.
    package var notes: [String]

    package init(
        id: String, backend: String, doubleMegaflops: Int64? = nil, singleMegaflops: Int64? = nil,
        halfMegaflops: Int64? = nil, memoryBytesPerSecond: Int64? = nil, uploadBytesPerSecond: Int64? = nil,
        downloadBytesPerSecond: Int64? = nil, launchNanoseconds: Int64? = nil, allocatableBytes: Int64? = nil,
        loadMillidegrees: Int64? = nil, notes: [String] = []
    ) {
        self.id = id
        self.backend = backend
        self.doubleMegaflops = doubleMegaflops
        self.singleMegaflops = singleMegaflops
        self.halfMegaflops = halfMegaflops
        self.memoryBytesPerSecond = memoryBytesPerSecond
        self.uploadBytesPerSecond = uploadBytesPerSecond
        self.downloadBytesPerSecond = downloadBytesPerSecond
        self.launchNanoseconds = launchNanoseconds
        self.allocatableBytes = allocatableBytes
        self.loadMillidegrees = loadMillidegrees
        self.notes = notes
    }
}
