package import WeftModel

/// What one attempt may use at most.
package struct AttemptBound: Hashable, Sendable {
    /// nil: for ever.
    package var timeLimitSeconds: Int64?
    /// Thousandths of a processor.
    package var cpuMillis: Int64
    package var memoryBytes: Int64
    /// Of all kinds together.
    package var devices: Int64

    package init(timeLimitSeconds: Int64?, cpuMillis: Int64, memoryBytes: Int64, devices: Int64 = 0) {
        self.timeLimitSeconds = timeLimitSeconds
        self.cpuMillis = cpuMillis
        self.memoryBytes = memoryBytes
        self.devices = devices
    }

    package init(_ spec: JobSpec) {
        self.init(
            timeLimitSeconds: Int64(spec.timeoutSeconds), cpuMillis: spec.resources.cpuMillis,
            memoryBytes: spec.resources.memoryBytes, devices: spec.resources.devices.reduce(0) { $0 + Int64($1.count) })
    }
}

/// What an attempt is charged for. Memory and devices were kept for it all the time that it ran, whether it used them or
/// not; of processors, the time that they worked.
package struct MeteredUse: Hashable, Sendable {
    package var wallMicroseconds: Int64
    package var cpuMicroseconds: Int64
    package var memoryBytes: Int64
    package var devices: Int64

    package init(wallMicroseconds: Int64, cpuMicroseconds: Int64, memoryBytes: Int64, devices: Int64 = 0) {
        self.wallMicroseconds = wallMicroseconds
        self.cpuMicroseconds = cpuMicroseconds
        self.memoryBytes = memoryBytes
        self.devices = devices
    }

    /// What a node says it used is believed within bounds: wall time up to the time limit and to `seenMicroseconds` (from the
    /// assignment to the result, as the coordinator saw it), processor time up to what the processors asked for could do in
    /// that wall time. What was not counted is not charged.
    ///
    /// So the cost of an attempt is never more than its part of the job's greatest cost.
    package init(_ usage: Usage?, within bound: AttemptBound, seenMicroseconds: Int64 = .max) {
        let limit = bound.timeLimitSeconds.map { Self.clamped(Int128($0) * 1_000_000) } ?? .max
        let wall = max(0, min(usage?.wallMicroseconds ?? 0, limit, seenMicroseconds))
        let cpu = max(0, min(usage?.cpuMicroseconds ?? 0, Self.cpu(bound.cpuMillis, wallMicroseconds: wall)))
        self.init(
            wallMicroseconds: wall, cpuMicroseconds: cpu, memoryBytes: bound.memoryBytes, devices: bound.devices)
    }

    /// All of the bound; nil without a time limit.
    package init?(allOf bound: AttemptBound) {
        guard let seconds = bound.timeLimitSeconds else { return nil }
        let wall = Self.clamped(Int128(seconds) * 1_000_000)
        self.init(
            wallMicroseconds: wall, cpuMicroseconds: Self.cpu(bound.cpuMillis, wallMicroseconds: wall),
            memoryBytes: bound.memoryBytes, devices: bound.devices)
    }

    /// Rounded up.
    private static func cpu(_ millis: Int64, wallMicroseconds: Int64) -> Int64 {
        clamped((Int128(millis) * Int128(wallMicroseconds) + 999) / 1000)
    }

    private static func clamped(_ value: Int128) -> Int64 { Int64(clamping: value) }
}
