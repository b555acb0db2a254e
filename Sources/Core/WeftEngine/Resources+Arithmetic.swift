package import WeftModel

extension Resources {
    /// Whether `other` could be taken out of this.
    package func fits(_ other: Resources) -> Bool {
        guard
            other.cpuMillis <= cpuMillis, other.memoryBytes <= memoryBytes, other.diskBytes <= diskBytes
        else { return false }
        return other.devices.allSatisfy { request in request.count <= count(of: request.kind) }
    }

    package mutating func take(_ other: Resources) { change(by: other, sign: -1) }
    package mutating func give(_ other: Resources) { change(by: other, sign: 1) }

    /// Whether more of anything is taken than there is.
    var isNegative: Bool {
        cpuMillis < 0 || memoryBytes < 0 || diskBytes < 0 || devices.contains { $0.count < 0 }
    }

    /// With nothing where there is less than nothing.
    package var atLeastNothing: Resources {
        var result = self
        result.cpuMillis = max(0, cpuMillis)
        result.memoryBytes = max(0, memoryBytes)
        result.diskBytes = max(0, diskBytes)
        for index in devices.indices { result.devices[index].count = max(0, devices[index].count) }
        return result
    }

    func count(of kind: String) -> Int { devices.first { $0.kind == kind }?.count ?? 0 }

    private mutating func change(by other: Resources, sign: Int) {
        cpuMillis += other.cpuMillis * Int64(sign)
        memoryBytes += other.memoryBytes * Int64(sign)
        diskBytes += other.diskBytes * Int64(sign)
        for request in other.devices {
            guard let index = devices.firstIndex(where: { $0.kind == request.kind }) else { continue }
            devices[index].count += request.count * sign
        }
    }
}
