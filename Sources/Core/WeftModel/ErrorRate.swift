/// A share of answers that are wrong, in thousand-millionths: whole numbers, so that every machine writes it alike.
package struct ErrorRate: Hashable, Sendable, Comparable, Codable {
    /// 0 to 1,000,000,000.
    package let perBillion: Int

    package init?(perBillion: Int) {
        guard (0...Self.one).contains(perBillion) else { return nil }
        self.perBillion = perBillion
    }

    /// The next rate that is not below `share`; what is no share is brought to the nearest one.
    package init(notBelow share: Double) {
        let scaled = (share * Double(Self.one)).rounded(.up)
        perBillion = scaled.isNaN ? Self.one : Int(max(0, min(scaled, Double(Self.one))))
    }

    private static let one = 1_000_000_000

    package var share: Double { Double(perBillion) / Double(Self.one) }

    /// In decimals without needless zeros: `0.001`, `0`, `1`.
    package var text: String {
        let (whole, fraction) = perBillion.quotientAndRemainder(dividingBy: Self.one)
        guard fraction > 0 else { return String(whole) }
        var digits = String(Self.one + fraction).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(whole).\(digits)"
    }

    /// Reads `0.001`, `1e-3`, `1E-3`; nil for what is no share, or has more than nine decimals.
    package init?(text: String) {
        let parts = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "e" || $0 == "E" }
        guard let mantissa = parts.first, mantissa.utf8.count <= 20 else { return nil }
        var exponent = 0
        if parts.count == 2 {
            guard parts[1].utf8.count <= 3, let number = Int(parts[1]), (-9...0).contains(number) else { return nil }
            exponent = number
        }
        let sides = mantissa.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = sides.count == 2 ? sides[1] : ""
        guard !sides[0].isEmpty, sides.count == 1 || !decimals.isEmpty,
            (sides[0] + decimals).utf8.allSatisfy({ (48...57).contains($0) }),
            let digits = Int(sides[0] + decimals)
        else { return nil }
        var scaled = digits
        for _ in 0..<max(0, 9 + exponent - decimals.utf8.count) {
            let (product, overflow) = scaled.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            scaled = product
        }
        for _ in 0..<max(0, decimals.utf8.count - 9 - exponent) {
            guard scaled % 10 == 0 else { return nil }
            scaled /= 10
        }
        self.init(perBillion: scaled)
    }

    package static func < (left: ErrorRate, right: ErrorRate) -> Bool { left.perBillion < right.perBillion }
}
