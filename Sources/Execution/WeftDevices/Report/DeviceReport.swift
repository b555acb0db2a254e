package import WeftModel

/// A device as it is now. Those of ``profile`` stay; the others are measurements.
package struct DeviceReport: Codable, Hashable, Sendable {
    package var id: String
    /// `gpu`, `accelerator`, `cpu`; `display` for what only shows pictures.
    package var kind: String
    package var vendor: String
    package var model: String
    package var memoryBytes: Int64?
    package var capability: DeviceCapability?
    package var architecture: String?
    package var driver: String?
    package var pciAddress: String?
    package var uuid: String?
    package var computeUnits: Int?
    package var clockMegahertz: Double?
    package var hasDoubles: Bool?
    package var hasHalves: Bool?
    /// The node of the processors that are near it.
    package var memoryNode: Int?
    package var temperatureCelsius: Double?
    package var utilizationPercent: Double?
    package var memoryUsedBytes: Int64?
    package var powerWatts: Double?
    package var powerLimitWatts: Double?
    /// How each library calls it.
    package var backends: [Backend]
    /// Why no job can have it; it works if nil.
    package var fault: String?

    package struct Backend: Codable, Hashable, Sendable {
        /// `opencl`, `cuda`, `hip`, `level-zero`.
        package var name: String
        /// Its number among the devices of that library, as a process without restrictions sees them.
        package var index: Int
        /// Of the interface, as the library has it.
        package var version: String?

        package init(name: String, index: Int, version: String? = nil) {
            self.name = name
            self.index = index
            self.version = version
        }
    }

    package init(
        id: String = "", kind: String, vendor: String, model: String, memoryBytes: Int64? = nil,
        capability: DeviceCapability? = nil, architecture: String? = nil, driver: String? = nil,
        pciAddress: String? = nil, uuid: String? = nil, backends: [Backend] = [], fault: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.vendor = vendor
        self.model = model
        self.memoryBytes = memoryBytes
        self.capability = capability
        self.architecture = architecture
        self.driver = driver
        self.pciAddress = pciAddress
        self.uuid = uuid
        self.backends = backends
        self.fault = fault
    }

    /// Whether a node offers it to jobs by name: the processor is offered as such.
    package var isOffered: Bool { kind == "gpu" || kind == "accelerator" }

    /// What a node's profile says of it.
    package var profile: DeviceProfile {
        DeviceProfile(
            id: id, kind: kind, vendor: vendor, model: model, memoryBytes: memoryBytes, capability: capability,
            architecture: architecture ?? "", driver: driver ?? "", pciAddress: pciAddress ?? "",
            backends: backends.map(\.name), fault: fault ?? "")
    }

    /// A report in which one more source's facts are filled in where this one has none.
    func completed(by other: DeviceReport) -> DeviceReport {
        var whole = self
        if whole.model.isEmpty { whole.model = other.model }
        if whole.vendor.isEmpty { whole.vendor = other.vendor }
        whole.memoryBytes = memoryBytes ?? other.memoryBytes
        whole.capability = capability ?? other.capability
        whole.architecture = architecture ?? other.architecture
        whole.driver = driver ?? other.driver
        whole.pciAddress = pciAddress ?? other.pciAddress
        whole.uuid = uuid ?? other.uuid
        whole.computeUnits = computeUnits ?? other.computeUnits
        whole.clockMegahertz = clockMegahertz ?? other.clockMegahertz
        whole.hasDoubles = hasDoubles ?? other.hasDoubles
        whole.hasHalves = hasHalves ?? other.hasHalves
        whole.memoryNode = memoryNode ?? other.memoryNode
        whole.temperatureCelsius = temperatureCelsius ?? other.temperatureCelsius
        whole.utilizationPercent = utilizationPercent ?? other.utilizationPercent
        whole.memoryUsedBytes = memoryUsedBytes ?? other.memoryUsedBytes
        whole.powerWatts = powerWatts ?? other.powerWatts
        whole.powerLimitWatts = powerLimitWatts ?? other.powerLimitWatts
        whole.backends += other.backends.filter { more in !backends.contains { $0.name == more.name } }
        whole.fault = fault ?? other.fault
        return whole
    }
}

/// What came of asking one library for devices.
package struct BackendReport: Codable, Hashable, Sendable {
    package enum State: String, Codable, Hashable, Sendable, CaseIterable {
        case ready
        /// The library is not here.
        case noLibrary = "no-library"
        /// It is, and sees no device.
        case noDevice = "no-device"
        /// It fails, lies, crashes or hangs.
        case broken
        /// There is nothing to ask it with.
        case notAsked = "not-asked"
    }

    package var name: String
    package var state: State
    /// What it says of its own version.
    package var version: String?
    /// Where it is.
    package var library: String?
    /// Why there is no device; nil for one that is ready.
    package var reason: String?
    package var deviceCount: Int

    package init(
        name: String, state: State, version: String? = nil, library: String? = nil, reason: String? = nil,
        deviceCount: Int = 0
    ) {
        self.name = name
        self.state = state
        self.version = version
        self.library = library
        self.reason = reason
        self.deviceCount = deviceCount
    }
}
