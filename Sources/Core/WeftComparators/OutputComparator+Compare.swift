package import WeftModel

extension OutputComparator {
    /// Compares two outputs. Pure; time is linear in what they unpack to, but for sorting keys.
    ///
    /// Symmetric: swapped outputs give the same verdict, or an error both times.
    ///
    /// - Throws: ``ComparisonError/unreadable(_:_:)`` for an output that is not what this comparator reads, or past a bound
    ///   of ``ComparatorLimits``; ``ComparisonError/needsProgram(_:)`` where one is needed.
    package func compare(_ left: [UInt8], _ right: [UInt8]) throws(ComparisonError) -> Comparison {
        switch self {
        case .exit: return Comparison()
        case .sha256: return Self.compareBytes(left, right)
        case .numeric(let rule): return try rule.compare(left, right)
        case .metric(let rule):
            try Self.checkSize(left, right, ComparatorLimits.textBytes)
            return try MetricComparison.compare(left, right, rule)
        case .image(let rule): return try rule.compare(left, right)
        case .video, .command: throw .needsProgram(name)
        }
    }

    private static func compareBytes(_ left: [UInt8], _ right: [UInt8]) -> Comparison {
        guard left != right else { return Comparison() }
        let offset = zip(left, right).enumerated().first { $1.0 != $1.1 }?.offset
        let place = offset ?? min(left.count, right.count)
        func show(_ bytes: [UInt8]) -> String { place < bytes.count ? "\(bytes[place])" : "the end" }
        return Comparison(
            difference: Comparison.Difference(
                place: "byte \(place)", left: show(left), right: show(right), rule: "bytes must be equal"))
    }

    fileprivate static func checkSize(_ left: [UInt8], _ right: [UInt8], _ limit: Int) throws(ComparisonError) {
        for (side, bytes) in [(ComparisonError.Side.left, left), (.right, right)] where bytes.count > limit {
            throw .unreadable(side, FormatProblem(nil, "\(bytes.count) bytes; at most \(limit)"))
        }
    }

    /// The format that both are to be read in, or how their formats differ.
    fileprivate static func format(
        _ given: OutputFormat?, _ left: [UInt8], _ right: [UInt8], among known: [OutputFormat]
    ) throws(ComparisonError) -> FormatChoice {
        try checkSize(left, right, ComparatorLimits.outputBytes)
        if let given { return .both(given) }
        let one = try reading(.left, detect(left, among: known))
        let other = try reading(.right, detect(right, among: known))
        if one == other { return .both(one) }
        return .differ(
            Comparison(
                difference: Comparison.Difference(
                    place: "", left: one.rawValue, right: other.rawValue, rule: "formats must be equal")))
    }

    fileprivate enum FormatChoice {
        case both(OutputFormat)
        case differ(Comparison)
    }

    private static func detect(_ bytes: [UInt8], among known: [OutputFormat]) throws(FormatProblem) -> OutputFormat {
        let words = known.map(\.rawValue).joined(separator: ", ")
        guard let format = OutputFormat.detect(bytes) else { throw FormatProblem(nil, "none of the formats \(words)") }
        guard known.contains(format) else { throw FormatProblem(nil, "\(format.rawValue) is none of \(words)") }
        return format
    }
}

extension NumericRule {
    fileprivate func compare(_ left: [UInt8], _ right: [UInt8]) throws(ComparisonError) -> Comparison {
        let format = try OutputComparator.format(format, left, right, among: OutputFormat.numeric)
        if case .both(.json) = format { try OutputComparator.checkSize(left, right, ComparatorLimits.textBytes) }
        if case .both(.csv) = format { try OutputComparator.checkSize(left, right, ComparatorLimits.textBytes) }
        switch format {
        case .differ(let comparison): return comparison
        case .both(.json): return try JSONComparison.compare(left, right, tolerance)
        case .both(.npy): return try ArrayComparison.compareNpy(left, right, tolerance)
        case .both(.safetensors): return try ArrayComparison.compareSafetensors(left, right, tolerance)
        case .both: return try CSVComparison.compare(left, right, tolerance)
        }
    }
}

extension ImageRule {
    fileprivate func compare(_ left: [UInt8], _ right: [UInt8]) throws(ComparisonError) -> Comparison {
        switch try OutputComparator.format(format, left, right, among: OutputFormat.pictures) {
        case .differ(let comparison): return comparison
        case .both(.png):
            return try PictureComparison.compare(
                measure, reading(.left, PNGReader(left)), reading(.right, PNGReader(right)))
        case .both:
            return try PictureComparison.compare(
                measure, reading(.left, PNMReader(left)), reading(.right, PNMReader(right)))
        }
    }
}
