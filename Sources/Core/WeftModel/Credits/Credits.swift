/// An amount of credit, in whole millionths of a credit. Checked: what cannot be counted is an error, never a trap.
package struct Credits: Hashable, Sendable, Comparable, Codable {
    package let microCredits: Int64

    package static let zero = Credits(microCredits: 0)
    /// About 9.2 · 10¹² credits: no ledger grants more in all.
    package static let greatest = Credits(microCredits: .max)
    package static let microCreditsPerCredit: Int64 = 1_000_000

    package init(microCredits: Int64) { self.microCredits = microCredits }

    package init(from decoder: any Decoder) throws {
        microCredits = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(microCredits)
    }

    package static func < (left: Credits, right: Credits) -> Bool { left.microCredits < right.microCredits }

    package func adding(_ other: Credits) throws(CreditOverflow) -> Credits {
        try Self.exactly(microCredits.addingReportingOverflow(other.microCredits))
    }

    package func subtracting(_ other: Credits) throws(CreditOverflow) -> Credits {
        try Self.exactly(microCredits.subtractingReportingOverflow(other.microCredits))
    }

    package func multiplied(by factor: Int64) throws(CreditOverflow) -> Credits {
        try Self.exactly(microCredits.multipliedReportingOverflow(by: factor))
    }

    private static func exactly(
        _ result: (partialValue: Int64, overflow: Bool)
    ) throws(CreditOverflow) -> Credits {
        guard !result.overflow else { throw CreditOverflow() }
        return Credits(microCredits: result.partialValue)
    }
}

/// An amount is beyond what ``Credits`` can count.
package struct CreditOverflow: Error, Hashable, Sendable, CustomStringConvertible {
    package init() {}

    package var description: String { "the amount is beyond \(Credits.greatest) credits" }
}
