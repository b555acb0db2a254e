/// Inputs and outputs of the job file.
extension SpecReader {
    mutating func inputs(_ document: Document?, at path: String) -> [(input: Input, field: String)] {
        let list = list(document, at: path, count: 0...JobLimits.files, of: "inputs") ?? []
        var result: [(input: Input, field: String)] = []
        for (element, field) in list {
            if element == .null { report(field, "expected a mapping with a path and a source, not null") }
            guard let fields = members(element, at: field, fields: JobFields.input) else { continue }
            let path = filePath(fields["path"], at: "\(field).path")
            let source = source(fields, at: field)
            let isExecutable = bool(fields["executable"], at: "\(field).executable") ?? false
            if let path, let source {
                result.append((Input(path: path, source: source, isExecutable: isExecutable), field))
            }
        }
        return result
    }

    mutating func outputs(_ document: Document?, at path: String) -> [(output: Output, field: String)] {
        let list = list(document, at: path, count: 0...JobLimits.files, of: "outputs") ?? []
        var result: [(output: Output, field: String)] = []
        for (element, field) in list {
            switch element {
            case .string:
                if let path = filePath(element, at: field) { result.append((Output(path: path), field)) }
            case .object:
                guard let fields = members(element, at: field, fields: JobFields.output) else { continue }
                let isOptional = bool(fields["optional"], at: "\(field).optional") ?? false
                let comparator = comparator(fields["comparator"], at: "\(field).comparator")
                if let path = filePath(fields["path"], at: "\(field).path") {
                    result.append((Output(path: path, isOptional: isOptional, comparator: comparator), field))
                }
            default:
                report(field, "expected a path or a mapping like {path: …, optional: true}, not \(element.kind)")
            }
        }
        return result
    }

    private mutating func filePath(_ document: Document?, at field: String) -> String? {
        guard let document else {
            report(field, "expected a path below the working directory")
            return nil
        }
        guard let path = text(document, at: field) else { return nil }
        guard let problem = FilePaths.problem(with: path) else { return path }
        report(field, problem)
        return nil
    }

    /// Standard input: a source, or a text that is the content itself.
    mutating func content(_ document: Document, at path: String) -> InputSource? {
        if case .string(let text) = document { return inline(Array(text.utf8), at: path) }
        guard let fields = members(document, at: path, fields: JobFields.source) else { return nil }
        return source(fields, at: path)
    }

    private mutating func source(_ fields: [String: Document], at path: String) -> InputSource? {
        let kinds = ["blob", "text", "base64", "url", "each"].filter { fields[$0] != nil }
        guard kinds.count == 1, let kind = kinds.first else {
            report(
                path,
                kinds.isEmpty
                    ? "expected a source: blob, text, base64, url or each"
                    : "expected one source, not \(kinds.joined(separator: " and "))")
            return nil
        }
        let field = "\(path).\(kind)"
        if kind != "url", fields["sha256"] != nil {
            report("\(path).sha256", "goes with url only")
        }
        switch kind {
        case "blob": return digest(fields[kind], at: field).map(InputSource.blob)
        case "text": return text(fields[kind], at: field).flatMap { inline(Array($0.utf8), at: field) }
        case "base64":
            guard let text = text(fields[kind], at: field) else { return nil }
            guard let bytes = Base64.decode(text) else {
                report(field, "expected base64: A to Z, a to z, 0 to 9, + and /, padded with = to a multiple of four")
                return nil
            }
            return inline(bytes, at: field)
        case "url":
            let hasDigest = fields["sha256"] != nil
            let digest = digest(fields["sha256"], at: "\(path).sha256")
            guard let url = url(fields[kind], at: field), !hasDigest || digest != nil else { return nil }
            return .url(url, digest: digest)
        default: return each(fields[kind], at: field)
        }
    }

    private mutating func inline(_ bytes: [UInt8], at field: String) -> InputSource? {
        guard bytes.count <= JobLimits.inlineBytes else {
            report(field, "expected at most \(JobLimits.inlineBytes) bytes, not \(bytes.count); upload it as a blob")
            return nil
        }
        return .inline(bytes)
    }

    private mutating func each(_ document: Document?, at field: String) -> InputSource? {
        guard let list = list(document, at: field, count: JobLimits.eachEntries, of: "digests") else { return nil }
        var digests: [Digest] = []
        digests.reserveCapacity(list.count)
        for (element, field) in list {
            if element == .null { report(field, "expected a digest, not null") }
            if let digest = digest(element, at: field) { digests.append(digest) }
        }
        return digests.count == list.count ? .each(digests) : nil
    }

    /// `http` or `https`, a host, printable ASCII, no user name and no fragment.
    private mutating func url(_ document: Document?, at field: String) -> String? {
        guard let text = text(document, at: field) else { return nil }
        let rest = ["https://", "http://"].first { text.hasPrefix($0) }.map { text.dropFirst($0.count) }
        let host = rest?.prefix { !"/?#".contains($0) } ?? ""
        guard !host.isEmpty, !host.contains("@"), !text.contains("#"), text.utf8.count <= JobLimits.urlBytes,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            report(field, "expected an address like https://example.org/file, without user name or fragment")
            return nil
        }
        return text
    }

    /// What can only be checked with the whole job in view: inline bytes in all, and `each` against the array.
    mutating func checkSources(
        _ sources: [(source: InputSource, field: String)], array: ArrayRange?, arrayIsKnown: Bool
    ) {
        var total = 0
        for (source, field) in sources {
            switch source {
            case .inline(let bytes): total += bytes.count
            case .each(let digests) where arrayIsKnown:
                guard let array else {
                    report("\(field).each", "goes with an array only: it has one entry for each task")
                    continue
                }
                if digests.count != Int(array.count) {
                    report("\(field).each", "expected \(array.count) entries, one for each task, not \(digests.count)")
                }
            case .blob, .url, .each: break
            }
        }
        if total > JobLimits.inlineTotalBytes {
            report(
                "inputs",
                "expected at most \(JobLimits.inlineTotalBytes) inline bytes in all, not \(total); upload blobs instead"
            )
        }
    }
}
