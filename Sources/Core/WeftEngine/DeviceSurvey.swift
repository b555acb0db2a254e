import WeftModel

/// Collects, over the connected nodes, what their devices are compared with what is asked for.
struct DeviceSurvey {
    private struct Best {
        var memoryBytes: Int64 = 0
        var capability: DeviceCapability?
    }

    private var best: [DeviceRequest: Best] = [:]
    /// What a node says of a device that is out of use, by kind.
    private var faults: [String: String] = [:]

    mutating func add(_ profile: NodeProfile, wanting requests: [DeviceRequest]) {
        let shelf = DeviceShelf(of: profile)
        for request in requests {
            let found = shelf.best(for: request)
            var best = best[request] ?? Best()
            best.memoryBytes = max(best.memoryBytes, found.memoryBytes ?? 0)
            best.capability = [best.capability, found.capability].compactMap(\.self).max()
            self.best[request] = best
        }
        for device in profile.devices where !device.isUsable && faults[device.kind] == nil {
            faults[device.kind] = "\(profile.name): \(device.id) is out of use: \(device.fault.prefix(300))"
        }
    }

    /// What is missing, as a reason.
    func words(for request: DeviceRequest, _ lack: DeviceLack) -> String {
        let best = best[request] ?? Best()
        let what = noun(request)
        let text =
            switch lack {
            case .kind: "no device of kind \(request.kind)"
            case .vendor: "no \(what)"
            case .capability:
                "no \(what) with capability \(request.capability?.text ?? "")"
                    + (best.capability.map { " (the highest is \($0.text))" } ?? "")
            case .memory:
                "no \(what)\(capability(request)) with \(mebibytes(memory(request))) of memory "
                    + (best.memoryBytes == 0
                        ? "(how much there is cannot be told)" : "(the most is \(mebibytes(best.memoryBytes)))")
            case .count: "too few devices of kind \(request.kind): \(request.count) like that are wanted at once"
            }
        return text + (faults[request.kind].map { " (\($0))" } ?? "")
    }

    /// What would help.
    func change(for request: DeviceRequest, _ lack: DeviceLack) -> String {
        let best = best[request] ?? Best()
        switch lack {
        case .memory where best.memoryBytes > 0:
            return "lower the memory of \(request.kind) in resources.devices to \(mebibytes(best.memoryBytes)), "
                + "or connect a node that has more"
        case .capability:
            return best.capability.map {
                "lower the capability of \(request.kind) in resources.devices to \($0.text), "
                    + "or connect a node that has more"
            } ?? "drop the capability of \(request.kind) in resources.devices, or connect a node that tells its own"
        case .kind, .vendor, .memory, .count:
            return "drop resources.devices, or connect a node that has them (see `weft hardware` there)"
        }
    }

    private func noun(_ request: DeviceRequest) -> String {
        (request.vendor.map { "\($0) " } ?? "") + request.kind
    }

    private func capability(_ request: DeviceRequest) -> String {
        request.capability.map { " of capability \($0.text)" } ?? ""
    }

    private func memory(_ request: DeviceRequest) -> Int64 { max(request.memoryBytes ?? 0, request.shareBytes ?? 0) }
}

/// An amount of memory as jobs may write it, in whole mebibytes.
func mebibytes(_ bytes: Int64) -> String { "\(bytes >> 20)MiB" }
