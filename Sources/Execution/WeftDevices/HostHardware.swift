/// What the machine is and has, as far as this process may use it.
///
/// Quotas that the process itself lives under (processor affinity, control groups) count: a worker in a container
/// of two processors has two, whatever the machine has.
package struct HostHardware: Hashable, Sendable {
    /// `linux`, `macos`; `unknown` elsewhere.
    package var operatingSystem: String
    /// `x86_64`, `arm64`, …; `unknown` where it cannot be told.
    package var architecture: String
    /// The processor's model, as the system has it; empty where it cannot be told.
    package var processor: String
    package var hostName: String
    /// Processors this process may run on, in thousandths, at least 1; nil where it cannot be told.
    package var cpuMillis: Int64?
    /// Bytes of memory this process may use; nil where it cannot be told.
    package var memoryBytes: Int64?
    /// Processes that were running or waiting to run over the last minute, on average; nil where it cannot be told.
    package var loadAverage: Double?
    /// Why something is missing, one sentence each.
    package var notes: [String]

    package init(
        operatingSystem: String, architecture: String, hostName: String, cpuMillis: Int64?, memoryBytes: Int64?,
        loadAverage: Double?, processor: String = "", notes: [String] = []
    ) {
        self.operatingSystem = operatingSystem
        self.architecture = architecture
        self.processor = processor
        self.hostName = hostName
        self.cpuMillis = cpuMillis
        self.memoryBytes = memoryBytes
        self.loadAverage = loadAverage
        self.notes = notes
    }

    /// Looks at this machine. Reads a handful of small files; never fails, says in ``notes`` what it could not find.
    package static func detect() -> HostHardware {
        let names = SystemNames.read()
        var hardware = HostHardware(
            operatingSystem: names.operatingSystem, architecture: names.architecture, hostName: names.host,
            cpuMillis: availableCPUMillis(), memoryBytes: availableMemoryBytes(), loadAverage: currentLoad(),
            processor: processorModel())
        if hardware.cpuMillis == nil { hardware.notes.append("the number of processors cannot be told here") }
        if hardware.memoryBytes == nil { hardware.notes.append("the amount of memory cannot be told here") }
        return hardware
    }

    /// ``loadPercent`` as it is now.
    package func refreshedLoadPercent() -> UInt32? {
        var hardware = self
        hardware.loadAverage = currentLoad()
        return hardware.loadPercent
    }

    /// Load per processor in percent, 0 and up; nil where it cannot be told.
    package var loadPercent: UInt32? {
        guard let loadAverage, let cpuMillis, cpuMillis > 0 else { return nil }
        return UInt32(clamping: Int64((loadAverage * 100_000 / Double(cpuMillis)).rounded()))
    }
}
