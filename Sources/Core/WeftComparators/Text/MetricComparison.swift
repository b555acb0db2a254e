import WeftModel

/// Compares one number of two JSON texts.
enum MetricComparison {
    static func compare(_ left: [UInt8], _ right: [UInt8], _ rule: MetricRule) throws(ComparisonError) -> Comparison {
        let one = try reading(.left, metric(rule.name, of: left))
        let other = try reading(.right, metric(rule.name, of: right))
        let gap =
            rule.tolerance.gap(one[...], other[...])
            ?? Gap(distance: one == other ? 0 : .infinity, isAllowed: one == other)
        var findings = Findings()
        findings.measure(gap.distance)
        if !gap.isAllowed {
            findings.differ(
                Comparison.Difference(
                    place: rule.name, left: String(decoding: one, as: UTF8.self),
                    right: String(decoding: other, as: UTF8.self), rule: rule.tolerance.words))
        }
        return findings.comparison(of: .largestDifference)
    }

    private static func metric(_ name: String, of bytes: [UInt8]) throws(FormatProblem) -> [UInt8] {
        let tape = try JSONTape(bytes)
        guard let index = try JSONPointer.find(name, in: tape) else {
            throw FormatProblem(.json, "nothing at \(shown(name.utf8))")
        }
        guard tape.tokens[index].kind == .number else {
            throw FormatProblem(.json, "\(tape.show(index)) at \(shown(name.utf8)) is not a number")
        }
        return Array(tape.text(index))
    }
}
