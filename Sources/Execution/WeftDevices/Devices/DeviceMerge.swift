/// Makes one list of what several sources say of the same devices.
enum DeviceMerge {
    /// - Parameters:
    ///   - bus: what the PCI bus has.
    ///   - told: what libraries tell, each library's list by itself; the first to tell something is believed.
    ///   - whyUnreached: why a GPU on the bus is in no library's list.
    static func merge(
        bus: [DeviceReport], told: [[DeviceReport]], whyUnreached: (DeviceReport) -> String
    ) -> [DeviceReport] {
        var devices: [DeviceReport] = []
        for list in told {
            // Two of one list are two devices, however alike they are.
            var taken: Set<Int> = []
            for device in list {
                let place = devices.indices.first { !taken.contains($0) && isSame(devices[$0], device) }
                if let place {
                    devices[place] = devices[place].completed(by: device)
                    taken.insert(place)
                } else {
                    taken.insert(devices.count)
                    devices.append(device)
                }
            }
        }
        for device in bus {
            if let place = devices.firstIndex(where: { $0.pciAddress == device.pciAddress }) {
                devices[place] = devices[place].completed(by: device)
            } else if let place = only(of: devices, like: device, bus) {
                devices[place] = devices[place].completed(by: device)
            } else {
                devices.append(device)
            }
        }
        for index in devices.indices where devices[index].backends.isEmpty && devices[index].fault == nil {
            devices[index].fault = whyUnreached(devices[index])
        }
        return named(devices)
    }

    /// A library that does not tell addresses means the one GPU of its maker that there is.
    private static func only(of devices: [DeviceReport], like device: DeviceReport, _ bus: [DeviceReport]) -> Int? {
        let alike = devices.indices.filter {
            devices[$0].pciAddress == nil && devices[$0].kind == device.kind && devices[$0].vendor == device.vendor
        }
        guard alike.count == 1, bus.count(where: { $0.kind == device.kind && $0.vendor == device.vendor }) == 1 else {
            return nil
        }
        return alike[0]
    }

    private static func isSame(_ left: DeviceReport, _ right: DeviceReport) -> Bool {
        guard left.kind == right.kind else { return false }
        if let leftAddress = left.pciAddress, let rightAddress = right.pciAddress { return leftAddress == rightAddress }
        if let leftName = left.uuid, let rightName = right.uuid, leftName == rightName { return true }
        // An OpenCL processor is another device for each implementation.
        guard left.kind != "cpu" else { return false }
        // Without an address: the next one of the same maker and model.
        return left.vendor == right.vendor && (left.model == right.model || left.model.isEmpty || right.model.isEmpty)
    }

    /// Names by kind, in the order of addresses: the same after a restart while the hardware is the same.
    private static func named(_ devices: [DeviceReport]) -> [DeviceReport] {
        let sorted = devices.enumerated().sorted { left, right in
            (left.element.pciAddress ?? "~", left.element.uuid ?? "~", left.offset)
                < (right.element.pciAddress ?? "~", right.element.uuid ?? "~", right.offset)
        }.map(\.element)
        var counts: [String: Int] = [:]
        return sorted.map { device in
            var device = device
            let number = counts[device.kind, default: 0]
            counts[device.kind] = number + 1
            device.id = device.kind + "\(number)"
            return device
        }
    }
}
