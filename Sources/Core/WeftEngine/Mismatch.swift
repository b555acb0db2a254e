import WeftModel

/// A requirement of a job that a node does not meet.
enum Mismatch: Hashable, Sendable {
    case operatingSystem, architecture, isolation, mounts, cpus, memory, disk
    case label(String)
    /// The payload's own, which is the kind of payload, or one that the job wants besides.
    case driver(String)
    case enforced(Limit)
    /// Its devices, were they all free, are not enough for this of what is asked for.
    case device(DeviceRequest, DeviceLack)
    /// Its owner runs only what others have signed.
    case signature

    /// Of a node that has a driver for it.
    static func first(of key: ClassKey, on profile: NodeProfile) -> Mismatch? {
        var found: Mismatch?
        visit(key, profile, []) { mismatch in
            found = mismatch
            return false
        }
        return found
    }

    static func all(of key: ClassKey, on profile: NodeProfile) -> [Mismatch] {
        var found: [Mismatch] = []
        // Each driver has its own wall, architectures and limits: what counts is what the nearest one lacks.
        let shortfalls = profile.driver(for: key.driver) == nil ? profile.shortfalls(for: key.driver) : []
        visit(key, profile, shortfalls) { mismatch in
            found.append(mismatch)
            return true
        }
        return found
    }

    /// Calls `report` for each mismatch until it returns false.
    private static func visit(
        _ key: ClassKey, _ profile: NodeProfile, _ shortfalls: [DriverShortfall], report: (Mismatch) -> Bool
    ) {
        let wants = key.requirements
        let capacity = profile.capacity
        if let system = wants.operatingSystem, system != profile.operatingSystem, !report(.operatingSystem) { return }
        if shortfalls.contains(.architecture), !report(.architecture) { return }
        if shortfalls.contains(.isolation), !report(.isolation) { return }
        if shortfalls.contains(.mounts), !report(.mounts) { return }
        if key.resources.cpuMillis > capacity.cpuMillis, !report(.cpus) { return }
        if key.resources.memoryBytes > capacity.memoryBytes, !report(.memory) { return }
        if key.resources.diskBytes > capacity.diskBytes, !report(.disk) { return }
        if !key.resources.devices.isEmpty {
            let lack = DeviceShelf(of: profile).lack(for: key.resources.devices)
            if let lack, !report(.device(lack.request, lack.lack)) { return }
        }
        for (name, value) in wants.labels.sorted(by: { $0.key < $1.key }) where profile.labels[name] != value {
            if !report(.label(name)) { return }
        }
        let isUnknown = shortfalls.contains(.payload)
        if isUnknown, !report(.driver(key.driver.payload)) { return }
        for case .driver(let driver) in shortfalls where !(isUnknown && driver == key.driver.payload) {
            if !report(.driver(driver)) { return }
        }
        if !profile.accepts(signedBy: key.signers), !report(.signature) { return }
        for case .enforced(let limit) in shortfalls { if !report(.enforced(limit)) { return } }
    }
}
