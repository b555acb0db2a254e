/// Reads amounts as people write them. Each gives nil for what is not such an amount, or is beyond `Int64`.
package enum Quantities {
    private static let sizeUnits: [(name: String, bytes: Int64)] = [
        ("B", 1), ("kB", 1000), ("KB", 1000), ("KiB", 1 << 10), ("Ki", 1 << 10), ("MB", 1_000_000), ("MiB", 1 << 20),
        ("Mi", 1 << 20), ("GB", 1_000_000_000), ("GiB", 1 << 30), ("Gi", 1 << 30), ("TB", 1_000_000_000_000),
        ("TiB", 1 << 40), ("Ti", 1 << 40),
    ]

    /// Bytes: `4096`, `256MiB`, `1.5 GB`. Parts of a byte are dropped.
    package static func bytes(_ text: String) -> Int64? {
        let number = text.prefix { $0 == "." || ("0"..."9").contains($0) }
        let name = text.dropFirst(number.count).drop { $0 == " " }
        guard let unit = name.isEmpty ? 1 : sizeUnits.first(where: { $0.name == name })?.bytes else { return nil }
        guard let amount = decimal(number) else { return nil }
        return amount.scaled(by: unit)
    }

    static let sizePattern = "^[0-9]+(\\.[0-9]{1,6})? *(B|kB|KB|KiB|Ki|MB|MiB|Mi|GB|GiB|Gi|TB|TiB|Ti)?$"

    /// Thousandths of a processor: `2`, `0.5`, `1500m`.
    package static func cpuMillis(_ text: String) -> Int64? {
        if text.hasSuffix("m") { return digits(text.dropLast()) }
        guard let amount = decimal(text[...]) else { return nil }
        return amount.scaled(by: 1000, exactly: true)
    }

    static let cpuPattern = "^([0-9]+(\\.[0-9]{1,3})?|[0-9]+m)$"

    /// Shares: `0.001`, `1e-3`; ``ErrorRate`` reads them.
    static let sharePattern = "^[0-9]+(\\.[0-9]+)?([eE]-?[0-9])?$"

    static let numberPattern = "^[0-9]{1,400}(\\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?$"

    /// A decimal number that is not below 0: `0.001`, `1e-3`, `12`; nil for anything else, and for what no double holds.
    package static func number(_ text: String) -> Double? {
        guard text.utf8.count <= 400, text.utf8.first.map({ (48...57).contains($0) }) == true,
            text.utf8.allSatisfy({ (48...57).contains($0) || ".eE+-".utf8.contains($0) }),
            let number = Double(text), number.isFinite
        else { return nil }
        return number
    }

    /// Seconds: `90`, `10m`, `1h30m`, `2d`. Units come in the order d, h, m, s, each at most once.
    package static func seconds(_ text: String) -> Int64? {
        if let whole = digits(text[...]) { return whole }
        var rest = text[...]
        var total: Int64 = 0
        for (unit, seconds) in [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)] as [(Character, Int64)] {
            let number = rest.prefix { ("0"..."9").contains($0) }
            guard let end = rest.dropFirst(number.count).first, end == unit else { continue }
            guard let amount = digits(number) else { return nil }
            let (product, isTooLarge) = amount.multipliedReportingOverflow(by: seconds)
            let (sum, isTooMuch) = total.addingReportingOverflow(product)
            guard !isTooLarge, !isTooMuch else { return nil }
            total = sum
            rest = rest.dropFirst(number.count + 1)
        }
        return rest.isEmpty && !text.isEmpty ? total : nil
    }

    static let durationPattern = "^([0-9]+|(?=.)([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?)$"

    /// One or more ASCII digits.
    static func digits(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy(Words.isDigit) else { return nil }
        return Int64(text)
    }

    private struct Decimal {
        var value: Int64
        /// `value` counts units of 10^−places.
        var divisor: Int64

        /// nil on overflow, or when parts would be lost and must not be.
        func scaled(by factor: Int64, exactly: Bool = false) -> Int64? {
            let product = Int128(value) * Int128(factor)
            let (quotient, remainder) = product.quotientAndRemainder(dividingBy: Int128(divisor))
            return remainder == 0 || !exactly ? Int64(exactly: quotient) : nil
        }
    }

    /// Digits with at most six after the point.
    private static func decimal(_ text: Substring) -> Decimal? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = parts.first else { return nil }
        let fraction = parts.count == 2 ? parts[1] : ""
        guard parts.count == 1 || (1...6).contains(fraction.count) else { return nil }
        guard let value = digits(whole + fraction), !whole.isEmpty else { return nil }
        return Decimal(value: value, divisor: fraction.reduce(1) { power, _ in power * 10 })
    }
}
