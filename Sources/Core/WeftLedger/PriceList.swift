package import WeftModel

/// What a node asks for its work. No price is below 0.
package struct PriceList: Hashable, Sendable {
    /// For each second that one processor worked.
    package let perCPUSecond: Credits
    /// For each GiB of memory (2³⁰ bytes) and second that it was kept.
    package let perMemoryGiBSecond: Credits
    /// For each device and second that it was kept.
    package let perDeviceSecond: Credits
    /// A verified answer costs no less.
    package let minimumCharge: Credits

    /// Throws ``PriceError`` for the first price below 0.
    package init(
        perCPUSecond: Credits = .zero, perMemoryGiBSecond: Credits = .zero, perDeviceSecond: Credits = .zero,
        minimumCharge: Credits = .zero
    ) throws(PriceError) {
        let prices = [
            ("cpu_second", perCPUSecond), ("memory_gib_second", perMemoryGiBSecond),
            ("device_second", perDeviceSecond), ("minimum", minimumCharge),
        ]
        for (field, price) in prices where price < .zero { throw PriceError(field: field, price: price) }
        self.perCPUSecond = perCPUSecond
        self.perMemoryGiBSecond = perMemoryGiBSecond
        self.perDeviceSecond = perDeviceSecond
        self.minimumCharge = minimumCharge
    }

    /// The exact sum, rounded up to the next millionth of a credit, or the minimum where that is more.
    package func cost(of use: MeteredUse) throws(CreditOverflow) -> Credits {
        precondition(
            min(use.wallMicroseconds, use.cpuMicroseconds, use.memoryBytes, use.devices) >= 0, "use is never below 0")
        // Everything over one denominator: a micro-credit is `unit` of these. What is beyond 127 bits here is beyond 77 after
        // the division, so an overflow on the way is one of the result.
        let gib = Int128(1) << 30
        let unit = gib * 1_000_000
        let wall = Int128(use.wallMicroseconds)
        var sum = try Self.product(Int128(use.cpuMicroseconds) * Int128(perCPUSecond.microCredits), gib)
        let memory = try Self.product(Int128(use.memoryBytes) * wall, Int128(perMemoryGiBSecond.microCredits))
        sum = try Self.sum(sum, memory)
        let devices = try Self.product(Int128(use.devices) * wall, Int128(perDeviceSecond.microCredits))
        sum = try Self.sum(sum, try Self.product(devices, gib))
        let (whole, rest) = sum.quotientAndRemainder(dividingBy: unit)
        guard let microCredits = Int64(exactly: rest == 0 ? whole : whole + 1) else { throw CreditOverflow() }
        return max(minimumCharge, Credits(microCredits: microCredits))
    }

    private static func product(_ one: Int128, _ other: Int128) throws(CreditOverflow) -> Int128 {
        let (product, isTooLarge) = one.multipliedReportingOverflow(by: other)
        guard !isTooLarge else { throw CreditOverflow() }
        return product
    }

    private static func sum(_ one: Int128, _ other: Int128) throws(CreditOverflow) -> Int128 {
        let (sum, isTooLarge) = one.addingReportingOverflow(other)
        guard !isTooLarge else { throw CreditOverflow() }
        return sum
    }
}

/// A price below 0.
package struct PriceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// As in documents: `cpu_second`, `memory_gib_second`, `device_second`, `minimum`.
    package let field: String
    package let price: Credits

    package init(field: String, price: Credits) {
        self.field = field
        self.price = price
    }

    package var description: String { "\(field): expected a price of 0 or more, not \(price)" }
}

extension PriceList: Codable {
    private enum CodingKeys: String, CodingKey {
        case perCPUSecond = "cpu_second"
        case perMemoryGiBSecond = "memory_gib_second"
        case perDeviceSecond = "device_second"
        case minimumCharge = "minimum"
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            perCPUSecond: try fields.decode(Credits.self, forKey: .perCPUSecond),
            perMemoryGiBSecond: try fields.decode(Credits.self, forKey: .perMemoryGiBSecond),
            perDeviceSecond: try fields.decode(Credits.self, forKey: .perDeviceSecond),
            minimumCharge: try fields.decode(Credits.self, forKey: .minimumCharge))
    }
}
