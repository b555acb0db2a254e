extension OutputComparator {
    /// Reads a comparator as docs/comparators.md describes it. `path`: where it stands in its document.
    ///
    /// - Throws: ``InvalidDocument`` with every problem, each with the path of its field and what would be right.
    package init(document: Document, at path: String = "comparator") throws(InvalidDocument) {
        var reader = SpecReader()
        let comparator = reader.comparator(document, at: path)
        if comparator == nil, reader.problems.isEmpty { reader.report(path, Self.expectation) }
        guard let comparator, reader.problems.isEmpty else { throw InvalidDocument(reader.problems) }
        self = comparator
    }

    fileprivate static let expectation =
        "expected sha256, exit, or one of numeric, metric, image, video and command with its fields"

    /// The canonical form: `Comparator(document: comparator.document) == comparator`.
    package var document: Document {
        switch self {
        case .sha256, .exit: .string(name)
        case .numeric(let rule): [name: .object(rule.tolerance.members + format(rule.format))]
        case .metric(let rule):
            [name: .object([Document.Member("name", .string(rule.name))] + rule.tolerance.members)]
        case .image(let rule): [name: .object([rule.measure.member] + format(rule.format))]
        case .video(let rule): [name: ["psnr": .written(rule.minimumPSNR)]]
        case .command(let rule):
            [
                name: [
                    "program": .string(rule.program.description), "args": .array(rule.arguments.map(Document.string)),
                ]
            ]
        }
    }

    private func format(_ format: OutputFormat?) -> [Document.Member] {
        format.map { [Document.Member("format", .string($0.rawValue))] } ?? []
    }
}

extension Tolerance {
    fileprivate var members: [Document.Member] {
        [
            Document.Member("absolute", .written(absolute)), Document.Member("relative", .written(relative)),
            Document.Member("nan", .string(nan.rawValue)),
        ]
    }
}

extension ImageRule.Measure {
    fileprivate var member: Document.Member {
        switch self {
        case .minimumPSNR(let decibels): Document.Member("psnr", .written(decibels))
        case .maximumChannelDifference(let steps): Document.Member("channel_difference", .integer(Int64(steps)))
        }
    }
}

extension JobFields {
    static let comparator: [FieldRule] = [
        FieldRule("numeric", "Numbers alike within a tolerance, all else equal.", ["$ref": "#/$defs/numeric"]),
        FieldRule("metric", "One number of a JSON output within a tolerance.", ["$ref": "#/$defs/metric"]),
        FieldRule("image", "Pictures alike.", ["$ref": "#/$defs/imageComparator"]),
        FieldRule("video", "As many frames, each alike.", ["$ref": "#/$defs/video"]),
        FieldRule("command", "A program decides.", ["$ref": "#/$defs/commandComparator"]),
    ]

    private static let tolerance: [FieldRule] = [
        FieldRule(
            "absolute", "How far apart numbers may be; 0 by default.", .number(JobLimits.absoluteTolerance)),
        FieldRule(
            "relative", "The same as a part of the larger magnitude; 0 by default.",
            .number(JobLimits.relativeTolerance)),
        FieldRule("nan", "Whether a NaN is like a NaN; unequal by default.", ["enum": ["equal", "unequal"]]),
    ]

    static let numeric: [FieldRule] =
        tolerance + [FieldRule("format", "Found out by default.", .format(OutputFormat.numeric))]

    static let metric: [FieldRule] =
        [FieldRule("name", "A key, or a JSON pointer that starts with /.", .text(JobLimits.metricName))] + tolerance

    static let imageComparator: [FieldRule] = [
        FieldRule("psnr", "Decibels, at least.", .number(JobLimits.psnr)),
        FieldRule(
            "channel_difference", "Of any sample, at most.",
            [
                "type": "integer", "minimum": .integer(JobLimits.channelDifference.lowerBound),
                "maximum": .integer(JobLimits.channelDifference.upperBound),
            ]),
        FieldRule("format", "Found out by default.", .format(OutputFormat.pictures)),
    ]

    static let video: [FieldRule] = [FieldRule("psnr", "Of each frame, decibels, at least.", .number(JobLimits.psnr))]

    static let commandComparator: [FieldRule] = [
        FieldRule("program", "The digest of a blob that was uploaded.", ["$ref": "#/$defs/digest"]),
        FieldRule(
            "args", "What comes before the two paths.",
            [
                "type": "array", "items": .text(0...JobLimits.argumentBytes),
                "maxItems": .integer(Int64(JobLimits.arguments.upperBound)),
            ]),
    ]
}

extension Document {
    /// A text, so that what is hashed and signed has no fractional numbers, which readers spell in different ways.
    fileprivate static func written(_ number: Double) -> Document { .string("\(number)") }

    fileprivate static func number(_ range: ClosedRange<Double>) -> Document {
        let number: Document = [
            "type": "number", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound),
        ]
        return ["anyOf": [number, ["type": "string", "pattern": .string(Quantities.numberPattern)]]]
    }
    fileprivate static func format(_ formats: [OutputFormat]) -> Document {
        ["enum": .array(formats.map { .string($0.rawValue) })]
    }
}

extension SpecReader {
    /// nil for what is not there, or with a problem reported.
    mutating func comparator(_ document: Document?, at path: String) -> OutputComparator? {
        switch document {
        case .none, .null: return nil
        case .string("sha256"): return .sha256
        case .string("exit"): return .exit
        case .object: break
        case .some:
            report(path, OutputComparator.expectation)
            return nil
        }
        let before = problems.count
        guard let fields = members(document, at: path, fields: JobFields.comparator) else { return nil }
        guard let (name, rule) = fields.first, fields.count == 1 else {
            if problems.count == before { report(path, OutputComparator.expectation) }
            return nil
        }
        let field = Self.join(path, name)
        switch name {
        case "numeric": return numericRule(rule, at: field).map { .numeric($0) }
        case "metric": return metricRule(rule, at: field).map { .metric($0) }
        case "image": return imageRule(rule, at: field).map { .image($0) }
        case "video": return videoRule(rule, at: field).map { .video($0) }
        default: return commandRule(rule, at: field).map { .command($0) }
        }
    }

    private mutating func numericRule(_ document: Document, at path: String) -> NumericRule? {
        guard let fields = members(document, at: path, fields: JobFields.numeric) else { return nil }
        let tolerance = tolerance(fields, at: path)
        return NumericRule(tolerance, format: format(fields["format"], at: "\(path).format", OutputFormat.numeric))
    }

    private mutating func metricRule(_ document: Document, at path: String) -> MetricRule? {
        guard let fields = members(document, at: path, fields: JobFields.metric) else { return nil }
        let tolerance = tolerance(fields, at: path)
        guard fields["name"] != nil else {
            report("\(path).name", "expected a key of the output, or a JSON pointer that starts with /")
            return nil
        }
        return line(fields["name"], at: "\(path).name", count: JobLimits.metricName).map { MetricRule($0, tolerance) }
    }

    private mutating func imageRule(_ document: Document, at path: String) -> ImageRule? {
        guard let fields = members(document, at: path, fields: JobFields.imageComparator) else { return nil }
        let format = format(fields["format"], at: "\(path).format", OutputFormat.pictures)
        guard (fields["psnr"] == nil) != (fields["channel_difference"] == nil) else {
            report(path, "expected either psnr or channel_difference")
            return nil
        }
        if let decibels = number(fields["psnr"], at: "\(path).psnr", in: JobLimits.psnr) {
            return ImageRule(.minimumPSNR(decibels), format: format)
        }
        return integer(
            fields["channel_difference"], at: "\(path).channel_difference", in: JobLimits.channelDifference
        ).map { ImageRule(.maximumChannelDifference(Int($0)), format: format) }
    }

    private mutating func videoRule(_ document: Document, at path: String) -> VideoRule? {
        guard let fields = members(document, at: path, fields: JobFields.video) else { return nil }
        if fields["psnr"] == nil { report("\(path).psnr", "expected decibels, for example 35") }
        return number(fields["psnr"], at: "\(path).psnr", in: JobLimits.psnr).map { VideoRule(minimumPSNR: $0) }
    }

    private mutating func commandRule(_ document: Document, at path: String) -> CommandRule? {
        guard let fields = members(document, at: path, fields: JobFields.commandComparator) else { return nil }
        if fields["program"] == nil { report("\(path).program", "expected the digest of a blob that was uploaded") }
        var arguments: [String] = []
        let count = 0...JobLimits.arguments.upperBound
        for (element, field) in list(fields["args"], at: "\(path).args", count: count, of: "arguments") ?? [] {
            guard let argument = text(element, at: field) else {
                if element == .null { report(field, "expected a text, not null") }
                continue
            }
            if argument.utf8.count > JobLimits.argumentBytes || argument.utf8.contains(0) {
                report(field, "expected at most \(JobLimits.argumentBytes) bytes, none of them zero")
            }
            arguments.append(argument)
        }
        return digest(fields["program"], at: "\(path).program").map { CommandRule(program: $0, arguments: arguments) }
    }

    private mutating func tolerance(_ fields: [String: Document], at path: String) -> Tolerance {
        let absolute = number(fields["absolute"], at: "\(path).absolute", in: JobLimits.absoluteTolerance)
        let relative = number(fields["relative"], at: "\(path).relative", in: JobLimits.relativeTolerance)
        let nan = choice(fields["nan"], at: "\(path).nan", Tolerance.NaNRule.self)
        return Tolerance(absolute: absolute ?? 0, relative: relative ?? 0, nan: nan ?? .unequal)
    }

    private mutating func format(
        _ document: Document?, at path: String, _ allowed: [OutputFormat]
    ) -> OutputFormat? {
        guard let text = text(document, at: path) else { return nil }
        if let format = allowed.first(where: { $0.rawValue == text }) { return format }
        report(path, "expected \(allowed.map(\.rawValue).joined(separator: ", ")), not \"\(text.prefix(40))\"")
        return nil
    }

    private mutating func number(_ document: Document?, at path: String, in range: ClosedRange<Double>) -> Double? {
        let value: Double
        if case .string(let text)? = document, let number = Quantities.number(text) {
            value = number
        } else {
            guard let number = number(document, at: path) else { return nil }
            value = number
        }
        guard range.contains(value) else {
            let top = range.upperBound == .greatestFiniteMagnitude ? "or more, finite" : "to \(range.upperBound)"
            report(path, "expected \(range.lowerBound) \(top), not \(value)")
            return nil
        }
        return value
    }
}
