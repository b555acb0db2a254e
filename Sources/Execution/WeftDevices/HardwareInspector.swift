import WeftModel

/// Finds out everything about this machine, without root, in about a second: what is not there, crashes or hangs is said
/// to be so, and stops nothing.
package struct HardwareInspector: Sendable {
    let tree: HostTree
    package var probes: DeviceProbes
    let environment: [String: String]
    let hardware: @Sendable () -> HostHardware

    /// - Parameters:
    ///   - root: where the machine's files are; tests have their own.
    ///   - hardware: what this process may use of the machine.
    package init(
        root: String = "", probes: DeviceProbes, environment: [String: String],
        hardware: @escaping @Sendable () -> HostHardware = { HostHardware.detect() }
    ) {
        tree = HostTree(root: root)
        self.probes = probes
        self.environment = environment
        self.hardware = hardware
    }

    /// Devices and the libraries that were asked for them.
    package struct Devices: Hashable, Sendable {
        package var devices: [DeviceReport]
        package var backends: [BackendReport]
        package var absent: [HardwareReport.Absence]

        package init(devices: [DeviceReport], backends: [BackendReport], absent: [HardwareReport.Absence]) {
            self.devices = devices
            self.backends = backends
            self.absent = absent
        }
    }

    package func report() async -> HardwareReport {
        async let found = devices()
        let host = hardware()
        var system = SystemDetection(tree: tree)
        var processor = ProcessorDetection(tree: tree)
        var storage = StorageDetection(tree: tree)
        let systemReport = system.report()
        var processorReport = processor.report(host)
        let memory = storage.memory(host)
        let disks = storage.disks()
        let networks = storage.networks()
        let software = SoftwareDetection(tree: tree, environment: environment).all()
        let sensors = HostSensors(root: tree.root, now: { Instant(microseconds: 0) }).temperature()
        var absent = system.absent + processor.absent + storage.absent
        switch sensors {
        case .value(let degrees): processorReport.temperatureCelsius = degrees
        case .missing(let reason): absent.append(.init("processor.temperature_celsius", reason))
        }
        let devices = await found
        return HardwareReport(
            system: systemReport, processor: processorReport, memory: memory, disks: disks, networks: networks,
            devices: devices.devices, backends: devices.backends, software: software, absent: absent + devices.absent)
    }

    /// As much of it as concerns devices.
    package func devices() async -> Devices {
        let answers = await probes.ask()
        let bus = PCIDevices(tree: tree)
        let found = bus.all()
        let computing = answers.filter { DeviceProbes.computing.contains($0.backend.name) }
        let watching = answers.filter { !DeviceProbes.computing.contains($0.backend.name) }
        let reasons = computing.compactMap { answer in answer.backend.reason.map { "\(answer.backend.name): \($0)" } }
        let devices = DeviceMerge.merge(
            bus: found, told: computing.map(\.devices) + watching.map(\.devices)
        ) { device in
            device.kind == "display"
                ? "it shows pictures, and no more" : "no library reaches it (\(reasons.joined(separator: "; ")))"
        }
        var absent: [HardwareReport.Absence] = []
        if !bus.isVisible, devices.isEmpty { absent.append(.init("devices", "/sys/bus/pci is not there")) }
        for device in devices where device.isOffered {
            let why = watching.compactMap { answer in answer.backend.reason.map { "\(answer.backend.name): \($0)" } }
            let missing = [
                ("temperature_celsius", device.temperatureCelsius == nil), ("power_watts", device.powerWatts == nil),
                ("utilization_percent", device.utilizationPercent == nil), ("memory_bytes", device.memoryBytes == nil),
            ].filter(\.1).map(\.0)
            guard !missing.isEmpty else { continue }
            absent.append(
                .init(
                    "devices.\(device.id).\(missing.joined(separator: ","))",
                    why.isEmpty ? "its driver does not tell" : why.joined(separator: "; ")))
        }
        return Devices(devices: devices, backends: answers.map(\.backend), absent: absent)
    }

    /// Changes when a device comes or goes; reads a few names.
    package func deviceSignature() -> String { PCIDevices(tree: tree).signature() }
}

extension HardwareReport {
    /// What a benchmark depends on, as one text: another one, and it is to be measured anew. Loads, temperatures and names
    /// of machines are not in it.
    package var benchmarkSubject: String {
        let machine = [
            system.operatingSystem, system.architecture, processor.model ?? "", "\(processor.usableMillis ?? 0)",
            "\(processor.cores ?? 0)", "\(memory.totalBytes ?? 0)", "\(memory.usableBytes ?? 0)",
        ]
        let parts = devices.filter { !$0.backends.isEmpty }.map { device in
            [
                device.id, device.kind, device.vendor, device.model, device.architecture ?? "", device.driver ?? "",
                device.pciAddress ?? "", "\(device.memoryBytes ?? 0)",
                device.backends.map(\.name).joined(separator: "+"),
            ].joined(separator: "|")
        }
        return (machine + disks.map { "\($0.name)|\($0.model ?? "")|\($0.sizeBytes ?? 0)" } + parts).joined(
            separator: "\n")
    }
}
