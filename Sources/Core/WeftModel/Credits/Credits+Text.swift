extension Credits: CustomStringConvertible {
    /// Digits after the point, at most.
    package static let decimals = 6

    /// Reads `12`, `12.5`, `-0.000001`: digits, and at most six more after a point. Exact; nil for anything else (no
    /// exponents, no `+`, no spaces) and for what is beyond `Int64`.
    package init?(text: some StringProtocol) {
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        let digits = text.utf8.dropFirst(isNegative ? 1 : 0)
        let parts = digits.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, parts.count <= 2 else { return nil }
        let fraction = parts.count == 2 ? Array(parts[1]) : []
        guard parts.count == 1 || (1...Self.decimals).contains(fraction.count) else { return nil }
        let padding = repeatElement(UInt8(ascii: "0"), count: Self.decimals - fraction.count)
        // Counted downwards, because there is one more negative number than there are positive ones.
        var value: Int64 = 0
        for byte in Array(whole) + fraction + padding {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (difference, isTooMuch) = product.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !isTooLarge, !isTooMuch else { return nil }
            value = difference
        }
        guard isNegative || value != .min else { return nil }
        self.init(microCredits: isNegative ? value : -value)
    }

    /// The shortest text that ``init(text:)`` reads as the same amount: `12.5`.
    package var description: String {
        let (whole, rest) = microCredits.magnitude.quotientAndRemainder(
            dividingBy: UInt64(Self.microCreditsPerCredit))
        let sign = microCredits < 0 ? "-" : ""
        guard rest > 0 else { return "\(sign)\(whole)" }
        let digits = String(rest)
        var fraction = String(repeating: "0", count: Self.decimals - digits.utf8.count) + digits
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(sign)\(whole).\(fraction)"
    }
}
