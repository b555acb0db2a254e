package import WeftModel

/// What a machine offers and who holds which part of it. Never gives out more than there is.
package struct SlotLedger: Sendable, Hashable {
    package enum Answer: Sendable, Hashable {
        case held
        /// It would fit if others let go.
        case notNow
        /// It is more than this machine has in all; says of what.
        case never(String)
    }

    package private(set) var capacity: Resources
    /// How many attempts run at once, at most, whatever their size.
    package let attemptLimit: Int
    package private(set) var holders: [AttemptID: Resources] = [:]
    /// What of the devices each of them has; nothing of those that asked for none.
    package private(set) var grants: [AttemptID: [DeviceGrant]] = [:]
    /// All of the devices, and what of them is free.
    private var allDevices: DeviceShelf
    private var freeDevices: DeviceShelf
    /// Without devices.
    private var amounts: Resources

    /// `devices` are those that are known one by one; of other kinds `capacity` says how many there are.
    package init(capacity: Resources, devices: [DeviceProfile] = [], attemptLimit: Int) {
        precondition(attemptLimit > 0, "a worker that runs nothing at once never runs anything")
        self.capacity = capacity
        self.attemptLimit = attemptLimit
        allDevices = DeviceShelf(devices, counts: capacity.devices)
        freeDevices = allDevices
        amounts = capacity
    }

    /// With the numbers of devices that nobody has any part of.
    package var free: Resources {
        var free = amounts
        free.devices = freeDevices.untouched
        return free
    }

    /// Takes what `wanted` says for an attempt that holds nothing yet.
    package mutating func hold(_ wanted: Resources, for attempt: AttemptID) -> Answer {
        precondition(holders[attempt] == nil, "an attempt holds resources once")
        if let lacking = Self.firstLacking(wanted, in: capacity) ?? lackingDevice(wanted.devices) {
            return .never(lacking)
        }
        guard holders.count < attemptLimit, Self.firstLacking(wanted, in: amounts) == nil else { return .notNow }
        if !wanted.devices.isEmpty {
            guard let granted = freeDevices.grant(wanted.devices) else { return .notNow }
            freeDevices.take(granted)
            grants[attempt] = granted
        }
        holders[attempt] = wanted
        take(wanted, sign: 1)
        return .held
    }

    /// Offers more or less from now on. What is held stays held; where that is more than there is, nothing is free until
    /// enough of it has been given back.
    package mutating func resize(to capacity: Resources, devices: [DeviceProfile] = []) {
        self.capacity = capacity
        amounts = capacity
        allDevices = DeviceShelf(devices, counts: capacity.devices)
        freeDevices = allDevices
        for held in holders.values { take(held, sign: 1) }
        for granted in grants.values { freeDevices.take(granted) }
    }

    /// Gives back what an attempt holds; nothing happens when it holds nothing.
    package mutating func release(_ attempt: AttemptID) {
        guard let held = holders.removeValue(forKey: attempt) else { return }
        take(held, sign: -1)
        if let granted = grants.removeValue(forKey: attempt) { freeDevices.give(granted) }
    }

    /// The attempts that have something of a device.
    package func holders(of device: String) -> [AttemptID] {
        grants.filter { $0.value.contains { $0.device == device } }.map(\.key)
    }

    private mutating func take(_ resources: Resources, sign: Int64) {
        amounts.cpuMillis -= sign * resources.cpuMillis
        amounts.memoryBytes -= sign * resources.memoryBytes
        amounts.diskBytes -= sign * resources.diskBytes
    }

    /// What `wanted` has more of than `available`, in words.
    private static func firstLacking(_ wanted: Resources, in available: Resources) -> String? {
        guard wanted.cpuMillis >= 0, wanted.memoryBytes >= 0, wanted.diskBytes >= 0 else { return "a negative amount" }
        if wanted.cpuMillis > available.cpuMillis {
            return "\(wanted.cpuMillis) thousandths of a processor; there are \(available.cpuMillis)"
        }
        if wanted.memoryBytes > available.memoryBytes {
            return "\(wanted.memoryBytes) bytes of memory; there are \(available.memoryBytes)"
        }
        if wanted.diskBytes > available.diskBytes {
            return "\(wanted.diskBytes) bytes of disk; there are \(available.diskBytes)"
        }
        return nil
    }

    /// What of the devices is asked for that there is not, were they all free; in words.
    private func lackingDevice(_ wanted: [DeviceRequest]) -> String? {
        guard !wanted.isEmpty else { return nil }
        guard wanted.allSatisfy({ $0.count >= 0 && ($0.shareBytes ?? 1) > 0 }) else { return "a negative amount" }
        guard let (request, lack) = allDevices.lack(for: wanted) else { return nil }
        let what = "\(request.count) × \(request.vendor.map { "\($0) " } ?? "")\(request.kind)"
        switch lack {
        case .kind, .vendor: return "\(what), which this worker does not have"
        case .capability:
            return "\(what) of capability \(request.capability?.text ?? ""), which this worker does not have"
        case .memory: return "\(what) with more memory than this worker's have"
        case .count: return "\(what), of which this worker has fewer"
        }
    }
}
