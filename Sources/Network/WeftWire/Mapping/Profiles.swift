package import WeftModel

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
            processor: try checkedText(wire.processor, "\(field).processor"),
            devices: try DeviceProfile.list(wire: wire.devices, field: "\(field).devices"),
            benchmark: wire.hasBenchmark
                ? try HardwareBenchmark(wire: wire.benchmark, field: "\(field).benchmark") : nil)
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
        profile.devices = devices.map(\.wire)
        if let benchmark { profile.benchmark = benchmark.wire }
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
