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
    package private(set) var free: Resources

    package init(capacity: Resources, attemptLimit: Int) {
        precondition(attemptLimit > 0, "a worker that runs nothing at once never runs anything")
        self.capacity = capacity
        self.attemptLimit = attemptLimit
        free = capacity
    }

    /// Takes what `wanted` says for an attempt that holds nothing yet.
    package mutating func hold(_ wanted: Resources, for attempt: AttemptID) -> Answer {
        precondition(holders[attempt] == nil, "an attempt holds resources once")
        if let lacking = Self.firstLacking(wanted, in: capacity) { return .never(lacking) }
        guard holders.count < attemptLimit, Self.firstLacking(wanted, in: free) == nil else { return .notNow }
        holders[attempt] = wanted
        take(wanted, sign: 1)
        return .held
    }

    /// Offers more or less from now on. What is held stays held; where that is more than there is, nothing is free until
    /// enough of it has been given back.
    package mutating func resize(to capacity: Resources) {
        self.capacity = capacity
        free = capacity
        for held in holders.values { take(held, sign: 1) }
    }

    /// Gives back what an attempt holds; nothing happens when it holds nothing.
    package mutating func release(_ attempt: AttemptID) {
        guard let held = holders.removeValue(forKey: attempt) else { return }
        take(held, sign: -1)
    }

    private mutating func take(_ resources: Resources, sign: Int64) {
        free.cpuMillis -= sign * resources.cpuMillis
        free.memoryBytes -= sign * resources.memoryBytes
        free.diskBytes -= sign * resources.diskBytes
        for request in resources.devices {
            guard let position = free.devices.firstIndex(where: { $0.kind == request.kind }) else { continue }
            free.devices[position].count -= Int(sign) * request.count
        }
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
        if wanted.devices.isEmpty { return nil }
        var counts: [String: Int] = [:]
        for device in available.devices { counts[device.kind, default: 0] += device.count }
        var asked: [String: Int] = [:]
        for device in wanted.devices {
            guard device.count >= 0 else { return "a negative amount" }
            // Saturating: the numbers are the peer's.
            let (sum, overflow) = asked[device.kind, default: 0].addingReportingOverflow(device.count)
            asked[device.kind] = overflow ? .max : sum
        }
        for (kind, count) in asked.sorted(by: { $0.key < $1.key }) where count > counts[kind, default: 0] {
            return "\(count) × \(kind); there are \(counts[kind, default: 0])"
        }
        return nil
    }
}
