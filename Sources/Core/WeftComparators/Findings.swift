/// What a comparison has found so far.
struct Findings {
    private(set) var largest: Double?
    private(set) var first: Comparison.Difference?
    private(set) var count = 0

    /// Two numbers were compared.
    mutating func measure(_ distance: Double) { largest = max(largest ?? 0, distance) }

    /// `difference` is only worked out for the first one.
    mutating func differ(_ difference: @autoclosure () -> Comparison.Difference) {
        if first == nil { first = difference() }
        count += 1
    }

    /// For a difference after the first one.
    mutating func differAgain() { count += 1 }

    func comparison(of quantity: Comparison.Quantity) -> Comparison {
        Comparison(
            measure: largest.map { Comparison.Measure(quantity, $0) }, difference: first, differences: count)
    }
}

/// A piece of an output for a person: quoted, one line, cut.
func shown(_ bytes: some Collection<UInt8>) -> String {
    let text = String(decoding: bytes.prefix(ComparatorLimits.shownBytes), as: UTF8.self)
    let line = String(
        String.UnicodeScalarView(
            text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "?" : $0 }))
    return "\"\(line)\"" + (bytes.count > ComparatorLimits.shownBytes ? "…" : "")
}
