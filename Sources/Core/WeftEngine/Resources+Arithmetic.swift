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
