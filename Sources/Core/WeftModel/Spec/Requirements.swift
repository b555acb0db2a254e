/// What one attempt occupies on its node while it runs. Limits, too: the sandbox enforces them.
package struct Resources: Hashable, Sendable, Codable {
    /// Thousandths of a processor.
    package var cpuMillis: Int64
    package var memoryBytes: Int64
    /// What the working directory may hold.
    package var diskBytes: Int64
    package var devices: [DeviceRequest]

    package init(
        cpuMillis: Int64 = 1000, memoryBytes: Int64 = 256 << 20, diskBytes: Int64 = 1 << 30,
        devices: [DeviceRequest] = []
    ) {
        self.cpuMillis = cpuMillis
        self.memoryBytes = memoryBytes
        self.diskBytes = diskBytes
        self.devices = devices
    }
}

/// A number of devices of one kind, for example one GPU, and what each of them must be.
package struct DeviceRequest: Hashable, Sendable, Codable {
    package var kind: String
    package var count: Int
    /// Who made it, for example `nvidia`; anybody if nil.
    package var vendor: String?
    /// What its memory must have at least.
    package var memoryBytes: Int64?
    /// What it must be able to do at least, as its vendor counts; only with ``vendor``, because each counts differently.
    package var capability: DeviceCapability?
    /// How much of its memory is taken: others may have the rest. The whole device if nil.
    package var shareBytes: Int64?

    package init(
        kind: String, count: Int, vendor: String? = nil, memoryBytes: Int64? = nil,
        capability: DeviceCapability? = nil, shareBytes: Int64? = nil
    ) {
        self.kind = kind
        self.count = count
        self.vendor = vendor
        self.memoryBytes = memoryBytes
        self.capability = capability
        self.shareBytes = shareBytes
    }
}

/// How strong a wall is, weakest first.
package enum Isolation: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
    /// The payload runs as the worker itself.
    case none
    /// Namespaces, control groups and a system call filter, on the machine's own kernel.
    case process
    /// A kernel in user space between the payload and the machine's.
    case gvisor
    /// A virtual machine with a kernel of its own.
    case vm

    package static func < (left: Isolation, right: Isolation) -> Bool {
        allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
    }
}

/// A limit that a sandbox may or may not be able to enforce.
package enum Limit: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
    case cpu, memory, processes, disk, time, network

    package static func < (left: Limit, right: Limit) -> Bool { left.rawValue < right.rawValue }
}

/// What a node must be or have for a job's tasks.
package struct Requirements: Hashable, Sendable {
    package var operatingSystem: String?
    /// What the payload is built for: a node runs it natively, or emulates that.
    package var architecture: String?
    /// Every one must be set so on the node.
    package var labels: [String: String]
    /// Drivers, or kinds of payload, that the node has to have. Where drivers of these names run the payload, one of them
    /// does.
    package var drivers: [String]
    /// The weakest wall the submitter accepts.
    package var isolation: Isolation
    /// Limits that the node must be able to enforce.
    package var enforced: [Limit]

    package init(
        operatingSystem: String? = nil, architecture: String? = nil, labels: [String: String] = [:],
        drivers: [String] = [], isolation: Isolation = .process, enforced: [Limit] = []
    ) {
        self.operatingSystem = operatingSystem
        self.architecture = architecture
        self.labels = labels
        self.drivers = drivers
        self.isolation = isolation
        self.enforced = enforced
    }

    /// An architecture by the word that Weft has for it; others are kept as they are.
    package static func architecture(named name: String) -> String {
        ProgramArchitecture(named: name)?.rawValue ?? name
    }
}
