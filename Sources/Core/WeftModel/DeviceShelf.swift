/// What an attempt has of one device.
package struct DeviceGrant: Hashable, Sendable, Codable {
    /// The device's name on its node (``DeviceProfile/id``).
    package var device: String
    /// A share of its memory; the whole device if nil.
    package var shareBytes: Int64?

    package init(device: String, shareBytes: Int64? = nil) {
        self.device = device
        self.shareBytes = shareBytes
    }
}

/// What keeps a node's devices from being enough for one request: the last of these that all of them fail.
package enum DeviceLack: Hashable, Sendable {
    /// There is none of that kind.
    case kind
    case vendor, capability, memory
    /// There are some, but too few.
    case count
}

/// The devices of a node and how much of each is free. A device is given whole, or by shares of its memory; one attempt
/// never has two shares of one device. Coordinators match by it, workers choose by it.
package struct DeviceShelf: Hashable, Sendable {
    /// Devices of one node; more are not looked at, so that matching has a bound.
    package static let limit = 64

    private struct Slot: Hashable, Sendable {
        var device: DeviceProfile
        /// What shares have of its memory.
        var sharedBytes: Int64 = 0
        var shares = 0
        var isWhollyTaken = false

        var isUntouched: Bool { shares == 0 && !isWhollyTaken }
        /// What is left for a share: nothing of a device whose memory is not known.
        var freeBytes: Int64 { isWhollyTaken ? 0 : (device.memoryBytes ?? 0) - sharedBytes }

        func hasRoom(for request: DeviceRequest) -> Bool {
            request.shareBytes.map { $0 <= freeBytes } ?? isUntouched
        }
    }

    private var slots: [Slot]

    /// All free. Devices out of use are left out; kinds of which the node tells no more than their number get as many
    /// devices of which nothing else is known.
    package init(of profile: NodeProfile) { self.init(profile.devices, counts: profile.capacity.devices) }

    package init(_ devices: [DeviceProfile], counts: [DeviceRequest] = []) {
        var slots: [Slot] = []
        var ids: Set<String> = []
        for device in devices where device.isUsable && slots.count < Self.limit && ids.insert(device.id).inserted {
            slots.append(Slot(device: device))
        }
        let told = Set(devices.map(\.kind))
        for request in counts where !told.contains(request.kind) {
            for number in 0..<max(0, min(request.count, Self.limit - slots.count)) {
                let id = "\(request.kind)#\(number)"
                guard ids.insert(id).inserted else { continue }
                slots.append(Slot(device: DeviceProfile(id: id, kind: request.kind)))
            }
        }
        self.slots = slots
    }

    package var isEmpty: Bool { slots.isEmpty }

    /// How many devices of each kind nobody has anything of, in the order of the kinds' first devices.
    package var untouched: [DeviceRequest] {
        var counts: [DeviceRequest] = []
        for slot in slots {
            let position = counts.firstIndex { $0.kind == slot.device.kind }
            if position == nil { counts.append(DeviceRequest(kind: slot.device.kind, count: 0)) }
            if slot.isUntouched { counts[position ?? counts.count - 1].count += 1 }
        }
        return counts
    }

    /// Devices for all of the requests at once, in their order; nil if there are not enough free.
    ///
    /// Each takes the smallest that will do (a share: what has least left), unless another has to have that. Takes time
    /// in the number of devices, squared, times that of units asked for; both are at most ``limit``.
    package func grant(_ requests: [DeviceRequest]) -> [DeviceGrant]? {
        var units: [DeviceRequest] = []
        for request in requests {
            guard request.count <= slots.count - units.count else { return nil }
            for _ in 0..<max(0, request.count) { units.append(request) }
        }
        // Augmenting paths: Kuhn, "The Hungarian method for the assignment problem" (1955).
        var holder = [Int?](repeating: nil, count: slots.count)
        for unit in units.indices {
            var seen = [Bool](repeating: false, count: slots.count)
            guard seat(unit, units, &holder, &seen) else { return nil }
        }
        var grants = [DeviceGrant?](repeating: nil, count: units.count)
        for (slot, unit) in holder.enumerated() {
            guard let unit else { continue }
            grants[unit] = DeviceGrant(device: slots[slot].device.id, shareBytes: units[unit].shareBytes)
        }
        return grants.compactMap(\.self)
    }

    private func seat(
        _ unit: Int, _ units: [DeviceRequest], _ holder: inout [Int?], _ seen: inout [Bool]
    ) -> Bool {
        let request = units[unit]
        let candidates = slots.indices.filter { slots[$0].device.meets(request) && slots[$0].hasRoom(for: request) }
            .sorted { left, right in
                func weight(_ slot: Int) -> Int64 {
                    request.shareBytes == nil ? slots[slot].device.memoryBytes ?? 0 : slots[slot].freeBytes
                }
                return (weight(left), left) < (weight(right), right)
            }
        for slot in candidates where holder[slot] == nil {
            holder[slot] = unit
            return true
        }
        for slot in candidates where !seen[slot] {
            seen[slot] = true
            if let other = holder[slot], seat(other, units, &holder, &seen) {
                holder[slot] = unit
                return true
            }
        }
        return false
    }

    /// Takes what ``grant(_:)`` gave. What is no longer there is passed over.
    package mutating func take(_ grants: [DeviceGrant]) { change(grants, sign: 1) }
    package mutating func give(_ grants: [DeviceGrant]) { change(grants, sign: -1) }

    private mutating func change(_ grants: [DeviceGrant], sign: Int) {
        for grant in grants {
            guard let position = slots.firstIndex(where: { $0.device.id == grant.device }) else { continue }
            if let bytes = grant.shareBytes {
                slots[position].sharedBytes += bytes * Int64(sign)
                slots[position].shares += sign
            } else {
                slots[position].isWhollyTaken = sign > 0
            }
        }
    }

    /// The first request that these devices, were they all free, cannot meet, and what is missing for it; nil if they
    /// can meet all of them at once.
    package func lack(for requests: [DeviceRequest]) -> (request: DeviceRequest, lack: DeviceLack)? {
        let free = DeviceShelf(slots.map(\.device))
        guard free.grant(requests) == nil else { return nil }
        for request in requests where free.grant([request]) == nil { return (request, lack(for: request)) }
        return requests.last.map { ($0, .count) }
    }

    private func lack(for request: DeviceRequest) -> DeviceLack {
        let ofKind = slots.map(\.device).filter { $0.kind == request.kind }
        if ofKind.isEmpty { return .kind }
        let ofVendor = ofKind.filter { $0.isMade(by: request) }
        if ofVendor.isEmpty { return .vendor }
        let capable = ofVendor.filter { $0.isCapable(of: request) }
        if capable.isEmpty { return .capability }
        return capable.contains { $0.hasMemory(for: request) } ? .count : .memory
    }

    /// The most memory and the highest capability among devices of that kind and vendor.
    package func best(for request: DeviceRequest) -> (memoryBytes: Int64?, capability: DeviceCapability?) {
        let devices = slots.map(\.device).filter { $0.kind == request.kind && $0.isMade(by: request) }
        return (devices.compactMap(\.memoryBytes).max(), devices.compactMap(\.capability).max())
    }
}

extension DeviceProfile {
    /// Whether it is what is asked for, whoever has it now.
    package func meets(_ request: DeviceRequest) -> Bool {
        kind == request.kind && isMade(by: request) && isCapable(of: request) && hasMemory(for: request)
    }

    fileprivate func isMade(by request: DeviceRequest) -> Bool { request.vendor.map { $0 == vendor } ?? true }

    fileprivate func isCapable(of request: DeviceRequest) -> Bool {
        guard let wanted = request.capability else { return true }
        return capability.map { $0 >= wanted } ?? false
    }

    fileprivate func hasMemory(for request: DeviceRequest) -> Bool {
        guard let wanted = [request.memoryBytes, request.shareBytes].compactMap(\.self).max() else { return true }
        return memoryBytes.map { $0 >= wanted } ?? false
    }
}

extension HardwareBenchmark {
    /// How fast the devices of a node are for these requests, in millions of operations a second with numbers of 32
    /// bits: the slowest of the requests' best devices. Nil if that was not measured.
    package func speed(of devices: [DeviceProfile], for requests: [DeviceRequest]) -> Int64? {
        let speeds = requests.map { request in
            devices.filter { $0.isUsable && $0.meets(request) }
                .compactMap { self.device($0.id)?.singleMegaflops }.max()
        }
        return speeds.contains(nil) ? nil : speeds.compactMap(\.self).min()
    }
}
