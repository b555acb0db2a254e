extension JobSpec {
    /// Reads a job as docs/jobs.md describes it.
    ///
    /// - Throws: ``InvalidDocument`` with every problem, each with the path of its field and what would be right.
    package init(document: Document) throws(InvalidDocument) {
        var reader = SpecReader()
        guard let spec = reader.job(document), reader.problems.isEmpty else {
            throw InvalidDocument(reader.problems)
        }
        self = spec
    }
}

extension SpecReader {
    /// nil only if there are problems.
    fileprivate mutating func job(_ document: Document) -> JobSpec? {
        guard case .object = document else {
            report("", "expected a mapping with a command or a payload, not \(document.kind)")
            return nil
        }
        guard let fields = members(document, at: "", fields: JobFields.job) else { return nil }
        let array = array(fields["array"], at: "array")
        let payload = payload(fields)
        let inputs = inputs(fields["inputs"], at: "inputs")
        var outputs = outputs(fields["outputs"], at: "outputs")
        checkKernelFiles(payload, inputs: inputs.map(\.input), outputs: &outputs)
        checkFiles(
            inputs: inputs.map { ($0.input.path, "\($0.field).path") },
            outputs: outputs.map { ($0.output.path, $0.field) })
        let name = line(fields["name"], at: "name", count: JobLimits.name)
        var spec = JobSpec(
            name: name ?? payload?.defaultName ?? "job",
            payload: payload ?? .process(ProcessPayload(command: [])), array: array,
            environment: environment(fields["environment"], at: "environment"), inputs: inputs.map(\.input),
            outputs: outputs.map(\.output), resources: resources(fields["resources"], at: "resources"),
            requirements: requirements(fields["requirements"], at: "requirements"),
            verification: verification(fields["verification"], at: "verification"),
            labels: labels(fields["labels"], at: "labels"),
            idempotencyKey: line(fields["idempotency_key"], at: "idempotency_key", count: JobLimits.idempotencyKey),
            signatures: signatures(fields["signatures"], at: "signatures"),
            usesCache: bool(fields["cache"], at: "cache") ?? true, mounts: mounts(fields["mounts"], at: "mounts"))
        if case .kernel? = payload, !spec.environment.isEmpty {
            report("environment", "kernels have none; give them payload.kernel.options.defines")
        }
        checkMounts(&spec, files: inputs.map(\.input.path) + outputs.map(\.output.path))
        if let retries = integer(fields["retries"], at: "retries", in: JobLimits.retries) {
            spec.retries = Int(retries)
        }
        if let timeout = duration(fields["timeout"], at: "timeout") { spec.timeoutSeconds = Int(timeout) }
        if let priority = integer(fields["priority"], at: "priority", in: JobLimits.priority) {
            spec.priority = Int(priority)
        }
        if let own = payload?.architecture, let wanted = spec.requirements.architecture, wanted != own {
            report("requirements.arch", "expected \(own), which the payload is written for, not \(wanted)")
        }
        var sources = inputs.map { ($0.input.source, $0.field) }
        if let code = payload?.code { sources.append((code, payload?.codeField ?? "payload")) }
        if let source = payload?.standardInput {
            sources.append((source, fields["payload"] == nil ? "stdin" : payload?.standardInputField ?? "stdin"))
        }
        checkSources(sources, array: array, arrayIsKnown: array != nil || fields["array"] == nil)
        checkCanaries(spec, arrayIsKnown: array != nil || fields["array"] == nil, at: "verification.canaries")
        return spec
    }

    private mutating func environment(_ document: Document?, at path: String) -> [String: String] {
        guard let members = mapping(document, at: path) else { return [:] }
        if members.count > JobLimits.environmentEntries {
            report(path, "expected at most \(JobLimits.environmentEntries) variables, not \(members.count)")
            return [:]
        }
        var result: [String: String] = [:]
        for member in members {
            let field = Self.join(path, member.key)
            if !Words.isVariable(member.key) || !JobLimits.environmentName.contains(member.key.utf8.count) {
                report(field, "expected a name of letters, digits and _, not starting with a digit")
            } else if member.key.hasPrefix("WEFT_") {
                report(field, "names that start with WEFT_ are set by Weft itself")
            } else if member.value == .null {
                report(field, "expected a text, not null")
            } else if let value = text(member.value, at: field), checkArgument(value, at: field) {
                if result.updateValue(value, forKey: member.key) != nil { report(field, "comes twice") }
            }
        }
        if result.reduce(0, { $0 + $1.key.utf8.count + $1.value.utf8.count }) > JobLimits.environmentBytes {
            report(path, "expected at most \(JobLimits.environmentBytes) bytes in all")
        }
        return result
    }

    // MARK: How many

    private mutating func array(_ document: Document?, at path: String) -> ArrayRange? {
        switch document {
        case .none, .null: return nil
        case .integer, .number:
            return integer(document, at: path, in: JobLimits.tasks).flatMap { range(first: 0, count: $0, at: path) }
        case .string(let text):
            let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Quantities.digits($0) }
            if ends.count == 1, let count = ends[0] { return range(first: 0, count: count, at: path) }
            if ends.count == 2, let from = ends[0], let to = ends[1] { return range(from: from, to: to, at: path) }
        case .object(let members):
            if members.contains(where: { $0.key == "first" || $0.key == "count" }) {
                guard let fields = self.members(document, at: path, fields: JobFields.arrayFirstCount) else {
                    return nil
                }
                let first = fields["first"] ?? 0
                guard fields["count"] != nil else {
                    report("\(path).count", "expected how many indexes there are")
                    return nil
                }
                guard let first = integer(first, at: "\(path).first", in: 0...Int64(UInt32.max)),
                    let count = integer(fields["count"], at: "\(path).count", in: JobLimits.tasks)
                else { return nil }
                return range(first: first, count: count, at: path)
            }
            guard let fields = self.members(document, at: path, fields: JobFields.arrayFromTo) else { return nil }
            for key in ["from", "to"] where fields[key] == nil {
                report("\(path).\(key)", "expected the \(key == "from" ? "first" : "last") index")
            }
            guard let from = integer(fields["from"], at: "\(path).from", in: 0...Int64(UInt32.max)),
                let to = integer(fields["to"], at: "\(path).to", in: 0...Int64(UInt32.max))
            else { return nil }
            return range(from: from, to: to, at: path)
        case .bool, .array: break
        }
        report(path, "expected a number of tasks, a range like \"0-199\", or {from: 0, to: 199}")
        return nil
    }

    private mutating func range(from: Int64, to: Int64, at path: String) -> ArrayRange? {
        guard from <= to else {
            report(path, "expected a first index that is not after the last one, \(to)")
            return nil
        }
        let (difference, overflow) = to.subtractingReportingOverflow(from)
        return range(first: from, count: overflow || difference == .max ? .max : difference + 1, at: path)
    }

    private mutating func range(first: Int64, count: Int64, at path: String) -> ArrayRange? {
        guard JobLimits.tasks.contains(count) else {
            report(path, "expected \(JobLimits.tasks.lowerBound) to \(JobLimits.tasks.upperBound) tasks, not \(count)")
            return nil
        }
        guard first <= Int64(UInt32.max), first + count - 1 <= Int64(UInt32.max) else {
            report(path, "expected indexes up to \(UInt32.max)")
            return nil
        }
        return ArrayRange(first: UInt32(first), count: UInt32(count))
    }
}
