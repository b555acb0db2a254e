import WeftModel

/// What is free on a node: amounts, and which part of which device.
struct Room: Hashable, Sendable {
    /// Without devices. Less than nothing where a node offers less than it holds.
    private(set) var amounts: Resources
    private(set) var devices: DeviceShelf

    /// Everything that a node offers.
    init(of profile: NodeProfile) {
        amounts = profile.capacity
        amounts.devices = []
        devices = DeviceShelf(of: profile)
    }

    /// Whether it could be taken now.
    func fits(_ wanted: Resources) -> Bool {
        guard
            wanted.cpuMillis <= amounts.cpuMillis, wanted.memoryBytes <= amounts.memoryBytes,
            wanted.diskBytes <= amounts.diskBytes
        else { return false }
        return wanted.devices.isEmpty || devices.grant(wanted.devices) != nil
    }

    /// Takes what ``fits(_:)``; says what of the devices it is.
    mutating func take(_ wanted: Resources) -> [DeviceGrant] {
        let grants = wanted.devices.isEmpty ? [] : devices.grant(wanted.devices) ?? []
        take(wanted, grants)
        return grants
    }

    mutating func take(_ wanted: Resources, _ grants: [DeviceGrant]) {
        amounts.take(wanted)
        if !grants.isEmpty { devices.take(grants) }
    }

    mutating func give(_ wanted: Resources, _ grants: [DeviceGrant]) {
        amounts.give(wanted)
        if !grants.isEmpty { devices.give(grants) }
    }

    var isNegative: Bool { amounts.isNegative }

    /// With the numbers of devices that nobody has any part of.
    var resources: Resources {
        var resources = amounts
        resources.devices = devices.untouched
        return resources
    }
}
