package import WeftModel

extension Resources {
    /// Throws ``LinkError/malformed(_:)``; `field` names the message's field in it.
    package init(wire: Weft_Wire_V1_Resources, field: String = "resources") throws(LinkError) {
        try checkedCount(wire.devices.count, "\(field).devices", limit: WireBounds.entries)
        var devices: [DeviceRequest] = []
        for (position, device) in wire.devices.enumerated() {
            devices.append(try DeviceRequest(wire: device, field: "\(field).devices[\(position)]"))
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
        resources.devices = devices.map(\.wire)
        return resources
    }
}

extension DeviceRequest {
    fileprivate init(wire: Weft_Wire_V1_DeviceRequest, field: String) throws(LinkError) {
        guard (1...WireBounds.deviceCount).contains(wire.count) else {
            throw malformed("\(field).count", "\(wire.count) is out of range")
        }
        let vendor = try checkedText(wire.vendor, "\(field).vendor")
        let memory = try checkedQuantity(wire.memoryBytes, "\(field).memory_bytes")
        let share = try checkedQuantity(wire.shareBytes, "\(field).share_bytes")
        self.init(
            kind: try checkedText(wire.kind, "\(field).kind", mayBeEmpty: false), count: Int(wire.count),
            vendor: vendor.isEmpty ? nil : vendor, memoryBytes: memory == 0 ? nil : memory,
            capability: try checkedCapability(wire.capability, "\(field).capability"),
            shareBytes: share == 0 ? nil : share)
    }

    fileprivate var wire: Weft_Wire_V1_DeviceRequest {
        var request = Weft_Wire_V1_DeviceRequest()
        request.kind = kind
        request.count = Int32(clamping: count)
        request.vendor = vendor ?? ""
        request.memoryBytes = memoryBytes ?? 0
        request.capability = capability?.text ?? ""
        request.shareBytes = shareBytes ?? 0
        return request
    }
}

func checkedCapability(_ text: String, _ field: String) throws(LinkError) -> DeviceCapability? {
    if text.isEmpty { return nil }
    guard let capability = DeviceCapability(text) else {
        throw malformed(field, "`\(text.prefix(40))` is no capability such as 9.0")
    }
    return capability
}
