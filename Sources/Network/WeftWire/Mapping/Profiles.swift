package import WeftModel

extension Resources {
    /// Throws ``LinkError/malformed(_:)``; `field` names the message's field in it.
    package init(wire: Weft_Wire_V1_Resources, field: String = "resources") throws(LinkError) {
        try checkedCount(wire.devices.count, "\(field).devices", limit: WireBounds.entries)
        var devices: [DeviceRequest] = []
        for (position, device) in wire.devices.enumerated() {
            let name = "\(field).devices[\(position)]"
            guard (1...WireBounds.deviceCount).contains(device.count) else {
                throw malformed("\(name).count", "\(device.count) is out of range")
            }
            devices.append(
                DeviceRequest(
                    kind: try checkedText(device.kind, "\(name).kind", mayBeEmpty: false), count: Int(device.count)))
        }
        self.init(
            cpuMillis: try checkedQuantity(wire.cpuMillis, "\(field).cpu_millis"),
            memoryBytes: try checkedQuantity(wire.memoryBytes, "\(field).memory_bytes"),
            diskBytes: try checkedQuantity(wire.diskBytes, "\(field).disk_bytes"), devices: devices)
    }

    package var wire: Weft_Wire_V1_Resources {
        var resources = Weft_Wire_V1_Resources()
        resources.cpuMillis = cpuMillis
        resources.memoryBytes = memoryBytes
        resources.diskBytes = diskBytes
        resources.devices = devices.map { device in
            var request = Weft_Wire_V1_DeviceRequest()
            request.kind = device.kind
            request.count = Int32(clamping: device.count)
            return request
        }
        return resources
    }
}

extension Isolation {
    init(wire: String, field: String) throws(LinkError) {
        guard let isolation = Isolation(rawValue: wire) else {
            let known = Isolation.allCases.map(\.rawValue).joined(separator: ", ")
            throw malformed(field, "`\(wire.prefix(40))` is none of \(known)")
        }
        self = isolation
    }
}

extension NodeProfile {
    /// Limits in `enforced` that this build has no word for are left out: it could not ask for them anyway. A wall that
    /// it has no word for counts as none.
    /// Throws ``LinkError/malformed(_:)``; `field` names the message's field in it.
    package init(wire: Weft_Wire_V1_Profile, field: String = "profile") throws(LinkError) {
        try checkedCount(wire.drivers.count, "\(field).drivers", limit: WireBounds.entries)
        try checkedCount(wire.labels.count, "\(field).labels", limit: WireBounds.entries)
        try checkedCount(wire.enforced.count, "\(field).enforced", limit: WireBounds.entries)
        try checkedCount(wire.notes.count, "\(field).notes", limit: WireBounds.entries)
        var drivers: [DriverProfile] = []
        for (position, driver) in wire.drivers.enumerated() {
            let name = "\(field).drivers[\(position)]"
            drivers.append(try DriverProfile(wire: driver, field: name))
        }
        for (key, value) in wire.labels {
            _ = try checkedText(key, "\(field).labels", mayBeEmpty: false)
            _ = try checkedText(value, "\(field).labels.\(key)")
        }
        try checkedNames(wire.submitters, "\(field).submitters")
        try checkedNames(wire.signers, "\(field).signers")
        for (position, note) in wire.notes.enumerated() { _ = try checkedText(note, "\(field).notes[\(position)]") }
        self.init(
            name: try checkedText(wire.name, "\(field).name", mayBeEmpty: false),
            operatingSystem: try checkedText(wire.operatingSystem, "\(field).operating_system", mayBeEmpty: false),
            architecture: try checkedText(wire.architecture, "\(field).architecture", mayBeEmpty: false),
            capacity: try Resources(wire: wire.capacity, field: "\(field).capacity"), drivers: drivers,
            labels: wire.labels, owner: try checkedText(wire.owner, "\(field).owner"),
            isolation: Isolation(offered: try checkedText(wire.isolation, "\(field).isolation", mayBeEmpty: false)),
            enforced: wire.enforced.compactMap(Limit.init(rawValue:)), notes: wire.notes,
            version: try checkedText(wire.version, "\(field).version"), submitters: wire.submitters,
            signers: wire.signers, paused: try checkedText(wire.paused, "\(field).paused"),
            processor: try checkedText(wire.processor, "\(field).processor"))
    }

    package var wire: Weft_Wire_V1_Profile {
        var profile = Weft_Wire_V1_Profile()
        profile.name = name
        profile.operatingSystem = operatingSystem
        profile.architecture = architecture
        profile.capacity = capacity.wire
        profile.drivers = drivers.map(\.wire)
        profile.labels = labels
        profile.owner = owner
        profile.isolation = isolation.rawValue
        profile.enforced = enforced.map(\.rawValue)
        profile.notes = notes
        profile.version = version
        profile.submitters = submitters
        profile.signers = signers
        profile.paused = paused
        profile.processor = processor
        return profile
    }
}

extension DriverProfile {
    /// An older peer says name and version only. Throws ``LinkError/malformed(_:)``; `field` names the field in it.
    fileprivate init(wire: Weft_Wire_V1_Driver, field: String) throws(LinkError) {
        for (names, list) in [(wire.payloads, "payloads"), (wire.architectures, "architectures")] {
            try checkedNames(names, "\(field).\(list)")
        }
        try checkedCount(wire.enforced.count, "\(field).enforced", limit: WireBounds.entries)
        self.init(
            name: try checkedText(wire.name, "\(field).name", mayBeEmpty: false),
            version: try checkedText(wire.version, "\(field).version"), payloads: wire.payloads,
            isolation: wire.isolation.isEmpty ? nil : Isolation(offered: wire.isolation),
            architectures: wire.architectures, enforced: wire.enforced.compactMap(Limit.init(rawValue:)),
            mounts: wire.mounts)
    }

    fileprivate var wire: Weft_Wire_V1_Driver {
        var driver = Weft_Wire_V1_Driver()
        driver.name = name
        driver.version = version
        driver.payloads = payloads == [name] ? [] : payloads
        if let isolation { driver.isolation = isolation.rawValue }
        driver.architectures = architectures
        driver.enforced = enforced.map(\.rawValue)
        driver.mounts = mounts
        return driver
    }
}
