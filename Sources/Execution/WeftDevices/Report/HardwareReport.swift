package import WeftModel

/// Everything that is known of a machine: what `weft hardware` shows (`schemas/hardware.json`). What could not be found
/// out is nil or empty, and ``absent`` says why.
package struct HardwareReport: Codable, Hashable, Sendable {
    /// Of this form of the report.
    package static let currentVersion = 1

    package var version = HardwareReport.currentVersion
    package var system: SystemReport
    package var processor: ProcessorReport
    package var memory: MemoryReport
    package var disks: [DiskReport]
    package var networks: [NetworkReport]
    /// GPUs, accelerators, and processors that a GPU library reaches.
    package var devices: [DeviceReport]
    /// The libraries that reach devices, and what came of asking each.
    package var backends: [BackendReport]
    /// Drivers, container engines, toolkits and frameworks.
    package var software: [SoftwareReport]
    /// What could not be found out, and why.
    package var absent: [Absence]
    /// The SHA-256 of what a benchmark depends on, in hex; empty where nobody computes it.
    package var fingerprint: String
    /// How fast it is, if that was measured.
    package var benchmark: HardwareBenchmark?

    package init(
        system: SystemReport, processor: ProcessorReport, memory: MemoryReport, disks: [DiskReport] = [],
        networks: [NetworkReport] = [], devices: [DeviceReport] = [], backends: [BackendReport] = [],
        software: [SoftwareReport] = [], absent: [Absence] = [], fingerprint: String = "",
        benchmark: HardwareBenchmark? = nil
    ) {
        self.system = system
        self.processor = processor
        self.memory = memory
        self.disks = disks
        self.networks = networks
        self.devices = devices
        self.backends = backends
        self.software = software
        self.absent = absent
        self.fingerprint = fingerprint
        self.benchmark = benchmark
    }

    /// What a field's value would have been, and why there is none.
    package struct Absence: Codable, Hashable, Sendable {
        /// As the report's JSON has it: `processor.frequency`.
        package var field: String
        /// One sentence.
        package var reason: String

        package init(_ field: String, _ reason: String) {
            self.field = field
            self.reason = reason
        }
    }
}

package struct SystemReport: Codable, Hashable, Sendable {
    package var hostName: String
    /// `linux`, `macos`; `unknown` elsewhere.
    package var operatingSystem: String
    /// For people: `Debian GNU/Linux 12 (bookworm)`.
    package var distribution: String?
    package var kernel: String?
    package var architecture: String
    /// What this process runs in: `docker`, `podman`, `lxc`, `kubernetes`, `container` where it cannot be told which; nil for
    /// none.
    package var container: String?
    /// The machine below, where it is a virtual one: `kvm`, `xen`, `microsoft`, `vmware`, or `unknown`.
    package var hypervisor: String?
    package var vendor: String?
    package var model: String?
    package var uptimeSeconds: Int64?

    package init(hostName: String, operatingSystem: String, architecture: String) {
        self.hostName = hostName
        self.operatingSystem = operatingSystem
        self.architecture = architecture
    }
}

package struct ProcessorReport: Codable, Hashable, Sendable {
    /// As ``HostHardware/processor``.
    package var model: String?
    package var vendor: String?
    package var sockets: Int?
    package var cores: Int?
    package var threads: Int?
    /// What this process may use, in thousandths of a processor.
    package var usableMillis: Int64?
    /// Instruction sets and other abilities, as the system spells them, sorted.
    package var flags: [String] = []
    package var caches: [Cache] = []
    package var nodes: [MemoryNode] = []
    package var frequency: Frequency?
    package var loadAverage: Double?
    /// The hottest sensor of the machine, in degrees Celsius.
    package var temperatureCelsius: Double?

    package struct Cache: Codable, Hashable, Sendable {
        package var level: Int
        /// `data`, `instruction`, `unified`.
        package var kind: String
        package var sizeBytes: Int64
        /// How many there are in the machine.
        package var count: Int

        package init(level: Int, kind: String, sizeBytes: Int64, count: Int) {
            self.level = level
            self.kind = kind
            self.sizeBytes = sizeBytes
            self.count = count
        }
    }

    /// Processors and the memory near them (NUMA).
    package struct MemoryNode: Codable, Hashable, Sendable {
        package var number: Int
        /// As the system lists them: `0-7,16-23`.
        package var processors: String
        package var memoryBytes: Int64?

        package init(number: Int, processors: String, memoryBytes: Int64?) {
            self.number = number
            self.processors = processors
            self.memoryBytes = memoryBytes
        }
    }

    /// In megahertz.
    package struct Frequency: Codable, Hashable, Sendable {
        package var current: Double?
        package var lowest: Double?
        package var highest: Double?

        package init(current: Double? = nil, lowest: Double? = nil, highest: Double? = nil) {
            self.current = current
            self.lowest = lowest
            self.highest = highest
        }
    }
}

package struct MemoryReport: Codable, Hashable, Sendable {
    package var totalBytes: Int64?
    package var availableBytes: Int64?
    /// What this process may use: the least of the machine's and its control groups'.
    package var usableBytes: Int64?
    package var swapBytes: Int64?
}

package struct DiskReport: Codable, Hashable, Sendable {
    package var name: String
    package var model: String?
    package var sizeBytes: Int64?
    /// `ssd`, `hdd`; nil where it cannot be told.
    package var kind: String?
    package var isRemovable: Bool?

    package init(name: String) { self.name = name }
}

package struct NetworkReport: Codable, Hashable, Sendable {
    package var name: String
    /// `up`, `down`, `unknown`.
    package var state: String?
    package var megabitsPerSecond: Int64?
    package var mtu: Int64?
    /// `ethernet`, `wireless`, `loopback`, `virtual`.
    package var kind: String

    package init(name: String, kind: String) {
        self.name = name
        self.kind = kind
    }
}

package struct SoftwareReport: Codable, Hashable, Sendable {
    package var name: String
    /// `driver`, `container`, `toolkit`, `framework`, `compiler`.
    package var kind: String
    package var version: String

    package init(_ name: String, kind: String, version: String) {
        self.name = name
        self.kind = kind
        self.version = version
    }
}
