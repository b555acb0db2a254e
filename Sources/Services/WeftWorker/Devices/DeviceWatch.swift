package import WeftDevices

/// Tells a worker what devices its machine has, and when that changes.
package struct DeviceWatch: Sendable {
    /// Looks for devices. Takes seconds where libraries hang; never throws.
    package var find: @Sendable () async -> HardwareInspector.Devices
    /// Changes when a device comes or goes. Cheap.
    package var signature: @Sendable () -> String
    /// What the kernel has said of devices since the last call: their PCI addresses, and what is wrong with them.
    package var faults: @Sendable () -> [String: String]
    /// How often the two are asked.
    package var interval: Duration

    package init(
        find: @escaping @Sendable () async -> HardwareInspector.Devices,
        signature: @escaping @Sendable () -> String = { "" },
        faults: @escaping @Sendable () -> [String: String] = { [:] }, interval: Duration = .seconds(5)
    ) {
        self.find = find
        self.signature = signature
        self.faults = faults
        self.interval = interval
    }

    /// This machine's.
    package static func ofThisMachine(_ inspector: HardwareInspector) -> DeviceWatch {
        let log = KernelLog()
        return DeviceWatch(
            find: { await inspector.devices() }, signature: { inspector.deviceSignature() }, faults: { log.newFaults() }
        )
    }
}
