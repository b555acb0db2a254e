/// The job file's word on how answers are checked.
extension SpecReader {
    mutating func verification(_ document: Document?, at path: String) -> Verification {
        if case .string(let word)? = document {
            if word != "none" {
                report(path, "expected none, or a mapping like {replicas: 3}, not \"\(word.prefix(40))\"")
            }
            return Verification()
        }
        guard let fields = members(document, at: path, fields: JobFields.verification) else { return Verification() }
        var result = Verification(
            comparator: comparator(fields["comparator"], at: "\(path).comparator") ?? .sha256,
            comparesStandardOutput: bool(fields["stdout"], at: "\(path).stdout") ?? true,
            needsSameHardware: bool(fields["same_hardware"], at: "\(path).same_hardware") ?? false)
        if let canaries = fields["canaries"] {
            result.canaries = self.canaries(canaries, at: "\(path).canaries")
            if fields["max_error"] == nil { report("\(path).canaries", "go with max_error only") }
        }
        let rates = ["max_error", "spot_check"].filter { fields[$0] != nil }
        if rates.isEmpty {
            readReplicas(&result, fields, at: path)
            return result
        }
        for name in ["replicas", "quorum", "max_replicas"] where fields[name] != nil {
            report("\(path).\(name)", "\(rates[0]) decides how many replicas there are: leave out one of the two")
        }
        if rates.count > 1 { report("\(path).spot_check", "expected max_error or spot_check, not both") }
        result.maxError = rate(
            fields["max_error"], at: "\(path).max_error", in: JobLimits.maxError, like: "0.001 or 1e-3")
        result.spotCheck = rate(
            fields["spot_check"], at: "\(path).spot_check", in: JobLimits.spotCheck, like: "0.05")
        return result
    }

    private mutating func readReplicas(_ result: inout Verification, _ fields: [String: Document], at path: String) {
        let replicas = integer(fields["replicas"], at: "\(path).replicas", in: JobLimits.replicas)
        let quorum = integer(fields["quorum"], at: "\(path).quorum", in: JobLimits.replicas)
        let most = integer(fields["max_replicas"], at: "\(path).max_replicas", in: JobLimits.replicas)
        let numbers = Verification(
            replicas: Int(replicas ?? 1), quorum: quorum.map { Int($0) }, maxReplicas: most.map { Int($0) })
        (result.replicas, result.quorum, result.maxReplicas) = (numbers.replicas, numbers.quorum, numbers.maxReplicas)
        // With a bad number of replicas the others cannot be judged.
        guard replicas != nil || fields["replicas"] == nil else { return }
        if quorum != nil, result.quorum > result.replicas {
            report(
                "\(path).quorum", "expected at most the number of replicas, \(result.replicas), not \(result.quorum)")
        }
        if most != nil, result.maxReplicas < result.replicas {
            report(
                "\(path).max_replicas",
                "expected at least the number of replicas, \(result.replicas), not \(result.maxReplicas)")
        }
    }

    private mutating func rate(
        _ document: Document?, at path: String, in range: ClosedRange<ErrorRate>, like example: String
    ) -> ErrorRate? {
        let rate: ErrorRate?
        switch document {
        case .none, .null: return nil
        case .number(let number): rate = number > 0 ? ErrorRate(notBelow: number - 1e-12) : nil
        case .integer(let whole): rate = whole == 1 ? ErrorRate(notBelow: 1) : nil
        case .string(let text): rate = ErrorRate(text: text)
        case .some: rate = nil
        }
        guard let rate, range.contains(rate) else {
            report(
                path, "expected a share from \(range.lowerBound.text) to \(range.upperBound.text), like \(example)")
            return nil
        }
        return rate
    }
}
